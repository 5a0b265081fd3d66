import pytest

from organizations.models import Organization
from payments import finding
from tests import make


@pytest.mark.parametrize(
    ("words", "found", "ticked"),
    [
        ("F-2026-0871", ["F-2026-0871"], ["F-2026-0871"]),
        ("f 2026 0871", ["F-2026-0871"], ["F-2026-0871"]),
        ("0871|0902", ["F-2026-0871", "F-2026-0902"], ["F-2026-0871", "F-2026-0902"]),
        ("71", ["F-2026-0871"], []),
        ("hélios", ["F-2026-0871", "F-2026-0902"], []),
        ("C77", ["F-2026-0871", "F-2026-0902"], []),
        ("2026", ["F-2026-0871", "F-2026-0902"], []),
        ("", [], []),
        (" | ", [], []),
        ("zzz", [], []),
    ],
)
def test_open_invoices_are_found_by_number_or_customer(
    inside_acme: Organization, words: str, found: list[str], ticked: list[str]
) -> None:
    customer = make.a_customer(inside_acme, "Groupe Hélios", code="C77")
    for number in ("F-2026-0871", "F-2026-0902"):
        make.invoice(inside_acme, customer=customer, number=number)
    make.invoice(inside_acme, customer=customer, number="F-2026-0001", currency="USD")

    invoices = finding.open_invoices(words, currency="EUR")
    exact = finding.named_exactly(words, invoices)

    assert [invoice.number for invoice in invoices] == found
    assert [invoice.number for invoice in invoices if invoice.pk in exact] == ticked
