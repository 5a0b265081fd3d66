"""Charts: what is drawn is in proportion, whatever the figures."""

import re

import pytest

from common import charts


def drawn(*values: tuple[int, ...]) -> str:
    made = [
        charts.Column(str(place), tuple(zip(("in", "soft", "fc"), parts, strict=False)))
        for place, parts in enumerate(values)
    ]
    return charts.columns(made, label="Weeks", now=(1, "now"), say=str)


def heights(svg: str, css: str) -> list[float]:
    return [float(found) for found in re.findall(rf'"{css}" x=.*? height="([\d.]+)"', svg)]


def test_columns_are_in_proportion_to_what_they_stand_for() -> None:
    svg = drawn((1_000,), (4_000,), (2_000,))

    first, second, third = heights(svg, "in")
    assert (second, third) == pytest.approx((4 * first, 2 * first), abs=0.2)


def test_parts_stand_on_top_of_each_other_and_the_sum_above() -> None:
    svg = drawn((1_000, 2_000, 3_000))

    assert (len(heights(svg, "in")), len(heights(svg, "soft")), len(heights(svg, "fc"))) == (
        1,
        1,
        1,
    )
    assert ">6000</text>" in svg


@pytest.mark.parametrize(
    ("largest", "lines"),
    [
        (0, ["0", "1"]),
        (1, ["0", "1"]),
        (40_000, ["0", "10000", "20000", "30000", "40000"]),
        (40_001, ["0", "20000", "40000", "60000"]),
        (9_999_999, ["0", "5000000", "10000000"]),
    ],
)
def test_lines_across_are_round_and_the_last_one_is_above_all(
    largest: int, lines: list[str]
) -> None:
    svg = drawn((largest,))

    assert re.findall(r'text-anchor="end">(\d+)<', svg) == lines


def test_what_a_label_says_is_escaped() -> None:
    svg = charts.columns(
        [charts.Column("<b>", (("in", 1),))], label='"x"', now=(0, "<i>"), say=lambda _value: "<u>"
    )

    assert not re.search("<[biu]>", svg)
