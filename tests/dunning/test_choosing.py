"""Which scenario an invoice follows, and which of its steps."""

import pytest

from dunning import choosing, standard
from dunning.choosing import Buyer, Choices, Rule
from tests.dunning.steps import step

WAYS = {
    key: choosing.way(steps, currency="EUR")
    for key, steps in enumerate((standard.STEPS, standard.GENTLE, standard.FIRM, ()), start=1)
}
BUYER = Buyer(7, segment="VIP", kind="professional", owed=500_000, late_days=12)


def followed(*rules: Rule, invoiced: int = 100_000, **chosen: dict[int, int]) -> int:
    choices = Choices(default_id=1, ways=WAYS, rules=rules, **chosen)
    return choices.scenario_of(70, BUYER, invoiced=invoiced)


def test_without_anything_else_the_default_is_followed() -> None:
    assert followed() == 1


def test_the_first_rule_that_fits_wins() -> None:
    assert followed(Rule(2, segment="other"), Rule(3, segment="vip"), Rule(2, segment="VIP")) == 3


def test_the_customers_choice_comes_before_the_rules_and_the_invoices_before_it() -> None:
    rule = Rule(2, segment="VIP")

    assert followed(rule, of_customers={7: 3}) == 3
    assert followed(rule, of_customers={7: 3}, of_invoices={70: 4}) == 4
    assert followed(rule, of_customers={8: 3}, of_invoices={71: 4}) == 2


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        (Rule(2, customer_kind="professional"), True),
        (Rule(2, customer_kind="public"), False),
        (Rule(2, owed=500_000), True),
        (Rule(2, owed=500_001), False),
        (Rule(2, invoiced=100_000), True),
        (Rule(2, invoiced=100_001), False),
        (Rule(2, late_days=12), True),
        (Rule(2, late_days=13), False),
        (Rule(2, segment="VIP", owed=600_000), False),
    ],
)
def test_all_that_a_rule_asks_must_be_so(rule: Rule, fits: bool) -> None:  # noqa: FBT001
    assert rule.fits(BUYER, invoiced=100_000) is fits


def test_who_paid_too_seldom_has_no_habit_to_fit() -> None:
    assert not Rule(2, late_days=0).fits(Buyer(1), invoiced=0)


@pytest.mark.parametrize(("left", "days"), [(9_999, [7]), (10_000, [7, 12])])
def test_a_step_with_a_least_amount_is_there_where_so_much_is_left(
    left: int, days: list[int]
) -> None:
    way = choosing.way([step(7, level=20), step(12, level=30, least_minor=10_000)], currency="EUR")

    assert [one.offset_days for one in way.steps_for(BUYER, left=left)] == days


def test_a_step_for_one_kind_of_customer_is_no_step_for_the_others() -> None:
    way = choosing.way([step(7, level=20, customer_kind="public")], currency="EUR")

    assert way.steps_for(BUYER, left=1) == ()
    assert len(way.steps_for(Buyer(1, kind="public"), left=1)) == 1


@pytest.mark.parametrize(
    ("siren", "vat_number", "kind"),
    [
        ("130025265", "", "public"),
        ("217500016", "FR", "public"),
        ("552100554", "", "professional"),
        ("", "DE123456789", "professional"),
        ("", "", "consumer"),
    ],
)
def test_the_kind_of_a_customer_is_told_by_its_legal_numbers(
    siren: str, vat_number: str, kind: str
) -> None:
    assert choosing.kind_of(siren=siren, vat_number=vat_number) == kind


@pytest.mark.parametrize(
    ("minor", "currency", "hundredths"),
    [(1_000, "EUR", 1_000), (1_000, "JPY", 100_000), (10_000, "TND", 1_000)],
)
def test_amounts_are_compared_as_numbers(minor: int, currency: str, hundredths: int) -> None:
    assert choosing.hundredths(minor, currency) == hundredths


def test_softer_steps_do_not_follow_a_firm_one() -> None:
    left = choosing.going_on(WAYS[1].steps, after="firm")

    assert [one.kind for one in left] == ["firm", "formal_notice", "thank_you"]


def test_after_a_formal_notice_only_thanks_are_left() -> None:
    assert [one.kind for one in choosing.going_on(WAYS[1].steps, after="formal_notice")] == [
        "thank_you"
    ]


def test_a_draft_leaves_what_it_was_made_from_as_it_was() -> None:
    choices = Choices(default_id=1, ways=WAYS, of_customers={7: 2})

    drafted = choices.with_override(None, customer_id=7).with_default(3).with_rules([Rule(2, "x")])

    assert (choices.default_id, choices.of_customers, choices.rules) == (1, {7: 2}, ())
    assert (drafted.default_id, drafted.of_customers) == (3, {})
