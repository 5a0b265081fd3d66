"""What waits for a person: calls to make, reminders to approve, letters to post.

What was paid or put on hold meanwhile does not wait: nobody is asked for it by mistake.
"""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta

from django.db.models import (
    Case,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Greatest
from django.utils import timezone

from common.expressions import DaysBetween
from common.money import Money
from common.working_days import DAY
from dunning import outbox
from dunning.ladder import THANK_YOU_WITHIN_DAYS
from dunning.models import Act, Call, Channel, Hold, Message, Outcome, StepKind
from dunning.models.act import ActQuerySet
from dunning.models.call import CallQuerySet
from dunning.models.message import MessageQuerySet
from invoices.models import Contact

BY_POST = (Channel.LETTER, Channel.REGISTERED_LETTER)
_IS_OWED = Q(instalment__settled_minor__lt=F("instalment__amount_minor"))
# What may be asked of an instalment: its balance without what is contested of it.
_LEFT = Greatest(
    F("instalment__amount_minor")
    - F("instalment__settled_minor")
    - F("instalment__contested_minor"),
    Value(0),
)
State = Message.State


def calls(*, on: date, whose: Q | None = None) -> CallQuerySet:
    """Return the calls to make on a day, those of a later hour among them.

    Args:
        whose: the condition that a call is of a customer wanted; by default all are.
    """
    tomorrow = timezone.make_aware(datetime.combine(on + DAY, time.min))
    today = Q(due_at__isnull=True) | Q(due_at__lt=tomorrow)
    found: CallQuerySet = Call.objects.open().filter(
        whose or Q(), today, pk__in=_asking(on=on, by_phone=True).values("call")
    )
    return found


def acts_of_calls(*, on: date) -> ActQuerySet:
    """Return the acts that a call may still be about: owed, and on no hold that covers the day."""
    return _asking(on=on, by_phone=True).filter(call__isnull=False)


def with_asked(*, on: date) -> Prefetch[str]:
    """Return what brings the `asked_acts` of calls, those of the oldest instalment first.

    They are fewer than `acts` when part of what a call was written for is paid or on hold.
    """
    acts = acts_of_calls(on=on).select_related("instalment__invoice")
    return Prefetch("acts", acts.order_by("instalment__due_on", "pk"), to_attr="asked_acts")


def in_order(queue: CallQuerySet, *, on: date, at: datetime) -> CallQuerySet:
    """Put calls in the order in which they are to be made, each with `asked`, its minor units.

    Those to be called back at their hour first, then broken promises, then amount times days
    late; what was passed over today comes last, and before it what is due at a later hour.
    """
    midnight = timezone.make_aware(datetime.combine(on, time.min))
    asking = _asking(on=on, by_phone=True)
    mine = asking.filter(call=OuterRef("pk")).order_by().values("call")
    late = Greatest(DaysBetween(Value(on), F("instalment__due_on")), Value(1))
    return queue.annotate(
        asked=Subquery(mine.annotate(sum=Sum(_LEFT)).values("sum")),
        weight=Subquery(mine.annotate(sum=Sum(_LEFT * late)).values("sum")),
        rank=Case(
            When(passed_at__gte=midnight, then=5),
            When(due_at__gt=at, then=4),
            When(outcome=Outcome.CALL_BACK, then=0),
            When(outcome=Outcome.PROMISE, then=1),
            default=2,
            output_field=IntegerField(),
        ),
    ).order_by("rank", F("weight").desc(nulls_last=True), "written_on", "pk")


def next_to_call(call: Call) -> Contact | None:
    """Return whom to call when nobody answers to the number of a call's contact."""
    others = Contact.objects.filter(customer=call.customer_id).exclude(pk=call.contact_id)
    return next((person for person in others if person.can_be_called), None)


def to_approve(*, on: date) -> QuerySet[Message]:
    """Return the messages that leave once a person says so; thanks are for what was paid."""
    return Message.objects.filter(
        Q(kind=StepKind.THANK_YOU) | Q(pk__in=_asking(on=on).values("message")),
        state=State.AWAITING_APPROVAL,
    )


def acts_of_customers(ids: Collection[int], *, on: date) -> dict[int, Act]:
    """Return for each of some customers the highest act that waits for a person, if any."""
    return {act.customer_id: act for act in _acts(on=on).filter(customer__in=ids)}


def acts_of_invoices(ids: Collection[int], *, on: date) -> dict[int, Act]:
    """Return for each of some invoices the highest act that waits for a person, if any."""
    found = _acts(on=on).filter(instalment__invoice__in=ids)
    return {act.instalment.invoice_id: act for act in found}


def _acts(*, on: date) -> QuerySet[Act]:
    """Return the acts to call, approve or post for, the lowest first, with what carries them."""
    to_call = Q(call__in=Call.objects.open().values("pk"))
    to_approve = Q(message__state=State.AWAITING_APPROVAL)
    to_post = Q(message__state=State.QUEUED, message__channel__in=BY_POST)
    found = _asking(on=on, by_phone=True).filter(to_call | to_approve | to_post)
    return found.select_related("message", "instalment").order_by("level", "pk")


def asked_by(messages: QuerySet[Message]) -> Money | None:
    """Add up what reminders ask for; None when there are several currencies, or none."""
    acts = Act.objects.filter(message__in=messages).exclude(kind=StepKind.THANK_YOU)
    sums = list(acts.order_by().values_list("instalment__currency").annotate(sum=Sum(_LEFT)))
    return Money(sums[0][1], sums[0][0]) if len(sums) == 1 else None


def to_post(*, on: date) -> QuerySet[Message]:
    """Return the letters to print and post."""
    return Message.objects.filter(
        pk__in=_asking(on=on).values("message"), state=State.QUEUED, channel__in=BY_POST
    )


def not_to_post(*, on: date, since: datetime) -> QuerySet[Message]:
    """Return the letters that lie printed but must stay here: paid, held or cancelled meanwhile.

    Args:
        since: those cancelled are shown that were printed after it.
    """
    printed = Message.objects.filter(printed_at__isnull=False, channel__in=BY_POST)
    held = Q(state=State.QUEUED) & ~Q(pk__in=_asking(on=on).values("message"))
    return printed.filter(held | Q(state=State.CANCELLED, printed_at__gt=since))


def let_go(*, on: date, at: datetime) -> None:
    """Close the calls and cancel the messages whose every instalment was paid meanwhile.

    Thanks that nobody approved while they were due lapse.
    """
    outbox.calls_let_go(settled_calls(), "paid", at=at)
    last_thanked = on - timedelta(days=THANK_YOU_WITHIN_DAYS)
    lapsed = Message.objects.filter(
        state=State.AWAITING_APPROVAL, kind=StepKind.THANK_YOU, written_on__lt=last_thanked
    )
    outbox.let_go(settled_messages(), "paid", at=at)
    outbox.let_go(lapsed, "too_late", at=at)


def settled_calls() -> CallQuerySet:
    """Return the calls to make whose every instalment was paid meanwhile: they are let go."""
    owed = Act.objects.filter(_IS_OWED, call=OuterRef("pk"))
    return Call.objects.open().filter(~Exists(owed))


def settled_messages() -> MessageQuerySet:
    """Return the reminders that wait for a person and ask for what was paid: they are let go."""
    waiting = Q(state=State.AWAITING_APPROVAL) | Q(state=State.QUEUED, channel__in=BY_POST)
    owed = Act.objects.filter(_IS_OWED, message=OuterRef("pk"))
    found = Message.objects.filter(waiting).exclude(kind=StepKind.THANK_YOU)
    return found.filter(~Exists(owed))


def _asking(*, on: date, by_phone: bool = False) -> ActQuerySet:
    """Return the acts whose instalment is owed and free of holds.

    On the last day of a broken promise nothing is written yet, but the customer is called.
    """
    holds = Hold.objects.standing(on=on)
    if by_phone:
        holds = holds.exclude(result=Hold.Result.BROKEN)
    holds = holds.whole()
    of_parts = holds.filter(instalment__isnull=False).values("instalment")
    of_invoices = holds.filter(invoice__isnull=False, instalment__isnull=True).values("invoice")
    of_customers = holds.filter(customer__isnull=False, invoice__isnull=True).values("customer")
    of_everyone = holds.filter(customer__isnull=True, invoice__isnull=True)
    asked = Act.objects.annotate(left=_LEFT).filter(left__gt=0)
    found: ActQuerySet = asked.filter(~Exists(of_everyone)).exclude(
        Q(instalment__invoice__in=of_invoices)
        | Q(instalment__in=of_parts)
        | Q(customer__in=of_customers)
    )
    return found
