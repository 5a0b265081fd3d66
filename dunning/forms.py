"""How the pages about asking understand what is typed."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common.fields import AmountField, DayField


class Promise(forms.Form):
    """What a debtor says he will pay, and when."""

    promised_on = DayField(label=_("Promised for"))

    def __init__(self, *args: Any, currency: str, **options: Any) -> None:
        super().__init__(*args, **options)
        amount = AmountField(label=_("Amount promised"), currency=currency)
        self.fields = {"amount": amount, **self.fields}


class EndOfPause(forms.Form):
    """Until when to be quiet, and why."""

    until = DayField(label=_("Quiet until"))
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)


class Note(forms.Form):
    """What was said on the phone."""

    note = forms.CharField(
        label=_("What was said"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
