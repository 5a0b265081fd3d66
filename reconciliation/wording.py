"""Say to people why a line was matched, and how."""

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

REASONS: Mapping[str, str] = {
    "number_in_label": gettext_noop("The label names invoice %(value)s."),
    "exact_balance": gettext_noop("The amount is exactly what is left to pay on it."),
    "exact_sum": gettext_noop("The amount is exactly what is left to pay on them together."),
    "amount_below": gettext_noop("The amount is less than what is left to pay."),
    "amount_above": gettext_noop("The amount is more than what is left to pay."),
    "name_in_label": gettext_noop("The payer has the customer’s name."),
    "oldest_of_equal": gettext_noop("Several invoices have this amount: this is the oldest."),
    "all_that_is_owed": gettext_noop("The amount is exactly all that this customer owes."),
    "amount_alone": gettext_noop("Nothing but the amount fits, and it fits this invoice alone."),
    "by_hand": gettext_noop("A person chose it."),
}

# Why an invoice waits for a line (`probable.Could`).
PROBABLE: Mapping[str, str] = {
    "reference": gettext_noop("its number is in the label"),
    "exact": gettext_noop("a known payer, the exact amount"),
    "sum": gettext_noop("a known payer, the exact amount of several invoices"),
    "payer": gettext_noop("a known payer"),
    "alike_name": gettext_noop("the exact amount, a name like the customer’s"),
}

METHODS: Mapping[str, str] = {
    "reference": gettext_noop("Number in the label"),
    "suggestion": gettext_noop("Suggested"),
    "manual": gettext_noop("By hand"),
}


def reasons(stored: Iterable[Mapping[str, str]]) -> list[str]:
    """Return the reasons that a line keeps, as sentences."""
    return [
        _(REASONS[reason["code"]]) % {"value": reason.get("value", "")}
        for reason in stored
        if reason.get("code") in REASONS
    ]


def confidence(stored: Iterable[Mapping[str, str]]) -> tuple[str, str]:
    """Return how sure a suggestion is: the tone of its badge, and the word.

    Sure is what the rule would apply by itself; possible is what rests on the amount alone.
    """
    codes = {reason.get("code") for reason in stored}
    if "number_in_label" in codes and codes & {"exact_balance", "exact_sum"}:
        return "ok", _("Sure")
    if "amount_alone" in codes:
        return "open", _("Possible")
    return "promise", _("Likely")


def probable(why: str) -> str:
    """Return why an invoice waits for a bank line, in words."""
    return _(PROBABLE[why]) if why in PROBABLE else why


def method(code: str) -> str:
    """Return how a line was matched, in words."""
    return _(METHODS[code]) if code in METHODS else code
