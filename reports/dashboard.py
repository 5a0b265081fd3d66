"""The figures of an organization's first page, each with its exact meaning."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta

from django.db.models import BigIntegerField, Case, Count, F, IntegerField, Min, Q, Sum, Value, When
from django.db.models.functions import Least

from common.money import Money
from dunning import cases, waiting
from dunning.models import Hold, Message
from invoices.models import Instalment
from organizations.models import Organization, TimelineEvent
from reconciliation.models import BankTransaction

# Days late at which an older bracket begins; below 1 an instalment is not due yet.
BRACKETS = (1, 31, 61, 91)
BALANCE = F("amount_minor") - F("settled_minor")
SOON_DAYS = 7
LATEST = 6
MOST_OVERDUE = 6
NEW_DAYS = 30
NEWS = (
    "dunning.reminder_sent",
    "dunning.thanks_sent",
    "dunning.message_failed",
    "dunning.message_unknown",
    "dunning.call_done",
    "dunning.hold_placed",
    "payments.payment_recorded",
    "invoices.file_imported",
    "reconciliation.statement_imported",
)


@dataclass(frozen=True, slots=True)
class Bracket:
    """A part of what is owed, by age: `index` 0 is not due yet, 4 is more than 90 days late."""

    index: int
    amount: Money
    count: int


@dataclass(frozen=True, slots=True)
class Owed:
    """What is left to pay on all open instalments of one currency."""

    total: Money
    overdue: Money
    open_count: int
    customers_overdue: int
    brackets: tuple[Bracket, ...]


@dataclass(frozen=True, slots=True)
class LateCustomer:
    customer_id: int
    name: str
    city: str
    overdue: Money
    oldest_due_on: date
    days_late: int


@dataclass(frozen=True, slots=True)
class ToDo:
    """What waits for a person."""

    calls: int
    reminders: int
    uncertain: int
    letters: int
    bank_lines: int
    broken_promises: int
    disputes: int
    contacts: int

    @property
    def total(self) -> int:
        return sum(getattr(self, field.name) for field in fields(self))


def owed(organization: Organization, *, on: date) -> Owed:
    """Add up the open instalments in the organization's currency, by how late they are.

    Days late are counted from the due date: an instalment due yesterday is 1 day late. Credits
    that no invoice has used are not taken off.
    """
    currency = organization.currency
    rows = (
        organization.instalments.open()
        .filter(currency=currency)
        .annotate(bracket=_bracket(on))
        .values("bracket")
        .annotate(left=Sum(BALANCE), parts=Count("*"))
        .order_by("bracket")
    )
    found = {row["bracket"]: row for row in rows}
    brackets = tuple(
        Bracket(
            index,
            Money(found[index]["left"] if index in found else 0, currency),
            found[index]["parts"] if index in found else 0,
        )
        for index in range(len(BRACKETS) + 1)
    )
    customers = (
        organization.instalments.overdue(on=on)
        .filter(currency=currency)
        .aggregate(n=Count("customer", distinct=True))
    )
    total = sum(bracket.amount.minor for bracket in brackets)
    return Owed(
        total=Money(total, currency),
        overdue=Money(total - brackets[0].amount.minor, currency),
        open_count=sum(bracket.count for bracket in brackets),
        customers_overdue=customers["n"],
        brackets=brackets,
    )


def in_other_currencies(organization: Organization) -> list[Money]:
    """Return what is owed in each other currency: sums never mix them."""
    rows = (
        organization.instalments.open()
        .exclude(currency=organization.currency)
        .values("currency")
        .annotate(left=Sum(BALANCE))
        .order_by("currency")
    )
    return [Money(row["left"], row["currency"]) for row in rows]


def received(organization: Organization, *, since: date, until: date) -> Money:
    """Add up the payments received in a span of days, both included; undone ones do not count."""
    found = (
        organization.payments.standing()
        .filter(currency=organization.currency, received_on__range=(since, until))
        .aggregate(received=Sum("amount_minor"))
    )
    return Money(found["received"] or 0, organization.currency)


def due_soon(organization: Organization, *, on: date) -> Money:
    """Add up what falls due today and in the six days after."""
    found = (
        organization.instalments.open()
        .filter(
            currency=organization.currency,
            due_on__range=(on, on + timedelta(days=SOON_DAYS - 1)),
        )
        .aggregate(left=Sum(BALANCE))
    )
    return Money(found["left"] or 0, organization.currency)


def promised(organization: Organization, *, on: date) -> tuple[Money, int]:
    """Add up the promises that stand for what is not paid yet, and count them."""
    found = (
        organization.holds.standing(on=on)
        .filter(kind=Hold.Kind.PROMISE, currency=organization.currency)
        .filter(invoice__settled_minor__lt=F("invoice__total_minor"))
        .aggregate(sum=Sum("promised_minor"), n=Count("*"))
    )
    return Money(found["sum"] or 0, organization.currency), found["n"]


def on_hold(organization: Organization, *, on: date) -> Money:
    """Add up what a hold on instalment, invoice or customer keeps quiet, or what is contested."""
    standing = organization.holds.standing(on=on).whole()
    of_parts = standing.filter(instalment__isnull=False)
    of_invoices = standing.filter(invoice__isnull=False, instalment__isnull=True)
    of_customers = standing.filter(invoice__isnull=True, customer__isnull=False)
    held = (
        Q(pk__in=of_parts.values("instalment"))
        | Q(invoice__in=of_invoices.values("invoice"))
        | Q(customer__in=of_customers.values("customer"))
    )
    quiet = Case(
        When(held, then=BALANCE),
        default=Least("contested_minor", BALANCE),
        output_field=BigIntegerField(),
    )
    found = (
        organization.instalments.open()
        .filter(held | Q(contested_minor__gt=0), currency=organization.currency)
        .aggregate(left=Sum(quiet))
    )
    return Money(found["left"] or 0, organization.currency)


def most_overdue(organization: Organization, *, on: date) -> Sequence[LateCustomer]:
    """Return the customers who owe most beyond the due date, the largest first."""
    rows = (
        organization.instalments.overdue(on=on)
        .filter(currency=organization.currency)
        .values("customer", "customer__name", "customer__city")
        .annotate(left=Sum(BALANCE), oldest=Min("due_on"))
        .order_by("-left", "customer")[:MOST_OVERDUE]
    )
    return [
        LateCustomer(
            customer_id=row["customer"],
            name=row["customer__name"],
            city=row["customer__city"],
            overdue=Money(row["left"], organization.currency),
            oldest_due_on=row["oldest"],
            days_late=(on - row["oldest"]).days,
        )
        for row in rows
    ]


def to_do(organization: Organization, *, on: date) -> ToDo:
    """Count what waits for a person, for the to-do list and the navigation."""
    return ToDo(
        calls=waiting.calls(on=on).count(),
        reminders=waiting.to_approve(on=on).count(),
        uncertain=organization.messages.filter(state=Message.State.UNKNOWN).count(),
        letters=waiting.to_post(on=on).count(),
        bank_lines=BankTransaction.objects.to_clear().count(),
        broken_promises=cases.broken_promises().count(),
        disputes=cases.disputes(on=on).filter(review_on__lte=on).count(),
        contacts=cases.contacts_to_correct().count(),
    )


def _bracket(on: date) -> Case:
    """Return the bracket of an instalment as SQL: dates only, so that its index serves."""
    whens = [
        When(due_on__gt=on - timedelta(days=days), then=Value(index))
        for index, days in enumerate(BRACKETS)
    ]
    return Case(*whens, default=Value(len(BRACKETS)), output_field=IntegerField())


def latest(organization: Organization) -> Sequence[TimelineEvent]:
    """Return the last events worth knowing at a glance, newest first."""
    events = TimelineEvent.objects.filter(organization=organization, kind__in=NEWS)
    return list(events.order_by("-position")[:LATEST])


def missing(organization: Organization, *, on: date) -> list[str]:
    """Return what a new organization has not given yet, for its first month."""
    begun = organization.activated_at
    if begun is None or (on - begun.astimezone(organization.zone).date()).days > NEW_DAYS:
        return []
    given = {
        "iban": bool(organization.iban),
        "address": bool(organization.address and organization.siren),
        "statement": organization.bank_data_until is not None,
        "copies": organization.invoices.filter(document__isnull=False).exists(),
    }
    return [name for name, is_there in given.items() if not is_there]


def is_new(organization: Organization) -> bool:
    """Return whether nothing was ever imported."""
    return not Instalment.objects.filter(organization=organization).exists()
