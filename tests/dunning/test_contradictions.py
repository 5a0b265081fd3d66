"""What a scenario's steps say against each other."""

from collections.abc import Iterator

import pytest
from django.utils import translation

from dunning import contradictions, standard
from dunning.drafts import StepDraft
from tests.dunning.steps import step

NOTICE = step(30, "formal_notice")


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.mark.parametrize("name", standard.READY_MADE)
def test_ready_made_scenarios_have_neither_contradictions_nor_doubts(name: str) -> None:
    assert contradictions.of(standard.READY_MADE[name]) == []
    assert contradictions.doubts(standard.READY_MADE[name], gap_days=2) == []


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        ([], "A scenario has at least one step that asks."),
        ([step(0, "thank_you")], "A scenario has at least one step that asks."),
        ([step(7), step(7)], "D+7 has two steps by email: one of them is enough."),
        (
            [step(7, "firm"), step(9, "courteous")],
            "D+9 is softer than D+7 before it: the tone only rises.",
        ),
        (
            [step(7, "last", tone="courteous"), step(9, "courteous")],
            "D+9 (courteous reminder) comes after D+7 (last reminder): swap their kinds.",
        ),
        ([NOTICE], "A formal notice is never the first thing asked: put a reminder before it."),
        (
            [step(-1, "preventive"), NOTICE],
            "A formal notice is never the first thing asked: put a reminder before it.",
        ),
        (
            [step(7), NOTICE, step(40, "last", tone="firm")],
            "Nothing follows a formal notice, and nothing leaves with it: make it the last.",
        ),
        (
            [step(7), NOTICE, step(30, "firm")],
            "Nothing follows a formal notice, and nothing leaves with it: make it the last.",
        ),
        (
            [step(7), NOTICE, step(45, "formal_notice")],
            "A scenario has one formal notice: a second would weaken the first.",
        ),
        (
            [step(7), step(30, "formal_notice", channel="email")],
            "A formal notice goes by registered letter, or by letter: nothing else proves it.",
        ),
        (
            [step(7), step(30, "formal_notice", channel="call")],
            "A formal notice goes by registered letter, or by letter: nothing else proves it.",
        ),
        (
            [step(3, "preventive")],
            "D+3 is not before the due date: a preventive step has no place there.",
        ),
        (
            [step(-3, "friendly")],
            "D-3: nothing is late yet, so this cannot be a friendly reminder.",
        ),
        ([step(2, "due")], "D+2 is not the due day."),
        (
            [step(7, tone="formal")],
            "D+7: a formal notice is formal in tone, and nothing else is.",
        ),
        (
            [step(-3, "preventive", tone="firm")],
            "D-3: nothing is late, so the tone is friendly or courteous.",
        ),
        (
            [step(7), step(0, "thank_you"), step(0, "thank_you", channel="sms")],
            "A payment is thanked for once: keep one thank-you.",
        ),
        (
            [step(7), step(0, "thank_you", channel="registered_letter")],
            "A thank-you goes by email, SMS or letter.",
        ),
        (
            [step(366)],
            "A step lies between 90 days before and 365 after the due date.",
        ),
        ([step(7, least_minor=0)], "D+7: the least amount is above zero."),
        (
            [step(day) for day in range(1, 42)],
            "A scenario has at most 40 steps.",
        ),
    ],
)
def test_a_contradiction_is_said_in_a_sentence(steps: list[StepDraft], sentence: str) -> None:
    assert sentence in contradictions.of(steps)


def test_a_formal_notice_by_letter_after_a_reminder_is_none() -> None:
    assert contradictions.of([step(7), step(30, "formal_notice", channel="letter")]) == []


def test_two_channels_on_one_day_are_none() -> None:
    assert contradictions.of([step(7), step(7, channel="call")]) == []


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        ([step(-3, "preventive")], "Nothing is asked after the due date."),
        (
            [step(7), step(8, channel="call")],
            "D+7 and D+8 are closer than 2 days: the second will wait.",
        ),
        (
            [step(7), step(11, "formal_notice")],
            "The formal notice comes 4 days after the step before: no time to pay.",
        ),
        (
            [step(7, least_minor=10_000)],
            "Every step has a condition: who meets none of them is never asked.",
        ),
    ],
)
def test_a_doubt_is_told_and_not_refused(steps: list[StepDraft], sentence: str) -> None:
    assert contradictions.doubts(steps, gap_days=2) == [sentence]
    assert contradictions.of(steps) == []
