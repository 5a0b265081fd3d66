"""A plan's limit comes from a table, which a configuration changes."""

import pytest

from organizations import plans


def test_the_free_plan_follows_six_invoices_a_month() -> None:
    assert plans.table() == {"free": 6, "unlimited": None}


def test_a_configuration_changes_a_limit_adds_a_plan_and_lifts_a_limit() -> None:
    configured = plans.table(["free=10", "team = 200", "house="])

    assert configured == {"free": 10, "unlimited": None, "team": 200, "house": None}


@pytest.mark.parametrize("entry", ["free", "=6", "free=six", "free=-1", "free=1.5", "free=١"])
def test_what_is_no_limit_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="is not like"):
        plans.table([entry])
