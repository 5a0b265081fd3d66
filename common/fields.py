"""How forms understand what people write."""

import re
from datetime import UTC, date, datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from common import formats, sentences
from common.days import NeedsYear, NoSuchDay, NotADay, read_day
from common.money import Money, decimals
from common.refusals import SENTENCES, BadCell, UploadRefused
from common.written import decimal_sign, parse_amount

_KEY = re.compile(r"[0-9]{1,18}", re.ASCII)  # what a bigint holds


def key(text: str) -> int:
    """Return the key that an address or a form names a row by; 0, no row's, if it is none."""
    return int(text) if _KEY.fullmatch(text) else 0


def day(text: str) -> date | None:
    """Return the day that an address names, 2026-02-13; None if it is none, or 2026-02-30."""
    try:
        return parse_date(text)
    except ValueError:
        return None


def moment(text: str) -> datetime | None:
    """Return the moment, with its zone, that a form sends back; None if it is none."""
    try:
        found = parse_datetime(text)
        return None if found is None or found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


class AmountField(forms.CharField):
    """An amount as people write it: `1 234,56`, `1234.56`, `1.234,56 €`. Cleaned to `Money`."""

    default_error_messages = {"not_positive": gettext_lazy("Write an amount above zero.")}

    def __init__(self, *, currency: str, **options: Any) -> None:
        super().__init__(max_length=60, **options)
        self.currency = currency
        self.widget.attrs |= {
            "inputmode": "decimal",
            "autocomplete": "off",
            "class": "num",
            "data-decimals": decimals(currency),
        }

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
        return formats.amount(value, "en" if str(get_language()).startswith("en") else "fr")


class PhoneField(forms.CharField):
    """A phone number as people write it, cleaned as it is dialled: `+33140447120`."""

    default_error_messages = {
        "invalid": gettext_lazy("Write a phone number: 01 40 44 71 20 or +33 1 40 44 71 20.")
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=24, **options)
        self.widget.attrs |= {"type": "tel", "autocomplete": "off"}

    def clean(self, value: Any) -> str:
        text: str = super().clean(value)
        if text and not formats.is_phone(text):
            raise forms.ValidationError(self.error_messages["invalid"])
        return formats.dialled(text) if text else ""


class DayField(forms.DateField):
    """A day as people write it: `27/11`, `+7`, `ven`, `fdm`, or as a phone's calendar gives it.

    `ahead` says which way a day without a year, or a weekday, is meant.
    """

    widget = forms.DateInput(attrs={"data-day": "", "autocomplete": "off"}, format="%d/%m/%Y")
    default_error_messages = {
        "invalid": gettext_lazy("Write a day: 27/11, +7 or Fri."),
        "no_such_day": gettext_lazy("There is no %(day)s in the calendar."),
        "is_past": gettext_lazy("%(day)s is past: write the year, %(past)s or %(coming)s."),
        "is_to_come": gettext_lazy(
            "%(day)s is still to come: write the year, %(past)s or %(coming)s."
        ),
    }

    def __init__(self, *, ahead: bool = True, **options: Any) -> None:
        super().__init__(**options)
        self.ahead = ahead

    def to_python(self, value: Any) -> date | None:
        if value in self.empty_values or isinstance(value, date):
            return super().to_python(value)
        try:
            return read_day(str(value), today=timezone.localdate(), ahead=self.ahead)
        except NeedsYear as error:
            days = {"past": sentences.of_day(error.past), "coming": sentences.of_day(error.coming)}
            raise forms.ValidationError(
                self.error_messages["is_past" if self.ahead else "is_to_come"],
                params={"day": str(value)[:20], **days},
            ) from error
        except NoSuchDay as error:
            raise forms.ValidationError(
                self.error_messages["no_such_day"], params={"day": str(value)[:20]}
            ) from error
        except (NotADay, OverflowError) as error:
            raise forms.ValidationError(self.error_messages["invalid"]) from error
