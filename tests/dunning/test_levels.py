"""Which level a step has, and keeps."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunning import levels, standard
from dunning.drafts import KINDS, StepDraft
from dunning.levels import Known, NoLevelLeft, UnknownLevel
from tests.dunning.steps import step


def known(*steps: StepDraft) -> list[Known]:
    return [Known(one.level or 0, one.offset_days, one.channel) for one in steps]


def assigned(*steps: StepDraft, known: list[Known]) -> list[tuple[int, int | None]]:
    found = levels.assign(steps, known=known)
    return [(one.offset_days, one.level) for one in found if not one.is_thank_you]


STANDARD = known(*standard.STEPS)


def test_steps_that_stay_keep_their_levels() -> None:
    assert levels.assign(standard.STEPS, known=STANDARD) == standard.STEPS


def test_a_new_step_gets_a_level_between_its_neighbours() -> None:
    found = assigned(*standard.STEPS, step(12, channel="letter"), known=STANDARD)

    assert found[2:5] == [(10, 30), (12, 35), (15, 40)]


def test_a_step_that_is_made_again_gets_its_old_level_back() -> None:
    again = step(7)

    found = assigned(*(s for s in standard.STEPS if s.level != 20), again, known=STANDARD)

    assert (7, 20) in found


def test_the_level_of_a_step_that_was_taken_out_is_given_to_no_other() -> None:
    others = [s for s in standard.STEPS if s.level != 20]

    found = assigned(*others, step(8), known=STANDARD)

    assert dict(found)[8] not in {None, 20}


def test_a_step_that_moves_between_the_same_neighbours_keeps_its_level() -> None:
    moved = [replace(s, offset_days=8) if s.level == 20 else s for s in standard.STEPS]

    assert (8, 20) in assigned(*moved, known=STANDARD)


def test_a_step_that_is_moved_past_another_is_a_new_one() -> None:
    moved = [replace(s, offset_days=12) if s.level == 20 else s for s in standard.STEPS]

    found = assigned(*moved, known=STANDARD)

    assert found[1:4] == [(10, 30), (12, 35), (15, 40)]


def test_a_level_of_another_scenario_is_refused() -> None:
    with pytest.raises(UnknownLevel):
        levels.assign([step(7, level=21)], known=STANDARD)


def test_two_steps_do_not_share_a_level() -> None:
    with pytest.raises(UnknownLevel):
        levels.assign([step(7, level=20), step(8, level=20)], known=STANDARD)


def test_more_steps_than_there_are_levels_between_two_are_refused() -> None:
    crowd = [step(11, channel=by) for by in ("email", "letter", "sms")]
    full = [*STANDARD, *(Known(level, level, "letter") for level in (31, 32, 33, 34, 35, 36, 37))]

    with pytest.raises(NoLevelLeft):
        levels.assign([*standard.STEPS, *crowd], known=full)


def test_a_new_scenario_gets_the_levels_of_the_ready_made_ones() -> None:
    new = [replace(one, level=None) for one in standard.STEPS]

    assert levels.assign(new, known=[]) == standard.STEPS


@pytest.mark.parametrize("name", standard.READY_MADE)
def test_what_asks_for_the_same_has_the_same_level_in_every_ready_made_scenario(name: str) -> None:
    for one in standard.READY_MADE[name]:
        first, last = levels.BANDS.get(one.kind, (900, 900))
        assert first <= (one.level or 0) <= last


drafts = st.builds(
    step,
    st.integers(1, 60),
    st.sampled_from(["friendly", "courteous", "firm", "last"]),
    channel=st.sampled_from(["email", "call", "letter", "sms"]),
)


def rising(steps: list[StepDraft]) -> list[StepDraft]:
    """Give drawn steps kinds that rise with their days, each day and channel once."""
    found = {(one.offset_days, one.channel): one for one in steps}
    ordered = sorted(found.values(), key=lambda one: (one.offset_days, one.channel))
    kinds = sorted((one.kind for one in ordered), key=KINDS.index)
    return [replace(one, kind=kind) for one, kind in zip(ordered, kinds, strict=True)]


@given(st.lists(st.lists(drafts, max_size=6), min_size=1, max_size=5))
def test_levels_rise_with_the_days_and_belong_to_one_step_for_ever(
    edits: list[list[StepDraft]],
) -> None:
    ever: dict[int, Known] = {}
    for edit in map(rising, edits):
        try:
            found = levels.assign(edit, known=list(ever.values()))
        except NoLevelLeft:
            continue

        numbers = [one.level or 0 for one in found]
        assert numbers == sorted(set(numbers))
        assert [one.offset_days for one in found] == sorted(one.offset_days for one in found)
        for one in known(*found):
            assert ever.get(one.level, one) == one
            ever[one.level] = one
        days = [(one.offset_days, one.channel) for one in ever.values()]
        assert len(days) == len(set(days))
