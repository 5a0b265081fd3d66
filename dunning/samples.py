"""An example to write on where there is no invoice to show: a customer and what he owes. Pure."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import cast

from common import money
from common.money import Money
from dunning.phrases import Rate
from dunning.wording import Kind, Language, Tone
from dunning.writing import Creditor, Debtor, Facts, Line, Told

# Days from the due date to the message, as scenarios have them.
DAYS_LATE: Mapping[str, int] = {
    "preventive": -3, "due": 0, "friendly": 3, "courteous": 8, "firm": 15, "last": 21,
    "formal_notice": 31, "thank_you": 14,
}  # fmt: skip
FIRM = frozenset({"firm", "last", "formal_notice"})


def facts(
    kind: str, tone: str, *, language: Language, several: bool, creditor: Creditor, on: date
) -> Facts:
    """Return an example of what a message of a kind would speak of on a day."""
    lines = tuple(_line(kind, place, on=on) for place in range(2 if several else 1))
    firm = kind in FIRM
    received = kind == "thank_you"
    return Facts(
        creditor=creditor,
        debtor=Debtor(
            name="Dupont Menuiserie",
            contact_name="Claire Aubry",
            address_lines=("48 rue de l’Église", "33000 Bordeaux"),
            language=language,
            code="C-0042",
            siren="552100554",
        ),
        lines=lines,
        total=money.total(
            (line.total if received else line.balance for line in lines), currency="EUR"
        ),
        kind=cast("Kind", kind),
        tone=cast("Tone", tone),
        on=on,
        reference="C-0042",
        earlier=(Told(on - timedelta(days=8), "email"),) if firm else (),
        interest=Money(2_407, "EUR") if firm else None,
        indemnity=Money(4_000 * len(lines), "EUR") if firm else None,
        rates=(Rate(Decimal("0.1215")),) if firm else (),
        deadline_on=on + timedelta(days=8) if kind == "formal_notice" else None,
        copies=tuple(line.number for line in lines) if firm else (),
        letter_reference="L-1042",
    )


def _line(kind: str, place: int, *, on: date) -> Line:
    late = DAYS_LATE[kind] - 2 * place
    due_on = on - timedelta(days=late)
    amount = Money(482_000 - 101_150 * place, "EUR")
    return Line(
        number=f"F-{on.year}-{901 + place:04}",
        issued_on=due_on - timedelta(days=30),
        due_on=due_on,
        days_late=late,
        balance=Money(0, "EUR") if kind == "thank_you" else amount,
        total=amount,
        order_number="4711" if place == 0 else "",
    )
