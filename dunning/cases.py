"""What was promised, contested or announced, and which contacts nothing reaches any more."""

from datetime import date, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from dunning.models import Hold
from invoices.models import Contact, Instalment

REMEMBERED_DAYS = 60
IS_OWED = Q(invoice__settled_minor__lt=F("invoice__total_minor"))


def broken_promises() -> QuerySet[Hold]:
    """Return the promises that came to nothing, of what is still owed and not promised anew."""
    newer = Hold.objects.filter(
        kind=Hold.Kind.PROMISE, invoice=OuterRef("invoice"), pk__gt=OuterRef("pk")
    )
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


def contacts_to_correct() -> QuerySet[Contact]:
    """Return the contacts that nothing reaches, of customers who owe something."""
    owes = Instalment.objects.open().filter(customer=OuterRef("customer"))
    failed = Q(email_failed_at__isnull=False) | Q(phone_failed_at__isnull=False)
    found: QuerySet[Contact] = Contact.objects.filter(failed).filter(Exists(owes))
    return found.select_related("customer").order_by("customer__name", "pk")


def _of_kind(kind: str) -> QuerySet[Hold]:
    return _with_names(Hold.objects.filter(kind=kind))


def _with_names(found: QuerySet[Hold]) -> QuerySet[Hold]:
    return found.select_related("customer", "invoice")
