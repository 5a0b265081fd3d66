"""How templates name what the ladder says: steps, rules and blockers, in the reader's language."""

import re
from collections.abc import Iterable
from typing import Any

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common import money
from common.money import Money
from common.templatetags.display import day, offset, status
from dunning import delivery
from dunning.checklist import Gap
from dunning.debtor import Blocker
from dunning.models import Act, Channel, Ground, Hold, Message, Outcome, StepKind, Tone
from organizations.rights import Right

register = template.Library()

BLOCKERS = {
    "paid": gettext_lazy("Paid"),
    "promise": gettext_lazy("A promise to pay"),
    "dispute": gettext_lazy("A dispute"),
    "pause": gettext_lazy("A pause"),
    "plan": gettext_lazy("An instalment plan"),
    "insolvency": gettext_lazy("An insolvency"),
    "says_paid": gettext_lazy("The customer says it is paid"),
    "probable_payment": gettext_lazy("A payment that could be this one"),
    "bank_data_old": gettext_lazy("The bank data is too old"),
    "einvoice_status": gettext_lazy("The e-invoice’s status"),
    "gap": gettext_lazy("Heard from you a moment ago"),
    "cap": gettext_lazy("Heard from you often enough lately"),
    "calendar": gettext_lazy("No working day"),
    "backlog": gettext_lazy("Its turn in the backlog has not come"),
    "approval": gettext_lazy("Waits for approval"),
    "quota": gettext_lazy("The plan’s limit is reached"),
    "no_contact": gettext_lazy("No email, phone or address"),
    "habit": gettext_lazy("The customer usually pays a little later"),
    "kill_switch": gettext_lazy("Sending is stopped"),
    "reply": gettext_lazy("An answer of the customer to read"),
}
# How a hold is shown where there is room for a badge.
CASES = {
    "promise": ("promise", gettext_lazy("Promised for %(day)s")),
    "dispute": ("dispute", gettext_lazy("Dispute: %(ground)s")),
    "says_paid": ("ok", gettext_lazy("Says it is paid")),
    "pause": ("paused", gettext_lazy("Paused until %(day)s")),
}
# What may stand behind a step in a rule: a closed set (dunning/ladder.py).
CIRCUMSTANCES = {
    "interval kept": gettext_lazy("the interval is kept"),
    "caught up": gettext_lazy("caught up"),
    "before the weekend": gettext_lazy("before the weekend"),
    "after the weekend": gettext_lazy("after the weekend"),
    "before a holiday": gettext_lazy("before a holiday"),
    "after a holiday": gettext_lazy("after a holiday"),
    "exempt from gap and cap": gettext_lazy("exempt from the pace"),
    "payment received": gettext_lazy("payment received"),
    "usual delay waited for": gettext_lazy("after this customer’s usual delay"),
    "no email": gettext_lazy("by post, since no email address works"),
    "no sms": gettext_lazy("since no mobile number works"),
}
# What a letter may lack (dunning/checklist.py).
GAPS = {
    "debtor_address": gettext_lazy("The customer’s address is missing."),
    "debtor_window": gettext_lazy("The address does not fit the envelope’s window."),
    "debtor_siren": gettext_lazy("The customer’s SIREN is missing."),
    "creditor_address": gettext_lazy("Your address is missing."),
    "creditor_siren": gettext_lazy("Your SIREN is missing."),
    "creditor_iban": gettext_lazy("Your IBAN is missing."),
    "creditor_signatory": gettext_lazy("Nobody signs: name who does."),
    "creditor_signatory_title": gettext_lazy("Who signs, in what quality?"),
    "interest_rate": gettext_lazy("The rate of late interest is not known yet: none is claimed."),
    "copy": gettext_lazy("No copy of %(value)s is joined."),
}
_HABIT = re.compile(r"D([+-]\d+), (\d+) payments")
_DAY = re.compile(r"D([+-]\d+) (.+)")


@register.simple_tag
def step_name(kind: str) -> str:
    """Return what a step is called."""
    return str(StepKind(kind).label)


@register.simple_tag
def channel_name(channel: str) -> str:
    """Return what a channel is called."""
    return str(Channel(channel).label)


@register.simple_tag
def tone_name(tone: str) -> str:
    """Return what a tone is called."""
    return str(Tone(tone).label)


@register.simple_tag
def waits(act: Act) -> str:
    """Return what a person has to do for an act that was written: call, approve, post."""
    if act.message is None:
        return _("Call to make")
    is_to_approve = act.message.state == Message.State.AWAITING_APPROVAL
    said = _("%(step)s, to approve") if is_to_approve else _("%(step)s, to post")
    return said % {"step": step_name(act.kind)}


@register.simple_tag
def blocker_name(kind: str) -> str:
    """Return what is in the way, in words."""
    return str(BLOCKERS.get(kind, kind))


@register.simple_tag
def blocker_reason(blocker: Blocker) -> str:
    """Return why it is in the way: what a person wrote, or what a habit is known from."""
    found = _HABIT.fullmatch(blocker.reason) if blocker.kind == "habit" else None
    if found is None:
        return blocker.reason
    return _("three of four of its last %(payments)s payments had come by %(day)s") % {
        "day": offset(int(found[1])),
        "payments": found[2],
    }


@register.simple_tag
def rule(text: str) -> str:
    """Return a rule in the reader's language: "D+7 courteous email, caught up"."""
    return ", ".join(_part(part) for part in text.split(", "))


@register.simple_tag
def acts_total(acts: Iterable[Act]) -> Money | None:
    """Return what is left of the instalments that acts are about."""
    parts = [act.instalment.asked for act in acts]
    return money.total(parts, currency=parts[0].currency) if parts else None


@register.inclusion_tag("dunning/approved.html", takes_context=True)
def just_approved(context: dict[str, Any]) -> dict[str, Any]:
    """Draw what the reader approved within the last minute, with the way to take it back."""
    found = delivery.undoable(at=timezone.now()).order_by("-approved_at")
    may_approve = context["membership"].may(Right.APPROVE)
    moments = list(found.values_list("approved_at", flat=True))
    return {
        "organization": context["organization"],
        "csrf_token": context.get("csrf_token"),
        "approved_at": moments[0].isoformat() if moments and moments[0] else "",
        "count": sum(moment == moments[0] for moment in moments) if may_approve else 0,
        "seconds": delivery.UNDO.seconds,
    }


@register.simple_tag
def outcome_name(value: str) -> str:
    """Return what an outcome of a call is called."""
    return str(Outcome(value).label)


@register.simple_tag
def case(hold: Hold) -> SafeString:
    """Draw how a customer or an invoice stands, by the hold that says most: a badge."""
    if hold.is_broken:
        return status("very_late", _("Promise broken"))
    state, text = CASES.get(hold.kind, ("paused", "%(kind)s"))
    said = {
        "kind": hold.get_kind_display(),
        "day": day(hold.promised_on or hold.until),
        "ground": ground_name(hold.category),
    }
    return status(state, text % said)


@register.simple_tag
def hold_name(kind: str) -> str:
    """Return what a hold is called."""
    return str(Hold.Kind(kind).label) if kind in Hold.Kind.values else kind


@register.simple_tag
def gap_name(gap: Gap) -> str:
    """Return what a letter lacks, in words."""
    return str(GAPS[gap.code]) % {"value": gap.value}


@register.simple_tag
def ground_name(value: str) -> str:
    """Return what a dispute is about, in words."""
    return str(Ground(value).label) if value in Ground.values else ""


def _part(part: str) -> str:
    found = _DAY.fullmatch(part)
    if found is None:
        return str(CIRCUMSTANCES.get(part, part))
    days, words = offset(int(found[1])), found[2]
    kind = "formal_notice" if words == "formal notice" else words.split(" ", 1)[0]
    name = StepKind(kind).label if kind in StepKind.values else words
    return f"{days} {name}"
