"""How a payment that a person records is understood."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common.fields import AmountField, DayField
from common.money import Money
from payments.models import Payment


class RecordPayment(forms.Form):
    """What came in, when and by which means."""

    received_on = DayField(label=_("Received on"), ahead=False)
    method = forms.ChoiceField(
        label=_("Means"), choices=Payment.Method.choices, initial=Payment.Method.TRANSFER
    )
    reference = forms.CharField(label=_("Reference"), max_length=140, required=False)

    def __init__(self, *args: Any, currency: str, owed: Money | None, on: date, **options: Any):
        super().__init__(*args, **options)
        amount = AmountField(label=_("Amount"), currency=currency)
        self.fields = {"amount": amount, **self.fields}
        self.initial = {"amount": owed, "received_on": on, **self.initial}
