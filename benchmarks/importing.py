"""A file of 20,000 invoices: parsed, checked, written, remembered."""

from collections.abc import Iterator

from benchmarks import books, limits
from benchmarks.measure import Figure, paired

INVOICES = 20_000
TABLES = (
    "invoices_customer",
    "invoices_contact",
    "invoices_invoice",
    "invoices_instalment",
    "organizations_timelineevent",
)


def figures() -> Iterator[Figure]:
    """Measure the first import and an unchanged second one.

    The limit of both is a COPY of the finished rows, indexes included.
    """
    _made, content = books.generated(invoices=INVOICES)
    sample = books.organization("Importing, the rows")
    books.take_in(sample, content)
    rows = limits.finished(sample.pk, *TABLES)
    opened = [books.organization(f"Importing {number}") for number in range(6)]

    yield paired(
        f"import of {INVOICES:,} invoices",
        lambda pair: books.take_in(opened[pair], content),
        lambda _pair: rows.write(),
        bar=20.0,
    )
    yield paired(
        f"the same {INVOICES:,} again, nothing new",
        lambda pair: books.take_in(opened[pair], content),
        lambda _pair: rows.write(),
        bar=6.0,
    )
