"""What keeps the ladder from asking: holds, the backlog, approval, and being paid."""

from dataclasses import replace

import pytest

from common.money import Money
from dunning import ladder
from dunning.ladder import Blocker, Limits, Step
from tests.dunning.ladders import (
    CALL,
    EMAIL,
    FIRM_EMAIL,
    acts,
    blocked,
    day,
    debtor,
    done,
    habit,
    hold,
    instalment,
    paid,
    plan,
    rules,
)


@pytest.mark.parametrize(
    "kind",
    ["promise", "dispute", "pause", "plan", "insolvency", "says_paid", "probable_payment",
     "einvoice_status", "quota", "reply"],
)  # fmt: skip
def test_a_hold_covers_its_last_day_and_not_the_next(kind: str) -> None:
    facts = debtor(instalment(holds=(hold(kind, "02-12"),)))

    assert acts(facts, on="02-12") == []
    assert blocked(facts, on="02-12") == [(kind, "02-12")]
    assert acts(facts, on="02-13") == ["F-1 email 20"]


def test_a_hold_of_one_invoice_leaves_the_others_alone() -> None:
    facts = debtor(instalment(1, holds=(hold("dispute"),)), instalment(2))

    assert acts(facts, on="02-11") == ["F-2 email 20"]
    assert blocked(facts, on="02-11", part=0) == [("dispute", None)]


def test_a_hold_of_the_customer_covers_all_his_invoices() -> None:
    facts = debtor(instalment(1), instalment(2), holds=(hold("promise", "02-27"),))

    assert plan(facts, start="02-11", days=20) == [("03-02", ["F-1 email 20", "F-2 email 20"])]


def test_a_hold_that_begins_later_does_not_cover_the_days_before() -> None:
    facts = debtor(instalment(holds=(hold("pause", since="02-12"),)))

    assert plan(facts, start="02-01", days=90) == [
        ("02-03", ["F-1 email 10"]),
        ("02-11", ["F-1 email 20"]),
    ]


def test_a_hold_without_end_leaves_nothing_to_come() -> None:
    facts = debtor(instalment(holds=(hold("insolvency"),)))

    assert ladder.first_day(facts, since=day("01-20")) is None
    assert ladder.next_act(facts, 1, on=day("01-20")) is None


def test_every_blocker_of_a_day_is_named() -> None:
    facts = debtor(
        instalment(holds=(hold("dispute"), hold("promise", "02-20"))),
        holds=(hold("pause", "02-28"),),
        start_on=day("03-02"),
        contacted_on=(day("02-14"), day("02-13"), day("02-12")),
    )

    assert blocked(facts, on="02-15") == [
        ("dispute", None),
        ("promise", "02-20"),
        ("pause", "02-28"),
        ("backlog", "03-01"),
        ("calendar", "02-15"),
        ("gap", "02-15"),
        ("cap", "02-18"),
    ]


def test_old_bank_data_hold_firm_steps_only() -> None:
    old = hold("bank_data_old", since="02-01", for_everyone=True)
    firm = instalment(2, done=done(CALL, "02-16"))

    assert acts(debtor(instalment(1), firm, holds=(old,)), on="02-23") == ["F-1 email 20"]


# Due on Wednesday 4 February: email on the 11th, call on the 16th, firm email on the 19th.


def test_a_soft_step_waits_for_the_day_on_which_the_debtor_usually_has_paid() -> None:
    facts = debtor(habit=habit(11))

    assert ladder.blockers(facts, facts.instalments[0], on=day("02-11")) == (
        Blocker("habit", day("02-15"), since=day("02-11"), reason="D+11, 8 payments"),
    )
    assert plan(facts, start="02-11", days=10)[0] == ("02-16", ["F-1 email 20"])
    assert rules(facts, on="02-16") == ["D+7 courteous email, usual delay waited for"]


def test_a_call_waits_too_and_the_firm_message_keeps_its_day() -> None:
    asked = instalment(done=done(EMAIL, "02-11"))
    facts = debtor(asked, habit=habit(14))

    assert plan(facts, start="02-12", days=14) == [
        ("02-19", ["F-1 call 30"]),
        ("02-24", ["F-1 email 40"]),  # five days after the call, as the scenario has it
    ]
    assert plan(debtor(instalment(done=done(CALL, "02-16")), habit=habit(40)), start="02-17")[
        0
    ] == ("02-23", ["F-1 email 40"])


def test_a_step_is_put_off_for_a_habit_by_so_many_days_at_most() -> None:
    facts = debtor(habit=habit(60), limits=Limits(habit_cap_days=5))

    assert blocked(facts, on="02-11") == [("habit", "02-15")]
    assert plan(facts, start="02-11", days=10)[0] == ("02-16", ["F-1 email 20"])


def test_who_pays_before_the_step_and_who_is_not_waited_for_keep_the_scenarios_day() -> None:
    early = debtor(habit=habit(3))
    unasked = debtor(habit=habit(60), limits=Limits(habit_cap_days=0))

    assert acts(early, on="02-11") == ["F-1 email 20"]
    assert acts(unasked, on="02-11") == ["F-1 email 20"]


def test_a_habit_moves_neither_a_formal_notice_nor_a_word_before_the_due_date() -> None:
    firm = instalment(done=done(FIRM_EMAIL, "02-19"))

    assert acts(debtor(firm, habit=habit(60)), on="03-06") == ["F-1 registered_letter 50"]
    assert acts(debtor(habit=habit(60)), on="02-03") == ["F-1 email 10"]


# Stand-ins


def test_a_letter_stands_in_for_an_email_that_reaches_nobody() -> None:
    facts = debtor(reachable=frozenset({"letter", "call"}))

    assert acts(facts, on="02-11") == ["F-1 letter 20"]
    assert rules(facts, on="02-11") == ["D+7 courteous letter, no email"]


def test_before_the_due_date_and_in_thanks_nothing_goes_by_post_instead() -> None:
    facts = debtor(reachable=frozenset({"letter", "registered_letter"}))
    settled = debtor(paid("02-13"), reachable=frozenset({"letter"}))

    assert acts(facts, on="02-03") == []
    assert acts(settled, on="02-13") == []


def test_an_email_stands_in_for_a_text_message_and_else_a_letter() -> None:
    texted = instalment(steps=(Step(20, 7, "sms", "courteous"),))

    assert acts(debtor(texted), on="02-11") == ["F-1 email 20"]
    assert acts(debtor(texted, reachable=frozenset({"letter"})), on="02-11") == ["F-1 letter 20"]
    assert acts(debtor(texted, reachable=frozenset({"sms", "email"})), on="02-11") == ["F-1 sms 20"]


def test_a_debtor_of_the_backlog_is_asked_from_his_start_on() -> None:
    facts = debtor(start_on=day("03-18"))

    assert blocked(facts, on="03-17") == [("backlog", "03-17")]
    assert plan(facts, start="03-11", days=10) == [("03-18", ["F-1 email 20"])]


def test_acts_wait_for_approval_until_its_last_day_and_count_all_the_same() -> None:
    facts = debtor(approval_until=day("02-11"))

    coming = ladder.fold(facts, start=day("02-01"), days=20)

    assert [(on, acts[0].awaiting_approval) for on, acts in coming] == [
        (day("02-03"), True),
        (day("02-11"), True),
        (day("02-16"), False),
    ]


# Paid


def test_what_is_paid_is_not_asked_for() -> None:
    facts = debtor(instalment(balance=Money(0, "EUR")))

    assert acts(facts, on="02-11") == []
    assert blocked(facts, on="02-11") == [("paid", None)]


def test_a_payment_that_was_asked_for_is_thanked_for_once() -> None:
    facts = debtor(paid("02-13"), contacted_on=(day("02-13"),))

    assert plan(facts, start="02-13") == [("02-13", ["F-1 email 900"])]
    assert rules(facts, on="02-13") == ["payment received, exempt from gap and cap"]


def test_thanks_wait_for_a_working_day() -> None:
    assert blocked(debtor(paid("02-14")), on="02-14") == [("calendar", "02-15")]
    assert plan(debtor(paid("02-14")), start="02-14") == [("02-16", ["F-1 email 900"])]


def test_thanks_are_not_said_more_than_ten_days_after_the_payment() -> None:
    assert acts(debtor(paid("02-13")), on="02-23") == ["F-1 email 900"]
    assert acts(debtor(paid("02-13")), on="02-24") == []
    assert blocked(debtor(paid("02-13")), on="02-24") == [("paid", None)]


def test_a_payment_that_nobody_asked_for_is_not_thanked_for() -> None:
    assert plan(debtor(paid("02-13", after=None)), start="02-13") == []


def test_what_came_settled_from_elsewhere_is_not_thanked_for() -> None:
    elsewhere = replace(paid("02-13"), settled_on=None)

    assert plan(debtor(elsewhere), start="02-13") == []


def test_thanks_are_not_a_contact() -> None:
    facts = debtor(paid("02-13"), instalment(2, due_on=day("02-06")))

    assert acts(facts, on="02-13") == ["F-1 email 900", "F-2 email 20"]
    today = ladder.acts_on(facts, on=day("02-13"))
    assert ladder.after(facts, today, on=day("02-13")).contacted_on == (day("02-13"),)


def test_holds_do_not_stop_thanks_but_the_silence_of_the_organization_does() -> None:
    def is_thanked(hold_: Blocker) -> bool:
        return acts(debtor(paid("02-13"), holds=(hold_,)), on="02-13") != []

    assert is_thanked(hold("dispute"))
    assert is_thanked(hold("pause"))
    assert is_thanked(hold("bank_data_old", for_everyone=True))
    assert not is_thanked(hold("pause", for_everyone=True))
    assert not is_thanked(hold("kill_switch", for_everyone=True))


def test_a_reopened_instalment_climbs_again_in_its_next_cycle() -> None:
    reopened = instalment(cycle=2)

    (act,) = ladder.acts_on(debtor(reopened), on=day("03-02"))

    assert (act.cycle, act.step.level) == (2, 20)
