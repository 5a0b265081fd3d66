"""One debtor and his invoices, as every kind of message would find them."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from common import money
from common.money import Money
from dunning.phrases import Rate
from dunning.wording import Kind, Language, Tone
from dunning.writing import Creditor, Debtor, Facts, Line, Told

ON = date(2026, 11, 24)
CREDITOR = Creditor(
    name="Atelier Morvan",
    address_lines=("12 rue des Forges", "44000 Nantes"),
    siren="123456782",
    vat_number="FR32123456782",
    email="contact@morvan.example",
    phone="0240000000",
    signatory="Camille Roy",
    signatory_title="Gérante",
    iban="FR7630004000010000012345678",
    bic="BNPAFRPPXXX",
    legal_footer="Atelier Morvan, SAS au capital de 10\u00a0000\u00a0€, RCS Nantes 123 456 782",
)
DEBTOR = Debtor(
    name="Établissements Dupont & Fils",
    contact_name="Monsieur Aubry",
    address_lines=(
        "Bâtiment C",
        "48 bis, rue de l’Église",
        "BP 40112",
        "33072 Bordeaux Cedex",
    ),
    code="C-0042",
    siren="552100554",
)
DAYS_LATE: dict[Kind, int] = {
    "preventive": -1,
    "due": 0,
    "friendly": 3,
    "courteous": 8,
    "firm": 15,
    "last": 21,
    "formal_notice": 31,
    "thank_you": 14,
}
TONES: dict[Kind, Tone] = {"courteous": "courteous", "firm": "firm", "last": "firm"}


def facts(kind: Kind, *, language: Language = "fr", invoices: int = 1, **changes: Any) -> Facts:
    """Return what is known on 24 November 2026; the first of the invoices is the oldest."""
    lines = tuple(_line(kind, position) for position in range(invoices))
    firm = kind in {"firm", "last", "formal_notice"}
    made = Facts(
        creditor=CREDITOR,
        debtor=replace(DEBTOR, language=language),
        lines=lines,
        total=money.total(
            (line.total if kind == "thank_you" else line.balance for line in lines),
            currency="EUR",
        ),
        kind=kind,
        tone="formal" if kind == "formal_notice" else TONES.get(kind, "friendly"),
        on=ON,
        reference="DUP-0042",
        earlier=(Told(date(2026, 11, 8), "call"), Told(date(2026, 11, 1), "email")) if firm else (),
        interest=Money(4_974, "EUR") if firm else None,
        indemnity=Money(4_000 * invoices, "EUR") if firm else None,
        rates=(Rate(Decimal("0.1215")),) if firm else (),
        deadline_on=date(2026, 12, 2) if firm else None,
        copies=tuple(line.number for line in lines) if kind == "formal_notice" else (),
        letter_reference="L-1042",
        registered="" if kind == "formal_notice" else None,
    )
    return replace(made, **changes)


def _line(kind: Kind, position: int) -> Line:
    late = DAYS_LATE[kind] - 2 * position
    due_on = ON - timedelta(days=late)
    balance = Money(482_000 - 1_101 * position, "EUR")
    return Line(
        number=f"F-2026-{901 + position:04}",
        issued_on=due_on - timedelta(days=30),
        due_on=due_on,
        days_late=late,
        balance=Money(0, "EUR") if kind == "thank_you" else balance,
        total=balance + Money(100_000 if position == 1 else 0, "EUR"),
        order_number="4711" if position == 0 else "",
    )
