"""A day's rounds over many organizations, of which few customers have anything due.

`ORGANIZATIONS=1000 python3 dev.py bench day` makes a million open invoices of it, which takes a
while; by default it is twenty thousand.
"""

import os
import resource
from collections.abc import Iterator
from datetime import timedelta
from statistics import median

from benchmarks import books, limits
from benchmarks.measure import PAIRS, Figure, seconds
from common.tenancy import tenant_transaction
from dunning import planning
from organizations.models import Organization

INVOICES = 1_000  # of each
TABLES = ("dunning_act", "dunning_message", "dunning_call")


def figures() -> Iterator[Figure]:
    """Measure the rounds of some days, and those of a day again, after one that looks at all.

    The limit is a scan of the instalments and a COPY of what the rounds wrote. The aim is 6 and 1;
    the bars are what holds today: each organization costs its own transaction of many queries.
    """
    count = int(os.environ.get("ORGANIZATIONS", "20"))
    _made, content = books.generated(invoices=INVOICES)
    organizations = [_opened(f"Day {number}", content) for number in range(count)]
    _rounds(organizations, 0)
    before = _megabytes()
    days, again = [], []
    for day in range(1, PAIRS + 1):
        work = seconds(lambda: _rounds(organizations, day))  # noqa: B023  # called here
        rows = _written(organizations, day)
        least = seconds(lambda: _scan(organizations[0])) + seconds(rows.write)
        _rounds(organizations, day)  # whoever was just asked is looked at once more
        nothing = seconds(lambda: _rounds(organizations, day))  # noqa: B023  # as above
        scan = seconds(lambda: _scan(organizations[0]))
        days.append((work, least))
        again.append((nothing, scan))
    size = f"{count:,} x {INVOICES:,} invoices"
    yield _figure(f"rounds of a day, {size}", days, bar=70.0)
    yield _figure("the same rounds again, nothing to do", again, bar=90.0)
    print(f"memory of the rounds +{_megabytes() - before:.0f} MB")


def _figure(name: str, pairs: list[tuple[float, float]], *, bar: float) -> Figure:
    works, leasts = zip(*pairs, strict=True)
    return Figure(name, median(works), median(leasts), median(w / b for w, b in pairs), bar)


def _opened(name: str, content: bytes) -> Organization:
    organization = books.organization(name)
    organization.backlog_per_day = INVOICES
    organization.save(update_fields=["backlog_per_day"])
    books.take_in(organization, content)
    return organization


def _rounds(organizations: list[Organization], day: int) -> None:
    on = books.ON + timedelta(days=day)
    for organization in organizations:
        with tenant_transaction(organization.pk):
            fresh = Organization.objects.get(pk=organization.pk)
            planning.follow_up(fresh, on=on, at=books.AT, narrowed=True)


def _written(organizations: list[Organization], day: int) -> limits.Finished:
    """Return what all rounds of a day wrote, as one COPY takes it."""
    where = f"written_on = '{(books.ON + timedelta(days=day)).isoformat()}'"
    each = [limits.finished(one.pk, *TABLES, where=where).rows for one in organizations]
    together = {table: b"".join(rows[table] for rows in each) for table in TABLES}
    return limits.Finished(organizations[0].pk, together)


def _scan(organization: Organization) -> None:
    """Read the instalments once: those of all organizations lie in one table."""
    limits.scan(organization.pk, "invoices_instalment")


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
