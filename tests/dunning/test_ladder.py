"""The ladder by example. The calendar is that of France in 2026; 4 February is a Wednesday."""

from dataclasses import replace

from dunning import ladder
from dunning.ladder import Limits, Step
from tests.dunning.ladders import (
    CALL,
    EMAIL,
    FIRM_EMAIL,
    FORMAL_NOTICE,
    PREVENTIVE,
    THANK_YOU,
    acts,
    blocked,
    day,
    debtor,
    done,
    hold,
    instalment,
    plan,
    rules,
)


def test_the_standard_scenario_climbs_from_the_day_before_to_the_formal_notice() -> None:
    assert plan(debtor(), start="01-20") == [
        ("02-03", ["F-1 email 10"]),
        ("02-11", ["F-1 email 20"]),
        ("02-16", ["F-1 call 30"]),  # D+10 is a Saturday
        ("02-23", ["F-1 email 40"]),  # five days later is a Saturday again
        ("03-10", ["F-1 registered_letter 50"]),
    ]


def test_nothing_happens_on_a_day_between_two_steps() -> None:
    waiting = instalment(done=done(PREVENTIVE, "02-03"))

    assert acts(debtor(waiting), on="02-10") == []
    assert blocked(debtor(waiting), on="02-10") == []


def test_an_act_that_was_missed_stays_due() -> None:
    assert acts(debtor(), on="02-11") == ["F-1 email 20"]
    assert acts(debtor(), on="02-12") == ["F-1 email 20"]
    assert rules(debtor(), on="02-11") == ["D+7 courteous email"]
    assert rules(debtor(), on="02-12") == ["D+7 courteous email, caught up"]


def test_once_done_a_second_look_on_the_same_day_finds_nothing() -> None:
    facts = debtor(instalment(1), instalment(2, due_on=day("01-28")))
    today = ladder.acts_on(facts, on=day("02-11"))

    assert len(today) == 2
    assert ladder.acts_on(ladder.after(facts, today, on=day("02-11")), on=day("02-11")) == ()


def test_a_formal_notice_does_not_follow_on_the_day_of_the_step_before() -> None:
    hurried = (replace(FIRM_EMAIL, offset_days=30), FORMAL_NOTICE)
    facts = debtor(instalment(steps=hurried))

    assert plan(facts, start="03-06") == [
        ("03-06", ["F-1 email 40"]),
        ("03-09", ["F-1 registered_letter 50"]),
    ]


# Before the due date


def test_a_step_before_the_due_date_is_pulled_before_the_weekend() -> None:
    facts = debtor(instalment(due_on=day("02-09")))  # D-1 is a Sunday

    assert acts(facts, on="02-05") == []
    assert acts(facts, on="02-06") == ["F-1 email 10"]
    assert rules(facts, on="02-06") == ["D-1 preventive email, before the weekend"]


def test_a_step_before_the_due_date_lapses_on_the_due_day() -> None:
    assert acts(debtor(), on="02-03") == ["F-1 email 10"]
    assert acts(debtor(), on="02-04") == []
    assert plan(debtor(), start="02-04", days=10) == [("02-11", ["F-1 email 20"])]


def test_a_step_before_the_due_date_that_a_hold_outlasts_is_never_done() -> None:
    facts = debtor(instalment(holds=(hold("pause", "02-04"),)))

    assert plan(facts, start="01-20", days=25) == [("02-11", ["F-1 email 20"])]


def test_the_step_of_the_due_day_follows_on_the_day_the_earlier_one_lapses() -> None:
    steps = (PREVENTIVE, Step(15, 0, "email", "due"))
    facts = debtor(instalment(steps=steps, holds=(hold("pause", "02-03"),)))

    assert plan(facts, start="01-20") == [("02-04", ["F-1 email 15"])]
    assert rules(facts, on="02-04") == ["D+0 due email"]


# Weekends and holidays


def test_a_step_of_saturday_happens_on_monday() -> None:
    facts = debtor(instalment(done=done(EMAIL, "02-11")))

    assert acts(facts, on="02-14") == []
    assert blocked(facts, on="02-14") == [("calendar", "02-15")]
    assert acts(facts, on="02-16") == ["F-1 call 30"]
    assert rules(facts, on="02-16") == ["D+10 courteous call, after the weekend"]


def test_a_step_of_a_holiday_happens_on_the_next_working_day() -> None:
    facts = debtor(instalment(due_on=day("05-07")))  # D+7 is Ascension Day

    assert acts(facts, on="05-14") == []
    assert blocked(facts, on="05-14") == [("calendar", "05-14")]
    assert rules(facts, on="05-15") == ["D+7 courteous email, after a holiday"]


# Catching up


def test_after_an_outage_the_lowest_level_comes_first_and_the_intervals_are_kept() -> None:
    assert plan(debtor(), start="04-01") == [
        ("04-01", ["F-1 email 20"]),
        ("04-07", ["F-1 call 30"]),  # the 4th is a Saturday, the 6th Easter Monday
        ("04-13", ["F-1 email 40"]),  # the 12th is a Sunday
        ("04-28", ["F-1 registered_letter 50"]),
    ]


def test_an_act_after_a_late_one_says_that_its_interval_was_kept() -> None:
    late = instalment(done=done(EMAIL, "02-13"))

    assert acts(debtor(late), on="02-13") == []
    assert rules(debtor(late), on="02-16") == ["D+10 courteous call, interval kept"]


def test_after_an_outage_one_message_says_everything() -> None:
    facts = debtor(
        instalment(1),
        instalment(2, due_on=day("01-07"), done=done(CALL, "01-19")),
    )

    assert acts(facts, on="04-01") == ["F-2 email 40", "F-1 email 20"]


def test_only_levels_above_the_highest_done_are_eligible() -> None:
    new_step = Step(15, 3, "email", "friendly")
    edited = (PREVENTIVE, new_step, EMAIL, CALL)
    facts = debtor(instalment(steps=edited, done=done(EMAIL, "02-11")))

    assert plan(facts, start="02-11") == [("02-16", ["F-1 call 30"])]


# Channels


def test_a_step_whose_channel_does_not_reach_the_debtor_is_passed_over() -> None:
    without_email = debtor(reachable=frozenset({"call", "registered_letter"}))

    assert plan(without_email, start="01-20") == [
        ("02-16", ["F-1 call 30"]),
        ("03-09", ["F-1 registered_letter 50"]),  # twenty days later is a Sunday
    ]


def test_a_formal_notice_is_never_the_first_contact() -> None:
    only_by_post = debtor(reachable=frozenset({"registered_letter"}))

    assert plan(only_by_post, start="01-20", days=200) == []
    assert blocked(only_by_post, on="03-06") == [("no_contact", None)]


def test_a_debtor_out_of_reach_says_so_beside_his_holds() -> None:
    nowhere = debtor(reachable=frozenset(), holds=(hold("pause", "03-31"),))

    assert acts(nowhere, on="02-11") == []
    assert blocked(nowhere, on="02-11") == [("no_contact", None), ("pause", "03-31")]


def test_nothing_blocks_when_no_step_is_left() -> None:
    climbed = debtor(instalment(done=done(FORMAL_NOTICE, "03-06")))

    assert acts(climbed, on="04-01") == []
    assert blocked(climbed, on="04-01") == []


# Gap and cap


def test_two_contacts_are_two_days_apart() -> None:
    facts = debtor(contacted_on=(day("02-10"),))

    assert acts(facts, on="02-11") == []
    assert blocked(facts, on="02-11") == [("gap", "02-11")]
    assert acts(facts, on="02-12") == ["F-1 email 20"]


def test_a_fourth_contact_within_seven_days_waits() -> None:
    three = (day("02-05"), day("02-07"), day("02-09"))
    facts = debtor(contacted_on=three)

    assert acts(facts, on="02-11") == []
    assert blocked(facts, on="02-11") == [("cap", "02-11")]
    assert acts(facts, on="02-12") == ["F-1 email 20"]


def test_contacts_of_one_day_each_count_towards_the_cap() -> None:
    three = (day("02-09"), day("02-09"), day("02-06"))

    assert blocked(debtor(contacted_on=three), on="02-11") == [("cap", "02-12")]


def test_a_contact_later_than_the_day_asked_about_does_not_matter() -> None:
    assert acts(debtor(contacted_on=(day("02-12"),)), on="02-11") == ["F-1 email 20"]


def test_without_a_gap_there_still_are_no_two_contacts_on_one_day() -> None:
    facts = debtor(contacted_on=(day("02-11"),), limits=Limits(gap_days=0))

    assert acts(facts, on="02-11") == []
    assert acts(facts, on="02-12") == ["F-1 email 20"]


def test_a_formal_notice_heeds_neither_gap_nor_cap_and_says_so() -> None:
    firm = instalment(done=done(FIRM_EMAIL, "02-19"))
    facts = debtor(firm, contacted_on=(day("03-03"), day("03-04"), day("03-05")))

    assert acts(facts, on="03-06") == ["F-1 registered_letter 50"]
    assert rules(facts, on="03-06") == ["D+30 formal notice, exempt from gap and cap"]


def test_a_formal_notice_is_the_contact_of_its_day() -> None:
    firm = instalment(1, done=done(FIRM_EMAIL, "02-19"))
    young = instalment(2, due_on=day("02-27"))
    facts = debtor(firm, young)

    assert acts(facts, on="03-06") == ["F-1 registered_letter 50"]
    assert blocked(facts, on="03-06", part=0) == []
    assert blocked(facts, on="03-06", part=1) == [("gap", "03-07")]
    assert plan(facts, start="03-06", days=5) == [
        ("03-06", ["F-1 registered_letter 50"]),
        ("03-09", ["F-2 email 20"]),
    ]


# Several channels on one day


def test_the_channel_whose_act_has_waited_longest_goes_first() -> None:
    to_call = instalment(1, due_on=day("02-02"), done=done(EMAIL, "02-09"))
    to_write = instalment(2, due_on=day("02-06"))
    facts = debtor(to_call, to_write)

    assert acts(facts, on="02-13") == ["F-1 call 30"]
    assert blocked(facts, on="02-13", part=0) == []
    assert blocked(facts, on="02-13", part=1) == [("gap", "02-14")]
    assert plan(facts, start="02-13", days=4) == [
        ("02-13", ["F-1 call 30"]),
        ("02-16", ["F-2 email 20"]),
    ]


def test_of_two_that_waited_alike_the_higher_level_goes_first() -> None:
    to_call = instalment(1, due_on=day("02-02"), done=done(EMAIL, "02-09"))
    to_write = instalment(2, due_on=day("02-05"))

    assert acts(debtor(to_call, to_write), on="02-12") == ["F-1 call 30"]


def test_of_two_levels_alike_the_channel_decides_by_its_name() -> None:
    letter = instalment(1, steps=(replace(EMAIL, channel="letter"),))

    assert acts(debtor(letter, instalment(2)), on="02-11") == ["F-2 email 20"]


def test_acts_of_a_day_come_by_due_date_then_id_whatever_the_order_of_the_facts() -> None:
    parts = (instalment(3), instalment(1), instalment(2, due_on=day("02-02")))

    for facts in (debtor(*parts), debtor(*reversed(parts))):
        assert acts(facts, on="02-11") == ["F-2 email 20", "F-1 email 20", "F-3 email 20"]


def test_formal_notices_and_reminders_are_of_different_groups() -> None:
    assert [
        ladder.Act(1, "F-1", 1, step, "").step.group for step in (CALL, FORMAL_NOTICE, THANK_YOU)
    ] == [
        "reminder",
        "formal_notice",
        "thank_you",
    ]


def test_acts_that_leave_together_are_one_contact() -> None:
    facts = debtor(instalment(1), instalment(2))
    today = ladder.acts_on(facts, on=day("02-11"))

    assert ladder.after(facts, today, on=day("02-11")).contacted_on == (day("02-11"),)


def test_a_step_drawn_before_the_weekend_does_not_fall_on_the_day_of_the_one_before() -> None:
    notice = Step(20, -1, "call", "formal_notice")
    facts = debtor(
        instalment(1, due_on=day("02-07"), steps=(Step(10, -1, "call", "friendly"), notice))
    )

    days = [on for on, _acts in ladder.fold(facts, start=day("02-01"), days=60)]

    assert days == sorted(set(days))
    assert days[0] == day("02-06")  # a Friday; the second was planned for the Saturday


# What comes next


def test_the_next_act_is_the_first_of_the_fold() -> None:
    facts = debtor(instalment(1), instalment(2, due_on=day("03-04")))

    following = ladder.next_acts(facts, on=day("02-05"))

    assert {id_: (on, act.step.level) for id_, (on, act) in following.items()} == {
        1: (day("02-11"), 20),
        2: (day("03-03"), 10),
    }
    assert ladder.next_act(facts, 2, on=day("02-05")) == following[2]
    assert ladder.next_act(facts, 2, on=day("02-05"), horizon_days=26) is None
    assert ladder.next_act(facts, 2, on=day("02-05"), horizon_days=27) == following[2]
