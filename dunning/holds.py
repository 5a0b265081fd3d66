"""Reasons to wait: place them, end them. They end by themselves after their last day."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import F, Q
from django.utils.translation import gettext as _

from common import sentences
from common.errors import DomainError
from common.money import Money
from common.working_days import WorkingDays
from dunning.models import CallAttempt, Hold
from invoices.models import Customer, Instalment, Invoice
from organizations import timeline
from organizations.models import Organization

GRACE_DAYS = 1  # working days after a promise before it counts as broken
LOOKED_FOR_DAYS = 5  # working days in which money said to be on its way should be seen
REVIEW_DAYS = 14  # after which an unanswered dispute is looked at again
# A claim is declared within two months of the publication: C. com. art. R622-24.
INSOLVENCY_REVIEW_DAYS = 30
# Beyond a quarter it is an instalment plan that is agreed on; more is a slip of the year.
LONGEST_PROMISE_DAYS = 90
# Whoever is left alone for more than a year is forgotten; the pause can be placed anew.
LONGEST_PAUSE_DAYS = 365


class OverPromised(DomainError):
    """More is promised than is owed."""

    code = "over_promised"


class EndsBeforeItBegins(DomainError):
    """The last day of a hold lies before its first."""

    code = "ends_before_it_begins"


class TooFarAhead(DomainError):
    """A promise or a pause reaches further than anybody means."""

    code = "too_far_ahead"


class OverContested(DomainError):
    """More is contested than is owed."""

    code = "over_contested"


class AlreadyEnded(DomainError):
    """The hold stands no more."""

    code = "already_ended"


def promise(
    invoice: Invoice,
    amount: Money,
    promised_on: date,
    *,
    at: datetime,
    calendar: WorkingDays,
    category: str = "",
    attempt: CallAttempt | None = None,
) -> Hold:
    """Note that a debtor will pay; the invoice is quiet until the day after, a working one.

    Args:
        category: the means, of `Payment.Method`.
        attempt: the try of a call in which it was given.

    Raises:
        OverPromised: nothing, or more than the balance, is promised.
        EndsBeforeItBegins: the day is over.
        TooFarAhead: the day lies more than LONGEST_PROMISE_DAYS ahead.
    """
    today = at.astimezone(invoice.organization.zone).date()
    if promised_on < today:
        raise EndsBeforeItBegins(_("A promise is for today or later."))
    if promised_on > (last := today + timedelta(days=LONGEST_PROMISE_DAYS)):
        raise TooFarAhead(
            _("A promise reaches %(days)s days ahead at most: %(last)s, not %(day)s.")
            % {
                "days": LONGEST_PROMISE_DAYS,
                "last": sentences.of_day(last),
                "day": sentences.of_day(promised_on),
            }
        )
    is_owed = amount.currency == invoice.currency and amount <= invoice.balance
    if not (is_owed and amount.minor > 0):
        raise OverPromised(
            _("Invoice %(number)s owes %(balance)s, not %(amount)s.")
            % {
                "number": invoice.number,
                "balance": sentences.of_amount(invoice.balance),
                "amount": sentences.of_amount(amount),
            }
        )
    return _place(
        invoice.organization,
        Hold.Kind.PROMISE,
        at=at,
        until=calendar.add_working(promised_on, GRACE_DAYS),
        invoice=invoice,
        customer=invoice.customer,
        promised_minor=amount.minor,
        promised_on=promised_on,
        currency=amount.currency,
        settled_before_minor=invoice.settled_minor,
        category=category,
        attempt=attempt,
    )


def says_paid(
    invoice: Invoice,
    *,
    category: str,
    reason: str,
    at: datetime,
    calendar: WorkingDays,
    attempt: CallAttempt | None = None,
) -> Hold:
    """Note that a debtor says it is paid; the invoice is quiet while the money is looked for.

    Args:
        category: the means, of `Payment.Method`.
        reason: when, and with which reference.
    """
    today = at.astimezone(invoice.organization.zone).date()
    return _place(
        invoice.organization,
        Hold.Kind.SAYS_PAID,
        at=at,
        until=calendar.add_working(today, LOOKED_FOR_DAYS),
        category=category,
        reason=reason,
        invoice=invoice,
        customer=invoice.customer,
        attempt=attempt,
    )


def dispute(
    invoice: Invoice,
    *,
    category: str,
    reason: str,
    at: datetime,
    contested: Money | None = None,
    attempt: CallAttempt | None = None,
) -> Hold:
    """Note that a debtor contests an invoice; it is quiet until the dispute is ended by a person.

    Args:
        category: the ground, of `Ground`.
        contested: the part that is contested, when it is not all: the rest is still asked for.

    Raises:
        OverContested: nothing, or more than an instalment owes, is contested.
    """
    today = at.astimezone(invoice.organization.zone).date()
    part = _contested_part(invoice, contested)
    return _place(
        invoice.organization,
        Hold.Kind.DISPUTE,
        at=at,
        until=None,
        review_on=today + timedelta(days=REVIEW_DAYS),
        category=category,
        reason=reason,
        invoice=invoice,
        instalment=part,
        held_minor=contested.minor if part is not None and contested is not None else None,
        currency=invoice.currency,
        customer=invoice.customer,
        attempt=attempt,
    )


def insolvency(
    customer: Customer, *, reason: str, at: datetime, attempt: CallAttempt | None = None
) -> Hold:
    """Note that a customer is insolvent: nothing is asked of it until a person ends this.

    Source: Code de commerce, art. L622-7 and L622-21: what was owed before is not to be paid.
    """
    today = at.astimezone(customer.organization.zone).date()
    return _place(
        customer.organization,
        Hold.Kind.INSOLVENCY,
        at=at,
        until=None,
        review_on=today + timedelta(days=INSOLVENCY_REVIEW_DAYS),
        reason=reason,
        customer=customer,
        attempt=attempt,
    )


def pause_invoice(
    invoice: Invoice,
    *,
    until: date,
    reason: str,
    at: datetime,
    instalment: Instalment | None = None,
) -> Hold:
    """Keep one invoice quiet until a day, that day included.

    Args:
        instalment: the one of it that is to be quiet, when the others are not.

    Raises:
        EndsBeforeItBegins: the day is over.
        TooFarAhead: the day lies more than LONGEST_PAUSE_DAYS ahead.
    """
    return _pause(
        invoice.organization,
        at=at,
        until=until,
        reason=reason,
        invoice=invoice,
        instalment=instalment,
        customer=invoice.customer,
    )


def pause_customer(customer: Customer, *, until: date, reason: str, at: datetime) -> Hold:
    """Keep a customer quiet until a day, that day included; refused as `pause_invoice`."""
    return _pause(customer.organization, at=at, until=until, reason=reason, customer=customer)


def pause_everyone(organization: Organization, *, until: date, reason: str, at: datetime) -> Hold:
    """Keep everyone quiet until a day, that day included; refused as `pause_invoice`."""
    return _pause(organization, at=at, until=until, reason=reason)


def end(hold: Hold, *, at: datetime) -> None:
    """End a hold before its time.

    Raises:
        AlreadyEnded: it stands no more.
    """
    locked = Hold.objects.locked().get(pk=hold.pk)
    if locked.ended_at is not None:
        raise AlreadyEnded(_("This hold was ended already."))
    locked.ended_at = hold.ended_at = at
    locked.save(update_fields=["ended_at"])
    if locked.held_minor is not None and locked.instalment_id is not None:
        _contest(locked.instalment_id, -locked.held_minor)
    timeline.record("dunning.hold_ended", about=_about(locked), data={"kind": locked.kind}, at=at)


def end_lapsed(*, on: date, at: datetime) -> None:
    """Close the holds whose last day is over, each with its place in the timeline.

    They stopped covering anything by themselves; promises are `promises`' to judge.
    """
    lapsed = Hold.objects.filter(ended_at__isnull=True, until__lt=on)
    for hold in list(lapsed.exclude(kind=Hold.Kind.PROMISE).locked()):
        hold.ended_at = at
        hold.save(update_fields=["ended_at"])
        timeline.record("dunning.hold_lapsed", about=_about(hold), data={"kind": hold.kind}, at=at)


def kinds_on(invoices: Iterable[Invoice], *, on: date) -> dict[int, list[str]]:
    """Return the kinds of hold that cover each invoice on a day: its own, its customer's, all's.

    One query, whatever the number of invoices.
    """
    found = list(invoices)
    standing = (
        Hold.objects.standing(on=on)
        .whole()
        .filter(
            Q(invoice__in=[invoice.pk for invoice in found])
            | Q(customer__in={invoice.customer_id for invoice in found}, invoice__isnull=True)
            | Q(customer__isnull=True, invoice__isnull=True)
        )
    )
    of_invoices: dict[int | None, set[str]] = defaultdict(set)
    of_customers: dict[int | None, set[str]] = defaultdict(set)
    for hold in standing:
        if hold.invoice_id is not None:
            of_invoices[hold.invoice_id].add(hold.kind)
        else:
            of_customers[hold.customer_id].add(hold.kind)
    return {
        invoice.pk: sorted(
            of_invoices[invoice.pk] | of_customers[invoice.customer_id] | of_customers[None]
        )
        for invoice in found
    }


def _pause(organization: Organization, *, at: datetime, until: date, **details: Any) -> Hold:
    last = at.astimezone(organization.zone).date() + timedelta(days=LONGEST_PAUSE_DAYS)
    if until > last:
        raise TooFarAhead(
            _("A pause reaches %(days)s days ahead at most: %(last)s, not %(day)s.")
            % {
                "days": LONGEST_PAUSE_DAYS,
                "last": sentences.of_day(last),
                "day": sentences.of_day(until),
            }
        )
    return _place(organization, Hold.Kind.PAUSE, at=at, until=until, **details)


def _contested_part(invoice: Invoice, contested: Money | None) -> Instalment | None:
    """Set what is contested aside, and return of which instalment; None when it is all.

    Of several instalments that owe more than that, the one due first.
    """
    if contested is None or contested == invoice.balance:
        return None
    invoice = Invoice.objects.locked().get(pk=invoice.pk)
    parts = Instalment.objects.filter(invoice=invoice).open().order_by("due_on", "pk")
    is_some = contested.currency == invoice.currency and contested.minor > 0
    fitting = (part for part in parts if is_some and contested < part.asked)
    part = next(fitting, None)
    if part is None:
        raise OverContested(
            _("No instalment of invoice %(number)s owes more than %(amount)s.")
            % {"number": invoice.number, "amount": sentences.of_amount(contested)}
        )
    _contest(part.pk, contested.minor)
    return part


def _contest(instalment_id: int, minor: int) -> None:
    found = Instalment.objects.filter(pk=instalment_id)
    found.update(contested_minor=F("contested_minor") + minor)


def _place(
    organization: Organization, kind: Hold.Kind, *, at: datetime, until: date | None, **details: Any
) -> Hold:
    since = at.astimezone(organization.zone).date()
    if until is not None and until < since:
        raise EndsBeforeItBegins(_("The last day of a hold is today or later."))
    hold = Hold.objects.create(
        organization=organization,
        kind=kind,
        since=since,
        until=until,
        author=timeline.actor(),
        placed_at=at,
        **details,
    )
    timeline.record(
        "dunning.hold_placed",
        about=_about(hold),
        data={
            "kind": str(kind),
            "until": until.isoformat() if until else None,
            "promised_on": hold.promised_on.isoformat() if hold.promised_on else None,
            "minor": hold.promised_minor or hold.held_minor,
            "currency": hold.currency or None,
        },
        at=at,
    )
    return hold


def _about(hold: Hold) -> dict[str, int]:
    about = {"hold": hold.pk}
    if hold.customer_id is not None:
        about["customer"] = hold.customer_id
    if hold.invoice_id is not None:
        about["invoice"] = hold.invoice_id
    return about
