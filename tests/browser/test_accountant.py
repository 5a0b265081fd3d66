"""An accountant's day by the keyboard alone, the key presses counted, each cent in its place."""

import pytest

from common.tenancy import tenant_transaction
from invoices.models import Invoice
from organizations.models import Organization, User
from payments.models import Payment
from reconciliation import importing, matching
from reconciliation.importing import Upload
from reconciliation.models import BankTransaction
from tests import make, ofx
from tests.browser.conftest import Seat
from tests.browser.counting import Visitor
from tests.make import AT

pytestmark = pytest.mark.django_db(transaction=True)

OWED = {"Bréhat": 10_010, "Cormier": 20_020, "Doucet": 30_030, "Estève": 40_040}
PAID = [  # a line each, its payer named and the amount exact
    ofx.line(f"2026-02-{day:02}", f"{minor / 100:.2f}", f"VIR {name.upper()} MERCI")
    for day, (name, minor) in enumerate(OWED.items(), start=2)
]
MATCH, FOCUS = "#match", "#h-focus"


@pytest.fixture
def book(acme: Organization) -> Organization:
    """Acme with four customers who owe one invoice, and one who owes two."""
    with tenant_transaction(acme.pk):
        for name, minor in OWED.items():
            customer = make.a_customer(acme, name)
            make.invoice(acme, customer=customer, amounts={"2026-02-04": minor})
        helios = make.a_customer(acme, "Groupe Hélios")
        for number, minor in (("F-2026-0871", 70_001), ("F-2026-0902", 50_002)):
            make.invoice(acme, customer=helios, number=number, amounts={"2026-02-04": minor})
    return acme


def take_in(organization: Organization, *lines: str) -> None:
    with tenant_transaction(organization.pk):
        upload = Upload("releve.ofx", ofx.statement(*lines))
        importing.import_statement(organization, upload, at=AT)
        matching.match_new(organization, at=AT)


def balances(organization: Organization) -> list[int]:
    with tenant_transaction(organization.pk):
        return [invoice.balance.minor for invoice in Invoice.objects.order_by("pk")]


def states(organization: Organization) -> list[str]:
    with tenant_transaction(organization.pk):
        return list(BankTransaction.objects.order_by("pk").values_list("state", flat=True))


def at_the_bank(seat: Seat, user: User, focus: str) -> Visitor:
    visitor = seat(user, "bank/")
    visitor.is_at(focus)
    return visitor


def test_a_statement_comes_in_with_one_key_and_its_file(
    book: Organization, seat: Seat, accountant: User
) -> None:
    visitor = seat(accountant, "bank/")

    visitor.press_and_choose("u", "releve.ofx", ofx.statement(*PAID))

    assert visitor.interactions == 2
    assert "4 lignes, 4 nouvelles" in visitor.page.inner_text(".toasts")
    assert states(book) == ["suggested"] * 4
    assert visitor.said == []


def test_right_suggestions_are_cleared_with_one_key_a_line(
    book: Organization, seat: Seat, accountant: User
) -> None:
    take_in(book, *PAID)
    visitor = at_the_bank(seat, accountant, MATCH)

    for _line in PAID[:-1]:
        visitor.press_and_leave("Enter")
        visitor.is_at(MATCH)
    visitor.press_and_leave("Enter")
    visitor.is_at("#all-clear")

    assert visitor.interactions == len(PAID)
    assert "Toutes les lignes sont traitées" in visitor.page.inner_text("main")
    assert balances(book) == [0, 0, 0, 0, 70_001, 50_002]
    assert states(book) == ["applied"] * 4
    assert visitor.said == []


def test_one_line_over_two_invoices_takes_three_keys_and_one_takes_it_back(
    book: Organization, seat: Seat, accountant: User
) -> None:
    take_in(book, ofx.line("2026-02-10", "1200.03", "REMISE 4471"))
    before = balances(book)
    visitor = at_the_bank(seat, accountant, FOCUS)

    visitor.press("/")
    visitor.type("0871|0902")
    visitor.press_and_leave("Enter")
    visitor.is_at(MATCH)
    visitor.press_and_leave("Enter")
    matched, counted = balances(book), (visitor.interactions, visitor.typed)
    visitor.press_and_leave("z")
    visitor.is_at(FOCUS)

    assert counted == (3, len("0871|0902"))
    assert matched == [*before[:4], 0, 0]
    assert balances(book) == before
    assert states(book) == ["unmatched"]
    assert visitor.interactions == 4
    assert visitor.said == []


def test_one_key_sets_a_line_aside_and_shows_the_next(
    book: Organization, seat: Seat, accountant: User
) -> None:
    take_in(
        book,
        ofx.line("2026-02-02", "77.00", "SUBVENTION"),
        ofx.line("2026-02-03", "88.00", "AVOIR ASSURANCE"),
    )
    visitor = at_the_bank(seat, accountant, FOCUS)

    visitor.press_and_leave("i")
    visitor.is_at(FOCUS)

    assert visitor.interactions == 1
    assert "AVOIR ASSURANCE" in visitor.page.inner_text("#focus")
    assert states(book) == ["not_customer", "unmatched"]


def test_of_two_people_on_one_line_the_second_is_told_and_nothing_is_booked_twice(
    book: Organization, seat: Seat, accountant: User
) -> None:
    take_in(book, *PAID[:2])
    first = at_the_bank(seat, accountant, MATCH)
    second = at_the_bank(seat, book.memberships.get(role="owner").user, MATCH)

    first.press_and_leave("Enter")
    with second.page.expect_response("**/match/") as answer:
        second.press("Enter")
    second.is_at("#h-refused")

    assert answer.value.status == 409
    assert "Cette ligne est déjà rapprochée" in second.page.inner_text("main")
    assert balances(book)[:2] == [0, OWED["Cormier"]]
    with tenant_transaction(book.pk):
        assert Payment.objects.count() == 1


def test_a_statement_comes_in_after_a_line_was_cleared(
    book: Organization, seat: Seat, accountant: User
) -> None:
    take_in(book, *PAID[:2])
    visitor = at_the_bank(seat, accountant, MATCH)
    visitor.press_and_leave("Enter")
    visitor.is_at(MATCH)

    visitor.press_and_choose("u", "releve.ofx", ofx.statement(*PAID[2:]))

    assert states(book) == ["applied", "suggested", "suggested", "suggested"]
