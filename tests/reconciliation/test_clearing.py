import pytest

from common.money import Money
from organizations.models import Organization
from reconciliation.clearing import spread
from tests import make


@pytest.mark.parametrize(
    ("minor", "parts", "rest", "short"),
    [
        (15_000, [10_000, 5_000], 0, 0),
        (16_000, [10_000, 5_000], 1_000, 0),
        (12_000, [10_000, 2_000], 0, 3_000),
        (9_000, [9_000], 0, 6_000),
    ],
)
def test_what_is_due_first_is_filled_first(
    inside_acme: Organization, minor: int, parts: list[int], rest: int, short: int
) -> None:
    later = make.invoice(inside_acme, amounts={"2026-03-04": 5_000})
    first = make.invoice(inside_acme, amounts={"2026-02-04": 10_000})

    basket = spread(Money(minor, "EUR"), [later, first])

    expected = dict(zip((first.pk, later.pk), parts, strict=False))
    assert {key: part.minor for key, part in basket.parts.items()} == expected
    assert (basket.rest.minor, basket.short.minor) == (rest, short)
    assert basket.is_exact is (rest == short == 0)


def test_an_empty_basket_leaves_everything() -> None:
    basket = spread(Money(9_000, "EUR"), [])

    assert (basket.parts, basket.rest.minor, basket.is_exact) == ({}, 9_000, False)
