"""When each debtor of a backlog is first asked. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date

from common.working_days import DAY, WorkingDays


def start_dates(
    customer_ids: Iterable[int],
    *,
    first_on: date,
    per_day: int = 20,
    taken: Mapping[date, int],
    calendar: WorkingDays,
) -> dict[int, date]:
    """Spread debtors over working days, so that a first import is not two hundred messages.

    Args:
        customer_ids: in the order in which they are to be asked.
        per_day: how many may start on one day, those already `taken` included; one at least.
    """
    used, day, starts = Counter(taken), calendar.next_working(first_on), {}
    for customer_id in dict.fromkeys(customer_ids):
        while used[day] >= max(per_day, 1):
            day = calendar.next_working(day + DAY)
        used[day] += 1
        starts[customer_id] = day
    return starts
