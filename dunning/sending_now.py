"""Ask today for what the ladder would ask next: a person says so, for one invoice.

The act is written by the same code as the round's and counts like one, so the ladder goes on
after it. Only its day is set aside; what the debtor is owed in quiet is not (decision 0033).
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from common.errors import DomainError
from dunning import facts, ladder, outbox, places, planning, quota, stopping, waiting
from dunning.debtor import Blocker, DebtorFacts
from dunning.models import Act, Call, Message, StepKind
from dunning.planning import Contacting
from dunning.templatetags.asking import blocker_name
from invoices.models import Invoice
from organizations import timeline
from organizations.models import Organization

State = Message.State


class NotNow(DomainError):
    """Something keeps the debtor from being asked today."""

    code = "not_now"


class AlreadyAsked(DomainError):
    """A message to the debtor is on its way, or waits for a person."""

    code = "already_asked"


class NotActivated(DomainError):
    """Nothing leaves before follow-up is activated."""

    code = "not_activated"


@dataclass(frozen=True, slots=True)
class Asked:
    """What was written: a message that leaves soon, a letter to post, or a call to make."""

    contact: Contacting
    message: Message | None = None
    call: Call | None = None


def send_now(invoice: Invoice, *, on: date, at: datetime, undo: timedelta) -> Asked:
    """Ask for an invoice today, by its ladder's next step.

    Locks the customer's open invoices, so that of many who ask at once one is heard.

    Args:
        on: today, where the creditor is.
        undo: for how long what leaves by itself may be taken back.

    Raises:
        NotNow: it is paid, on hold, too soon after the last contact, not late yet, or nothing
            is left to ask; the sentence names all that is in the way.
        AlreadyAsked: something to this debtor is on its way, or waits for a person.
        NotActivated: follow-up has not begun.
        stopping.SendingStopped: it is.
    """
    organization = invoice.organization
    if organization.activated_at is None:
        raise NotActivated(_("Nothing leaves before you activate follow-up."))
    stopping.refuse(organization)
    list(Invoice.objects.open().filter(customer=invoice.customer_id).locked())
    _refuse_what_waits(invoice, on=on)
    plan = _plan(invoice, on=on)
    if not plan.acts:
        raise _not_now([each for found in plan.blocked.values() for each in found])
    _refuse_early(invoice, plan.acts[0], on=on)
    code = invoice.customer.code
    contact = Contacting(on, invoice.customer_id, code, plan.acts)
    try:
        with transaction.atomic():
            return _write(organization, contact, at=at, undo=undo)
    except IntegrityError as error:  # the round of the day wrote it, just now
        raise AlreadyAsked(_("This customer is being asked at this moment.")) from error


def _refuse_what_waits(invoice: Invoice, *, on: date) -> None:
    """Refuse while something said to the debtor is not over.

    Raises:
        AlreadyAsked: something is on its way, uncertain, or waits for a person.
    """
    messages = Message.objects.filter(customer=invoice.customer_id).exclude(kind=StepKind.THANK_YOU)
    if messages.filter(state=State.UNKNOWN).exists():
        raise AlreadyAsked(_("A message to this customer may have left: say first whether it did."))
    if messages.filter(state=State.AWAITING_APPROVAL).exists():
        raise AlreadyAsked(_("A reminder to this customer waits for approval: approve it."))
    leaving = messages.filter(channel="email", state__in=[State.QUEUED, State.CLAIMED])
    if leaving.exists():
        raise AlreadyAsked(_("A reminder to this customer is on its way."))
    waits = waiting.acts_of_invoices([invoice.pk], on=on).get(invoice.pk)
    if waits is not None and waits.call_id is not None:
        raise AlreadyAsked(_("A call to this customer waits to be made."))
    if waits is not None:
        raise AlreadyAsked(_("A letter to this customer waits to be posted."))


def _plan(invoice: Invoice, *, on: date) -> ladder.Plan:
    parts = set(invoice.instalments.values_list("pk", flat=True))
    found = facts.debtors(
        invoice.organization,
        on=on,
        days=ladder.HORIZON_DAYS,
        customer_ids=[invoice.customer_id],
    )
    if not found:  # nothing of the debtor's is open
        return ladder.Plan((), {0: (Blocker("paid"),)})
    return ladder.brought_forward(_within_quota(found[0], invoice, on=on), parts, on=on)


def _within_quota(debtor: DebtorFacts, invoice: Invoice, *, on: date) -> DebtorFacts:
    """Return the debtor as the month's places let him be asked; who asks first takes one."""
    if quota.limit_of(invoice.organization) is None:
        return debtor
    Organization.objects.select_for_update().get(pk=invoice.organization_id)
    month = quota.of(invoice.organization, on=on)
    if month is None:
        return debtor
    placed = month.followed | ({invoice.pk} if month.free else set())
    return places.held(debtor, placed, on=on)


def _refuse_early(invoice: Invoice, act: ladder.Act, *, on: date) -> None:
    """Refuse a step that speaks of a delay when there is none.

    Raises:
        NotNow: the instalment is not late.
    """
    due_on = invoice.instalments.get(pk=act.instalment_id).due_on
    if act.step.offset_days >= 0 and on <= due_on:
        raise NotNow(
            _("Not now: nothing is late before %(day)s, and the next step speaks of a delay.")
            % {"day": date_format(due_on + timedelta(days=1), "DATE_FORMAT")}
        )


def _not_now(blockers: list[Blocker]) -> NotNow:
    if not blockers:
        return NotNow(_("Not now: the scenario has no step left for this invoice."))
    said = dict.fromkeys(
        _("%(what)s (until %(day)s)")
        % {"what": blocker_name(each.kind), "day": date_format(each.until, "DATE_FORMAT")}
        if each.until
        else blocker_name(each.kind)
        for each in blockers
    )
    return NotNow(
        _("Not now: %(reasons)s.") % {"reasons": ", ".join(said)},
        blockers=",".join(dict.fromkeys(each.kind for each in blockers)),
    )


def _write(
    organization: Organization, contact: Contacting, *, at: datetime, undo: timedelta
) -> Asked:
    """Write the acts and what carries them; who asks has approved it."""
    carrier, acts = planning.draft(organization, contact, at=at)
    if isinstance(carrier, Call):
        carrier.save()
        Act.objects.bulk_create(acts)
        _remember_call(carrier, acts, at=at)
        return Asked(contact, call=carrier)
    carrier.state = State.QUEUED
    if carrier.channel == "email":
        carrier.not_before = at + undo
        carrier.approved_at, carrier.approved_by = at, timeline.actor()
    carrier.save()
    Act.objects.bulk_create(acts)
    outbox.remember("dunning.message_asked_for", carrier, at=at)
    return Asked(contact, message=carrier)


def _remember_call(call: Call, acts: list[Act], *, at: datetime) -> None:
    for act in Act.objects.filter(pk__in=[act.pk for act in acts]).select_related("instalment"):
        timeline.record(
            "dunning.call_written",
            about={
                "customer": call.customer_id,
                "invoice": act.instalment.invoice_id,
                "call": call.pk,
            },
            data={"rule": act.rule, "level": act.level},
            at=at,
        )
