"""Why something is refused, in the reader's language; `common/refusals.py` holds the sentences."""

from datetime import date

from django.utils.translation import gettext as _

from common import formats
from common.errors import DomainError
from common.money import Money
from common.refusals import SENTENCES, Refused
from common.templatetags import display


def of_amount(amount: Money) -> str:
    """Return an amount as it stands in a sentence: `1 200,00 €`."""
    return formats.money(amount, display.language())


def of_day(value: date) -> str:
    """Return a day as it stands in a sentence: `24/11/2026`."""
    return f"{value:%d/%m/%Y}"


def of_weekday(value: date) -> str:
    """Return a day with its name: `vendredi 27 novembre`."""
    return formats.weekday(value, display.language())


def of_row(refused: Refused) -> str:
    """Return why a row of a file is refused."""
    return _(SENTENCES[refused.code]) % refused.params


def of_refusal(refusal: DomainError) -> str:
    """Return why something was refused: translated here, or by the one who refused it."""
    if refusal.code in SENTENCES:
        return _(SENTENCES[refusal.code]) % refusal.facts
    return str(refusal)
