"""What was promised, contested or announced, and which contacts nothing reaches any more."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from dunning.models import Hold, Reply
from invoices.models import Contact, Customer, Instalment

REMEMBERED_DAYS = 60
# Which of several cases says most, that of a broken promise before all.
FOREMOST = (
    Hold.Kind.INSOLVENCY,
    Hold.Kind.DISPUTE,
    Hold.Kind.SAYS_PAID,
    Hold.Kind.PROMISE,
    Hold.Kind.PLAN,
    Hold.Kind.PROBABLE_PAYMENT,
    Hold.Kind.REPLY,
    Hold.Kind.EINVOICE_STATUS,
    Hold.Kind.PAUSE,
)
# A promise that a person ended before anything came of it.
TAKEN_BACK = Q(ended_at__isnull=False, result="")
IS_OWED = Q(invoice__settled_minor__lt=F("invoice__total_minor"))


def broken_promises() -> QuerySet[Hold]:
    """Return the promises that came to nothing, of what is still owed and not promised anew."""
    newer = Hold.objects.filter(
        kind=Hold.Kind.PROMISE, invoice=OuterRef("invoice"), pk__gt=OuterRef("pk")
    ).exclude(TAKEN_BACK)
    broken = _of_kind(Hold.Kind.PROMISE).filter(IS_OWED, result=Hold.Result.BROKEN)
    return broken.exclude(Exists(newer)).order_by("-promised_minor", "pk")


def standing_promises(*, on: date) -> QuerySet[Hold]:
    """Return the promises whose day is still to come, the nearest first."""
    standing = Hold.objects.standing(on=on).filter(kind=Hold.Kind.PROMISE, result="")
    return _with_names(standing.filter(IS_OWED)).order_by("promised_on", "pk")


def kept_promises(*, on: date) -> QuerySet[Hold]:
    """Return the promises that were kept lately, the last first."""
    since = on - timedelta(days=REMEMBERED_DAYS)
    kept = _of_kind(Hold.Kind.PROMISE).filter(result=Hold.Result.KEPT, promised_on__gte=since)
    return kept.order_by("-promised_on", "-pk")


def disputes(*, on: date) -> QuerySet[Hold]:
    """Return the disputes that nobody has ended, the oldest first."""
    standing = Hold.objects.standing(on=on).filter(kind=Hold.Kind.DISPUTE)
    return _with_names(standing).order_by("since", "pk")


def announced(*, on: date) -> QuerySet[Hold]:
    """Return the payments that customers say are on their way, and that did not come yet."""
    standing = Hold.objects.standing(on=on).filter(kind=Hold.Kind.SAYS_PAID)
    return _with_names(standing.filter(IS_OWED)).order_by("since", "pk")


def replies() -> QuerySet[Reply]:
    """Return what customers wrote back and nobody has read, the oldest first."""
    found: QuerySet[Reply] = Reply.objects.to_read()
    return found.select_related("customer", "contact", "hold").order_by("received_at", "pk")


def contacts_to_correct() -> QuerySet[Contact]:
    """Return the contacts that nothing reaches, of customers who owe something."""
    owes = Instalment.objects.open().filter(customer=OuterRef("customer"))
    failed = (
        Q(email_failed_at__isnull=False)
        | Q(phone_failed_at__isnull=False)
        | Q(sms_failed_at__isnull=False)
    )
    found: QuerySet[Contact] = Contact.objects.filter(failed).filter(Exists(owes))
    return found.select_related("customer").order_by("customer__name", "pk")


def addresses_to_correct() -> QuerySet[Customer]:
    """Return the customers who owe something, and from whom letters come back."""
    owes = Instalment.objects.open().filter(customer=OuterRef("pk"))
    found: QuerySet[Customer] = Customer.objects.filter(address_failed_at__isnull=False)
    return found.filter(Exists(owes)).order_by("name", "pk")


def of_customers(customer_ids: Collection[int], *, on: date) -> Mapping[int, list[Hold]]:
    """Return the holds that stand and the broken promises of some customers, by customer id.

    Two queries, whatever the number of customers.
    """
    found: defaultdict[int, list[Hold]] = defaultdict(list)
    standing = Hold.objects.standing(on=on).exclude(result=Hold.Result.BROKEN)
    for cases in (standing, broken_promises()):
        for hold in cases.filter(customer__in=customer_ids):
            found[hold.customer_id or 0].append(hold)
    return found


def foremost(cases: Iterable[Hold], *, invoice_id: int | None = None) -> Hold | None:
    """Return the case that says most of a customer, or of one of its invoices.

    Args:
        invoice_id: leave the cases of other invoices out.
    """
    own = [hold for hold in cases if invoice_id is None or hold.invoice_id in {None, invoice_id}]
    return min(
        own, key=lambda hold: (not hold.is_broken, FOREMOST.index(hold.kind), hold.pk), default=None
    )


def _of_kind(kind: str) -> QuerySet[Hold]:
    return _with_names(Hold.objects.filter(kind=kind))


def _with_names(found: QuerySet[Hold]) -> QuerySet[Hold]:
    return found.select_related("customer", "invoice")
