"""A month's statement against 20,000 invoices: read, each line once, matched, applied."""

from collections.abc import Iterator

from benchmarks import books, limits
from benchmarks.measure import PAIRS, Figure, paired
from common.tenancy import tenant_transaction
from demo import book
from organizations.models import Organization
from reconciliation import importing, matching

INVOICES = 20_000
TABLES = (
    "reconciliation_banktransaction",
    "reconciliation_match",
    "payments_payment",
    "payments_allocation",
    "organizations_timelineevent",
)


def figures() -> Iterator[Figure]:
    """Measure a statement taken in and matched.

    The limit is a scan of the invoices and a COPY of what came of it.
    """
    made, content = books.generated(invoices=INVOICES)
    balance = sum(transfer.amount_minor for transfer in made.transfers)
    statement = book.statement_ofx(made.transfers, closing_minor=balance, until=books.ON)
    opened = [books.organization(f"Statements {number}") for number in range(PAIRS + 2)]
    for organization in opened:
        books.take_in(organization, content)
    sample = opened.pop()
    _take_in(sample, statement)
    rows = limits.finished(sample.pk, *TABLES)

    def write(pair: int) -> None:
        limits.scan(opened[pair].pk, "invoices_invoice")
        rows.write()

    yield paired(
        f"statement of {len(made.transfers):,} lines, {INVOICES:,} invoices",
        lambda pair: _take_in(opened[pair], statement),
        write,
        bar=8.0,
    )


def _take_in(organization: Organization, statement: bytes) -> None:
    with tenant_transaction(organization.pk):
        upload = importing.Upload("book.ofx", statement)
        importing.import_statement(organization, upload, at=books.AT)
        matching.match_new(organization, at=books.AT)
