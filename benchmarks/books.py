"""Organizations with generated books, for the scripts to work on."""

from datetime import UTC, date, datetime

from common.tenancy import tenant_transaction
from demo import book
from invoices import importing
from organizations import opening
from organizations.models import Organization, Plan, User

ON = date(2026, 2, 9)  # a Monday
AT = datetime(2026, 2, 9, 9, tzinfo=UTC)


def generated(*, invoices: int) -> tuple[book.Book, bytes]:
    """Return a book, five invoices per customer, and its file."""
    made = book.generate(seed=1, customers=invoices // 5, invoices=invoices, on=ON)
    return made, book.invoices_csv(made.sales, known_until=book.known_until(made))


def organization(name: str) -> Organization:
    """Open an empty organization, whose messages need no approval."""
    owner, _created = User.objects.get_or_create(email="owner@bench.example")
    return opening.open_organization(
        name, owner=owner, on=ON, at=AT, plan=Plan.UNLIMITED, begin=opening.Begin.AT_ONCE
    )


def take_in(organization: Organization, content: bytes) -> None:
    """Import a book."""
    with tenant_transaction(organization.pk):
        importing.import_invoices(organization, "book.csv", content, on=ON, at=AT)
