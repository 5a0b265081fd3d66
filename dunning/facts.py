"""What is known of debtors, in a fixed number of queries whatever their number."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from common.money import Money
from common.working_days import WorkingDays, for_country
from dunning import backlog, bank_data, choosing, following, ladder, scenarios, stopping, waiting
from dunning.channels import registry
from dunning.choosing import Choices, hundredths
from dunning.debtor import Blocker, DebtorFacts, Done, Habit, InstalmentFacts, Limits, Step
from dunning.drafts import rank
from dunning.models import Act, Call, Channel, DebtorStart, Hold, Message, StepKind
from invoices.models import Contact, Customer, Instalment
from organizations.models import Organization

# A step before the due date may be drawn over a long weekend to the day before it.
DRAWN_DAYS = 10
BALANCE = F("amount_minor") - F("settled_minor")


@dataclass(frozen=True, slots=True)
class Scope:
    """Which debtors, and how far ahead: the fewer rows, the faster the round."""

    on: date
    until: date
    customer_ids: Collection[int] | None = None  # None is everyone

    def of(self, path: str) -> Q:
        """Return the condition that rows belong to the debtors asked for."""
        return Q() if self.customer_ids is None else Q(**{f"{path}__in": self.customer_ids})


@dataclass(slots=True)
class _Known:
    """What the queries brought, by customer."""

    held: "_Held"
    parts: dict[int, list[InstalmentFacts]] = field(default_factory=lambda: defaultdict(list))
    contacted: dict[int, list[date]] = field(default_factory=lambda: defaultdict(list))
    starts: Mapping[int, date] = field(default_factory=dict)


@dataclass(slots=True)
class _Held:
    """The holds that cover a day, by the id of what they are on."""

    everyone: list[Blocker] = field(default_factory=list)
    customers: dict[int, list[Blocker]] = field(default_factory=lambda: defaultdict(list))
    invoices: dict[int, list[Blocker]] = field(default_factory=lambda: defaultdict(list))
    instalments: dict[int, list[Blocker]] = field(default_factory=lambda: defaultdict(list))
    # Those of a part of an amount hold its instalment once nothing else is left of it.
    parts: dict[int, list[Blocker]] = field(default_factory=lambda: defaultdict(list))

    def add(self, hold: Hold) -> None:
        """Sort a hold by what it is on."""
        self._on(hold).append(
            Blocker(
                hold.kind,
                until=hold.until,
                since=hold.since,
                by=hold.author,
                reason=hold.reason,
                for_everyone=hold.customer_id is None and hold.invoice_id is None,
            )
        )

    def of_instalment(self, id_: int, *, invoice_id: int, asked: int) -> tuple[Blocker, ...]:
        """Return what holds an instalment of which so many minor units may be asked for."""
        whole = (*self.invoices.get(invoice_id, ()), *self.instalments.get(id_, ()))
        return whole if asked > 0 else (*whole, *self.parts.get(id_, ()))

    def _on(self, hold: Hold) -> list[Blocker]:
        if hold.instalment_id is not None:
            of_part = hold.held_minor is not None
            return (self.parts if of_part else self.instalments)[hold.instalment_id]
        if hold.invoice_id is not None:
            return self.invoices[hold.invoice_id]
        return self.everyone if hold.customer_id is None else self.customers[hold.customer_id]


def calendar_of(organization: Organization) -> WorkingDays:
    """Return the working days of an organization's country and region."""
    return for_country(organization.country, organization.region)


def limits_of(organization: Organization) -> Limits:
    """Return how often an organization lets a debtor be contacted."""
    return Limits(
        organization.gap_days,
        organization.cap_count,
        organization.cap_days,
        organization.habit_cap_days,
    )


def debtors(
    organization: Organization,
    *,
    on: date,
    days: int = 1,
    customer_ids: Collection[int] | None = None,
    choices: Choices | None = None,
) -> list[DebtorFacts]:
    """Return the debtors for whom an act can be due in the days from `on`, by customer id.

    Others may be among them; none for whom one is due is missing.

    Args:
        choices: who follows which scenario, and its steps; those in force unless a draft is given.
    """
    if customer_ids is not None and not customer_ids:
        return []
    scope = Scope(on, on + timedelta(days=days - 1), customer_ids)
    known = _Known(held=_read_holds(organization, scope))
    choices = choices or scenarios.choices(organization)
    _read_instalments(known, scope, choices)
    _read_contacts(known, organization, scope)
    known.starts = {**_written_starts(scope), **new_starts(organization, on=on)}
    return list(_assemble(known, organization, scope))


def new_starts(organization: Organization, *, on: date) -> dict[int, date]:
    """Return a first day for each customer of the backlog that has none yet.

    The backlog are customers already late when they were recorded and never asked since; those
    who owe most come first.
    """
    asked = Act.objects.filter(customer=OuterRef("customer"))
    begun = DebtorStart.objects.filter(customer=OuterRef("customer"))
    waiting = (
        organization.instalments.open()
        .filter(invoice__recorded_on__gt=F("due_on"))
        .filter(~Exists(asked), ~Exists(begun))
        .values("customer")
        .annotate(left=Sum(BALANCE))
        .order_by("-left", "customer")
    )
    taken: dict[date, int] = defaultdict(int)
    for start_on in DebtorStart.objects.filter(start_on__gte=on).values_list("start_on", flat=True):
        taken[start_on] += 1
    return backlog.start_dates(
        [row["customer"] for row in waiting],
        first_on=on,
        per_day=organization.backlog_per_day,
        taken=taken,
        calendar=calendar_of(organization),
    )


def _read_holds(organization: Organization, scope: Scope) -> _Held:
    """Return the holds that cover a day from `on`."""
    held = _Held()
    stopped = stopping.standing(organization)
    if stopped is not None:
        held.everyone.append(
            Blocker(
                "kill_switch",
                since=stopped.since.astimezone(organization.zone).date(),
                reason=stopped.reason,
                for_everyone=True,
            )
        )
    old = bank_data.blocker(organization)
    held.everyone += [old] if old is not None else []
    if organization.mail_stopped_at is not None:
        held.everyone.append(
            Blocker(
                "kill_switch",
                since=organization.mail_stopped_at.date(),
                reason=_("emails were called spam too often"),
                for_everyone=True,
                channel=Channel.EMAIL,
            )
        )
    found = Hold.objects.standing(on=scope.on)
    if scope.customer_ids is not None:  # an empty condition would vanish beside another
        general = Q(customer__isnull=True, invoice__isnull=True)
        found = found.filter(general | scope.of("customer") | scope.of("invoice__customer"))
    for hold in found:
        held.add(hold)
    return held


def _read_instalments(
    known: _Known,
    scope: Scope,
    choices: Choices,
) -> None:
    """Note what is open and may be due, and what was settled lately."""
    thanked_since = scope.on - timedelta(days=ladder.THANK_YOU_WITHIN_DAYS)
    latest_due = scope.until + timedelta(days=DRAWN_DAYS - min(choices.earliest, 0))
    near = Q(settled_minor__lt=F("amount_minor"), due_on__lte=latest_due)
    lately = Q(settled_on__gte=thanked_since)
    asked = Instalment.objects.filter(near | lately).filter(scope.of("customer"))
    done, furthest = _done(asked)
    steps = Steps(choices, following.buyers(choices, asked.values("customer"), on=scope.on))
    rows = asked.order_by("customer_id", "due_on", "id").values_list(
        "id", "customer_id", "invoice_id", "invoice__number", "cycle", "due_on",
        "amount_minor", "settled_minor", "contested_minor", "currency", "settled_on",
        "invoice__total_minor", "invoice__settled_minor",
    )  # fmt: skip
    for (
        id_,
        customer_id,
        invoice_id,
        number,
        cycle,
        due_on,
        amount,
        settled,
        contested,
        cur,
        settled_on,
        total,
        paid,
    ) in rows.iterator(chunk_size=5000):
        known.parts[customer_id].append(
            InstalmentFacts(
                id=id_,
                number=number,
                cycle=cycle,
                due_on=due_on,
                balance=Money(amount - settled, cur),
                steps=steps.of(
                    invoice_id,
                    customer_id,
                    invoiced=hundredths(total, cur),
                    left=hundredths(total - paid, cur),
                    after=furthest.get(id_, ""),
                ),
                done=done.get(id_),
                settled_on=settled_on,
                holds=known.held.of_instalment(
                    id_, invoice_id=invoice_id, asked=amount - settled - contested
                ),
                invoice_id=invoice_id,
            )
        )


class Steps:
    """The steps of each instalment; alike ones share theirs."""

    def __init__(self, choices: Choices, buyers: Mapping[int, choosing.Buyer]) -> None:
        self.choices, self.buyers = choices, buyers
        self.following: dict[tuple[tuple[Step, ...], str], tuple[Step, ...]] = {}

    def of(
        self, invoice_id: int, customer_id: int, *, invoiced: int, left: int, after: str
    ) -> tuple[Step, ...]:
        buyer = self.buyers.get(customer_id) or choosing.Buyer(customer_id)
        steps = self.choices.steps_of(invoice_id, buyer, invoiced=invoiced, left=left)
        if not after:
            return steps
        key = (steps, after)
        if key not in self.following:
            self.following[key] = choosing.going_on(steps, after=after)
        return self.following[key]


def _done(asked: QuerySet[Instalment]) -> tuple[dict[int, Done], dict[int, str]]:
    """Return the highest level asked of each instalment in its present cycle, and its kind.

    The kind is that of the highest reminder: a thank-you asks for nothing.
    """
    rows = (
        Act.objects.filter(instalment__in=asked, cycle=F("instalment__cycle"))
        .order_by("level")
        .values_list("instalment_id", "level", "offset_days", "written_on", "kind")
    )
    done: dict[int, Done] = {}
    furthest: dict[int, str] = {}
    for id_, level, offset, on, kind in rows:
        done[id_] = Done(level, offset, on)
        if rank(kind) > rank(furthest.get(id_, "")):
            furthest[id_] = kind
    return done, furthest


def _read_contacts(known: _Known, organization: Organization, scope: Scope) -> None:
    """Note on which of the last days each debtor was contacted; thank-yous do not count.

    Nor does what the next round lets go, so that the day before knows what that one will do.
    """
    memory = max(organization.cap_days, organization.gap_days)
    since = scope.on - timedelta(days=memory)
    unsaid = [Message.State.CANCELLED, Message.State.FAILED]
    messages = (
        Message.objects.filter(scope.of("customer"), written_on__gte=since)
        .exclude(kind=StepKind.THANK_YOU)
        .filter(copy_of__isnull=True)
        .exclude(state__in=unsaid)
        .exclude(pk__in=waiting.settled_messages().values("pk"))
    )
    calls = Call.objects.filter(
        scope.of("customer"), written_on__gte=since, cancelled_at__isnull=True
    ).exclude(pk__in=waiting.settled_calls().values("pk"))
    for rows in (messages, calls):
        for customer_id, day in rows.values_list("customer_id", "written_on"):
            known.contacted[customer_id].append(day)


def _written_starts(scope: Scope) -> dict[int, date]:
    rows = DebtorStart.objects.filter(scope.of("customer"), start_on__gt=scope.on)
    return dict(rows.values_list("customer_id", "start_on"))


def _assemble(known: _Known, organization: Organization, scope: Scope) -> Iterable[DebtorFacts]:
    reached = reachable(known.parts)
    limits = limits_of(organization)
    calendar = calendar_of(organization)
    for customer_id, (code, channels, habit) in sorted(reached.items()):
        yield DebtorFacts(
            customer_id=customer_id,
            code=code,
            instalments=tuple(known.parts[customer_id]),
            reachable=channels,
            calendar=calendar,
            limits=limits,
            contacted_on=tuple(sorted(known.contacted.get(customer_id, ()))),
            holds=(*known.held.customers.get(customer_id, ()), *known.held.everyone),
            start_on=known.starts.get(customer_id),
            approval_until=organization.approval_until,
            habit=habit,
        )


def reachable(
    customer_ids: Collection[int],
) -> dict[int, tuple[str, frozenset[str], Habit | None]]:
    """Return the code of each customer, the channels that reach it, and when it usually pays."""
    wanted = list(customer_ids)
    rows = Customer.objects.filter(pk__in=wanted).values_list(
        "pk",
        "code",
        "country",
        "address",
        "city",
        "address_failed_at",
        "habit_days",
        "habit_payments",
    )
    channels: dict[int, set[str]] = {}
    codes, countries, habits = {}, {}, {}
    for pk, code, country, address, city, failed_at, habit_days, payments in rows:
        is_there = address and city and failed_at is None
        channels[pk] = {"letter", "registered_letter"} if is_there else set()
        codes[pk], countries[pk] = code, country
        habits[pk] = None if habit_days is None else Habit(habit_days, payments)
    with_sms = registry.sends_sms()
    for contact in Contact.objects.filter(customer__in=wanted):
        if contact.can_be_written_to:
            channels[contact.customer_id].add("email")
        if contact.can_be_called:
            channels[contact.customer_id].add("call")
        if with_sms and contact.mobile(country=countries[contact.customer_id]):
            channels[contact.customer_id].add("sms")
    return {pk: (code, frozenset(channels[pk]), habits[pk]) for pk, code in codes.items()}
