"""What a scenario's steps say against each other. A contradiction is refused; a doubt is told."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from django.utils.translation import gettext as _

from common.templatetags import display
from dunning.debtor import FORMAL_NOTICE
from dunning.drafts import TONES, StepDraft, rank
from dunning.models import Channel, StepKind, Tone

EARLIEST, LATEST = -90, 365  # days from the due date
MOST_STEPS = 40
# A notice is proved by the post: what arrives by email, by SMS or by phone is denied.
# Code civil, art. 1344: an act of the creditor that asks clearly enough.
FOR_NOTICES = frozenset({Channel.REGISTERED_LETTER, Channel.LETTER})
FOR_THANKS = frozenset({Channel.EMAIL, Channel.SMS, Channel.LETTER})
SOFT_KINDS = frozenset({StepKind.PREVENTIVE, StepKind.DUE, StepKind.THANK_YOU})
SOFT_TONES = frozenset({Tone.FRIENDLY, Tone.COURTEOUS})
# Art. 1344 asks for no delay; a working week is what lets the step before be answered.
DAYS_TO_ANSWER = 5


def of(steps: Sequence[StepDraft]) -> list[str]:
    """Return a sentence for each contradiction among the steps of a scenario."""
    ordered = sorted((step for step in steps if not step.is_thank_you), key=lambda s: s.order)
    found = [*_of_all(steps), *_of_pairs(ordered), *_of_notices(ordered)]
    for step in steps:
        found += _of_one(step)
    return list(dict.fromkeys(found))


def doubts(steps: Sequence[StepDraft], *, gap_days: int) -> list[str]:
    """Return a sentence for each thing that may be meant and mostly is not."""
    asking = sorted(
        (step for step in steps if not step.is_thank_you and step.offset_days > 0),
        key=lambda step: step.order,
    )
    found = []
    if not asking:
        found.append(_("Nothing is asked after the due date."))
    for before, after in pairwise(asking):
        days = after.offset_days - before.offset_days
        if after.kind == FORMAL_NOTICE and days < DAYS_TO_ANSWER:
            found.append(
                _("The formal notice comes %(days)s days after the step before: no time to pay.")
                % {"days": days}
            )
        elif after.kind != FORMAL_NOTICE and days < gap_days:
            found.append(
                _("%(first)s and %(second)s are closer than %(gap)s days: the second will wait.")
                % {"first": day(before), "second": day(after), "gap": gap_days}
            )
    if asking and all(step.least_minor or step.customer_kind for step in asking):
        found.append(_("Every step has a condition: who meets none of them is never asked."))
    return found


def day(step: StepDraft) -> str:
    """Return the day of a step as the trade writes it: "D+7"."""
    return str(display.offset(step.offset_days))


def _of_all(steps: Sequence[StepDraft]) -> Iterator[str]:
    asking = [step for step in steps if not step.is_thank_you]
    if not asking:
        yield _("A scenario has at least one step that asks.")
    if len(steps) > MOST_STEPS:
        yield _("A scenario has at most %(most)s steps.") % {"most": MOST_STEPS}
    if len(steps) - len(asking) > 1:
        yield _("A payment is thanked for once: keep one thank-you.")


def _of_pairs(ordered: Sequence[StepDraft]) -> Iterator[str]:
    days = Counter((step.offset_days, step.channel) for step in ordered)
    for step in ordered:
        if days[step.offset_days, step.channel] > 1:
            yield _("%(day)s has two steps by %(channel)s: one of them is enough.") % {
                "day": day(step),
                "channel": _lower(Channel(step.channel).label),
            }
    for before, after in pairwise(ordered):
        if _firmness(after) < _firmness(before):
            yield _("%(second)s is softer than %(first)s before it: the tone only rises.") % {
                "first": day(before),
                "second": day(after),
            }
        elif rank(after.kind) < rank(before.kind):
            yield _(
                "%(second)s (%(softer)s) comes after %(first)s (%(firmer)s): swap their kinds."
            ) % {
                "first": day(before),
                "second": day(after),
                "firmer": _lower(StepKind(before.kind).label),
                "softer": _lower(StepKind(after.kind).label),
            }


def _of_notices(ordered: Sequence[StepDraft]) -> Iterator[str]:
    notices = [step for step in ordered if step.kind == FORMAL_NOTICE]
    if not notices:
        return
    notice = notices[0]
    if len(notices) > 1:
        yield _("A scenario has one formal notice: a second would weaken the first.")
    asked_before = [
        step
        for step in ordered
        if step.kind != FORMAL_NOTICE and 0 <= step.offset_days < notice.offset_days
    ]
    if not asked_before:
        yield _("A formal notice is never the first thing asked: put a reminder before it.")
    if any(
        step.kind != FORMAL_NOTICE and step.offset_days >= notice.offset_days for step in ordered
    ):
        yield _("Nothing follows a formal notice, and nothing leaves with it: make it the last.")


def _of_one(step: StepDraft) -> Iterator[str]:
    said = {"day": day(step), "kind": _lower(StepKind(step.kind).label)}
    if step.is_thank_you and step.channel not in FOR_THANKS:
        yield _("A thank-you goes by email, SMS or letter.")
    if not step.is_thank_you:
        yield from _of_its_day(step, said)
    if step.kind == FORMAL_NOTICE and step.channel not in FOR_NOTICES:
        yield _("A formal notice goes by registered letter, or by letter: nothing else proves it.")
    if (step.tone == Tone.FORMAL) != (step.kind == FORMAL_NOTICE):
        yield _("%(day)s: a formal notice is formal in tone, and nothing else is.") % said
    if step.kind in SOFT_KINDS and step.tone not in SOFT_TONES:
        yield _("%(day)s: nothing is late, so the tone is friendly or courteous.") % said
    if step.least_minor is not None and step.least_minor <= 0:
        yield _("%(day)s: the least amount is above zero.") % said


def _of_its_day(step: StepDraft, said: Mapping[str, str]) -> Iterator[str]:
    if not EARLIEST <= step.offset_days <= LATEST:
        yield _("A step lies between %(first)s days before and %(last)s after the due date.") % {
            "first": -EARLIEST,
            "last": LATEST,
        }
    elif step.kind == StepKind.PREVENTIVE and step.offset_days >= 0:
        yield _("%(day)s is not before the due date: a preventive step has no place there.") % said
    elif step.kind == StepKind.DUE and step.offset_days != 0:
        yield _("%(day)s is not the due day.") % said
    elif step.kind not in SOFT_KINDS and step.offset_days <= 0:
        yield _("%(day)s: nothing is late yet, so this cannot be a %(kind)s.") % said


def _firmness(step: StepDraft) -> int:
    return TONES.index(step.tone)


def _lower(label: object) -> str:
    """Return a name as it stands within a sentence."""
    text = str(label)
    return text[:1].lower() + text[1:]
