"""The round of a day over 20,000 invoices: asked, grouped, written."""

from collections.abc import Iterator
from datetime import timedelta

from benchmarks import books, limits
from benchmarks.measure import PAIRS, Figure, paired
from common.tenancy import tenant_transaction
from dunning import planning
from organizations.models import Organization

INVOICES = 20_000
TABLES = ("dunning_act", "dunning_message", "dunning_call")


def figures() -> Iterator[Figure]:
    """Measure the rounds of six days, and a second one of the last.

    The limit is a scan of the instalments and a COPY of what a round writes, which a twin with
    the same book says; of a round with nothing to do, the scan.
    """
    _made, content = books.generated(invoices=INVOICES)
    organization, twin = (_opened(name, content) for name in ("Planning", "Planning, the twin"))
    rows = []
    for pair in range(PAIRS + 1):
        _follow_up(twin, pair)
        day = (books.ON + timedelta(days=pair)).isoformat()
        rows.append(limits.finished(twin.pk, *TABLES, where=f"written_on = '{day}'"))

    def write(pair: int) -> None:
        limits.scan(organization.pk, "invoices_instalment")
        rows[pair].write()

    yield paired(
        f"round of a day, {INVOICES:,} invoices",
        lambda pair: _follow_up(organization, pair),
        write,
        bar=12.0,
    )
    yield paired(
        "the same round again, nothing to do",
        lambda _pair: _follow_up(organization, PAIRS),
        lambda _pair: limits.scan(organization.pk, "invoices_instalment"),
        bar=16.0,
    )


def _opened(name: str, content: bytes) -> Organization:
    organization = books.organization(name)
    organization.backlog_per_day = INVOICES
    organization.save(update_fields=["backlog_per_day"])
    books.take_in(organization, content)
    return organization


def _follow_up(organization: Organization, pair: int) -> None:
    with tenant_transaction(organization.pk):
        planning.follow_up(organization, on=books.ON + timedelta(days=pair), at=books.AT)
