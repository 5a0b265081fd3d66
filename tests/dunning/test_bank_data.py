from datetime import date

import pytest

from dunning import bank_data
from organizations.models import Organization

DAY = date(2026, 2, 3)


def known(until: date | None, *, limit: int | None = 10, gap: date | None = None) -> Organization:
    return Organization(bank_data_until=until, bank_limit_days=limit, bank_gap_since=gap)


def test_the_data_is_old_from_the_day_after_the_limit_on() -> None:
    found = bank_data.blocker(known(DAY))

    assert found is not None
    assert (found.kind, found.since, found.until) == ("bank_data_old", date(2026, 2, 14), None)
    assert found.for_everyone


@pytest.mark.parametrize("limit", [None, 0])
def test_without_a_limit_it_is_never_old(limit: int | None) -> None:
    assert bank_data.blocker(known(DAY, limit=limit)) is None
    assert bank_data.blocker(known(DAY, limit=limit, gap=DAY)) is None


def test_before_a_first_statement_nothing_is_held() -> None:
    assert bank_data.blocker(known(None)) is None


def test_a_gap_makes_it_old_at_once_and_is_the_reason() -> None:
    found = bank_data.blocker(known(DAY, gap=date(2026, 2, 4)))

    assert found is not None
    assert found.since == date(2026, 2, 4)
    assert "04/02/2026" in found.reason
    assert bank_data.is_old(known(DAY, gap=date(2026, 2, 4)), on=date(2026, 2, 4))
    assert not bank_data.is_old(known(DAY), on=date(2026, 2, 13))
