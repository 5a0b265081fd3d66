"""How forms understand what people write."""

import re
from typing import Any

from django import forms
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from common.money import Money
from common.refusals import SENTENCES, BadCell, UploadRefused
from common.written import decimal_sign, parse_amount

_KEY = re.compile(r"[0-9]{1,18}", re.ASCII)  # what a bigint holds


def key(text: str) -> int:
    """Return the key that an address or a form names a row by; 0, no row's, if it is none."""
    return int(text) if _KEY.fullmatch(text) else 0


class AmountField(forms.CharField):
    """An amount as people write it: `1 234,56`, `1234.56`, `1.234,56 €`. Cleaned to `Money`."""

    default_error_messages = {"not_positive": gettext_lazy("Write an amount above zero.")}

    def __init__(self, *, currency: str, **options: Any) -> None:
        super().__init__(max_length=60, **options)
        self.currency = currency
        self.widget.attrs |= {"inputmode": "decimal", "autocomplete": "off", "class": "num"}

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            sign = decimal_sign([(1, text)], currency=self.currency)
            minor = parse_amount(text, decimal_sign=sign, currency=self.currency)
        except BadCell as bad:
            raise forms.ValidationError(_(SENTENCES[bad.code]) % bad.params) from bad
        except UploadRefused as unclear:
            raise forms.ValidationError(_(SENTENCES[unclear.code]) % unclear.facts) from unclear
        if minor <= 0:
            raise forms.ValidationError(self.error_messages["not_positive"])
        return Money(minor, self.currency)

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, Money):
            return value
        return (
            value.amount if str(get_language()).startswith("en") else value.amount.replace(".", ",")
        )


class DayField(forms.DateField):
    """A day: what the browser's own calendar says, or `27/11/2026` where it has none."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    input_formats = ["%Y-%m-%d", "%d/%m/%Y", "%d/%m/%y"]
