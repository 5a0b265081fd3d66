"""Write the acts that are due, and the messages and calls that carry them."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Q

from common.errors import DomainError
from dunning import facts, holds, ladder, looking, outbox, places, promises, quota, waiting
from dunning.choosing import Choices
from dunning.debtor import Blocker, DebtorFacts
from dunning.models import Act, Call, Channel, DebtorStart, Message, StepKind
from invoices.models import Contact, Customer, Instalment, Invoice
from organizations import timeline
from organizations.models import Organization


class ClockBackwards(DomainError):
    """A round is asked for a day before the last one."""

    code = "clock_backwards"


# What is delivered as soon as it is written; letters wait for a person.
AT_ONCE = frozenset({Channel.EMAIL, Channel.SMS})


@dataclass(frozen=True, slots=True)
class Contacting:
    """What one debtor hears on one day by one channel: the acts that leave together."""

    on: date
    customer_id: int
    customer: str  # its code
    acts: tuple[ladder.Act, ...]

    @property
    def highest(self) -> ladder.Act:
        return max(self.acts, key=lambda act: (act.step.level, act.number))

    def document(self) -> dict[str, Any]:
        """Return it as the preview prints it."""
        asked = sorted({(act.number, act.step.level) for act in self.acts})
        highest = self.highest
        return {
            "date": self.on.isoformat(),
            "channel": highest.step.channel,
            "customer": self.customer,
            "invoices": [{"number": number, "level": level} for number, level in asked],
            "level": highest.step.level,
            "step": highest.step.kind,
            "rule": highest.rule,
            "awaiting_approval": self.awaiting_approval,
        }

    @property
    def is_call(self) -> bool:
        return self.highest.step.channel == Channel.CALL

    @property
    def awaiting_approval(self) -> bool:
        """Return whether a person looks first: it is enough that one of its acts asks for that."""
        return any(act.awaiting_approval for act in self.acts)


@dataclass(slots=True)
class Round:
    """What one day's follow-up wrote."""

    contacts: list[Contacting] = field(default_factory=list)
    message_ids: list[int] = field(default_factory=list)  # what leaves by itself
    messages: int = 0
    calls: int = 0
    letters: int = 0
    held: Counter[str] = field(default_factory=Counter)

    def counted(self) -> "Round":
        """Return it with its messages and calls counted, as if they had been written."""
        channels = Counter(contact.highest.step.channel for contact in self.contacts)
        self.calls = channels[Channel.CALL]
        self.messages = channels.total() - self.calls
        self.letters = channels[Channel.LETTER] + channels[Channel.REGISTERED_LETTER]
        return self

    @property
    def capped(self) -> int:
        """Return how many instalments waited because their debtor hears enough as it is."""
        return self.held["cap"] + self.held["gap"]


def follow_up(
    organization: Organization, *, on: date, at: datetime, narrowed: bool = False
) -> Round:
    """Write a day's acts, one message per debtor, channel and group; let go what was settled.

    A second run finds nothing due; of two at once, the acts' key refuses one as a whole.

    Args:
        narrowed: look only at whom something can be due to, as the scheduled rounds do; what is
            `held` is then known of these alone.

    Raises:
        ClockBackwards: a later day was followed up already.
    """
    refuse_backwards(organization, on=on)
    promises.end_due(on=on, at=at)
    holds.end_lapsed(on=on, at=at)
    waiting.let_go(on=on, at=at)
    _write_starts(organization, on=on)
    if narrowed and quota.limit_of(organization) is None:
        done = _decide_narrowed(organization, on=on)
    else:  # a limit is of all debtors together
        done = decide(organization, on=on)
    _write(organization, done, at=at)
    organization.last_round_on = on
    organization.save(update_fields=["last_round_on", "looked_with"])
    return done


def refuse_backwards(organization: Organization, *, on: date) -> None:
    """Refuse a day before the last round.

    Raises:
        ClockBackwards: it is.
    """
    last = organization.last_round_on
    if last is not None and on < last:
        raise ClockBackwards(f"The round of {last} was done: {on} is over.", last=str(last))


def decide(organization: Organization, *, on: date) -> Round:
    """Return what a day's follow-up would write, and what waits for which reason."""
    done = Round()
    for debtor in quota.on_a_day(organization, facts.debtors(organization, on=on), on=on):
        _add(done, debtor, ladder.plan(debtor, on=on), on=on)
    done.contacts.sort(key=order)
    return done


def _decide_narrowed(organization: Organization, *, on: date) -> Round:
    """Decide for whom something can be due, and keep when each of them is to be looked at next."""
    done, afterwards = Round(), []
    whom = looking.whom(organization, on=on)
    if whom is not None and not whom:
        return done
    for debtor in facts.debtors(organization, on=on, days=ladder.HORIZON_DAYS, customer_ids=whom):
        plan = ladder.plan(debtor, on=on)
        _add(done, debtor, plan, on=on)
        afterwards.append(ladder.after(debtor, plan.acts, on=on))
    looking.note(organization, afterwards, on=on)
    done.contacts.sort(key=order)
    return done


def _add(done: Round, debtor: DebtorFacts, plan: ladder.Plan, *, on: date) -> None:
    """Add what a day brings to a debtor, and what waits, to its round."""
    done.contacts += grouped(debtor, plan.acts, on=on)
    for blockers in plan.blocked.values():
        done.held.update({blocker.kind for blocker in blockers} - {"paid"})


def preview(
    organization: Organization,
    *,
    start: date,
    days: int,
    customer_ids: Collection[int] | None = None,
    choices: Choices | None = None,
) -> Iterator[Contacting]:
    """Give what the rounds of the coming days will write, if nothing else happens.

    Args:
        choices: a draft of who follows which scenario; what is in force unless it is given.
    """
    found: list[Contacting] = []
    lives = folds(organization, start=start, days=days, customer_ids=customer_ids, choices=choices)
    for debtor, lived in lives:
        for day, acts in lived:
            found += grouped(debtor, acts, on=day)
    yield from sorted(found, key=order)


def draft(
    organization: Organization, contact: Contacting, *, at: datetime
) -> tuple[Any, list[Act]]:
    """Return the message or call that a contact to come will be, and its acts; none is written."""
    writer = _Writer(organization, [contact], at=at)
    by_phone = contact.highest.step.channel == Channel.CALL
    carrier = writer.call(contact) if by_phone else writer.message(contact)
    call, message = (carrier, None) if by_phone else (None, carrier)
    return carrier, [
        writer.act(act, contact, call=call, message=message)  # type: ignore[arg-type]
        for act in contact.acts
    ]


def next_round(organization: Organization, *, on: date) -> date:
    """Return the day of the round that is still to come: today's, or tomorrow's once it is done."""
    last = organization.last_round_on
    return on if last is None else max(on, last + timedelta(days=1))


def next_act(invoice: Invoice, *, on: date) -> tuple[date, ladder.Act] | None:
    """Return the first act of an invoice from a day on, as the preview has it."""
    return min(
        ahead(invoice, on=on), key=lambda found: (found[0], found[1].step.level), default=None
    )


def why_not(invoice: Invoice, *, on: date) -> tuple[Blocker, ...]:
    """Return all that keeps an invoice from being asked for on a day, each with its end."""
    parts = {part.pk for part in invoice.instalments.all()}
    found: dict[Blocker, None] = {}
    for debtor in _debtors_of_the_day(invoice, on=on):
        for part in debtor.instalments:
            if part.id in parts:
                found.update(dict.fromkeys(ladder.blockers(debtor, part, on=on)))
    if not found and not invoice.balance:
        return (Blocker("paid"),)
    return tuple(found)


def next_document(invoice: Invoice, *, on: date) -> dict[str, Any]:
    """Return the next act of an invoice and its blockers, as programs have them."""
    following = next_act(invoice, on=on)
    nothing = dict.fromkeys(("date", "channel", "level", "rule"))
    return {
        **(nothing if following is None else act_document(*following)),
        "blockers": [
            {
                "kind": blocker.kind,
                "until": blocker.until.isoformat() if blocker.until else None,
                "since": blocker.since.isoformat() if blocker.since else None,
                "by": blocker.by or None,
                "reason": blocker.reason or None,
            }
            for blocker in why_not(invoice, on=on)
        ],
    }


def act_document(day: date, act: ladder.Act) -> dict[str, Any]:
    """Return an act to come as programs have it."""
    return {
        "date": day.isoformat(),
        "channel": act.step.channel,
        "level": act.step.level,
        "rule": act.rule,
    }


def ahead(invoice: Invoice, *, on: date) -> list[tuple[date, ladder.Act]]:
    """Return all acts of an invoice from a day on, if nothing else happens, the nearest first."""
    parts = {part.pk for part in invoice.instalments.all()}
    return [
        (day, act)
        for _debtor, lived in folds(
            invoice.organization, start=on, customer_ids=[invoice.customer_id]
        )
        for day, acts in lived
        for act in acts
        if act.instalment_id in parts
    ]


def next_act_of_each(
    organization: Organization, invoices: Iterable[Invoice], *, on: date
) -> dict[int, tuple[date, ladder.Act]]:
    """Return the next act of each invoice that has one, by its key; its instalments are at hand."""
    owners: dict[int, int] = {}
    customer_ids: set[int] = set()
    for invoice in invoices:
        customer_ids.add(invoice.customer_id)
        owners.update({part.pk: invoice.pk for part in invoice.instalments.all()})
    following: dict[int, tuple[date, ladder.Act]] = {}
    for _debtor, lived in folds(organization, start=on, customer_ids=customer_ids):
        for day, acts in lived:
            for act in acts:
                if act.instalment_id in owners:
                    following.setdefault(owners[act.instalment_id], (day, act))
    return following


def next_acts(
    organization: Organization, *, customer_ids: Collection[int], on: date
) -> dict[int, tuple[date, ladder.Act]]:
    """Return what each of some customers hears next, and when."""
    following = {}
    for debtor, lived in folds(organization, start=on, customer_ids=customer_ids):
        first = next(iter(lived), None)
        if first is not None:
            following[debtor.customer_id] = (first[0], first[1][0])
    return following


def folds(
    organization: Organization,
    *,
    start: date,
    days: int = ladder.HORIZON_DAYS,
    customer_ids: Collection[int] | None = None,
    choices: Choices | None = None,
) -> Iterator[tuple[DebtorFacts, Iterable[tuple[date, tuple[ladder.Act, ...]]]]]:
    """Give each debtor with his days that have acts, nothing else happening.

    Where the plan has a limit, all debtors go through the days together, whoever is asked for.
    """
    month = quota.of(organization, on=start)
    among = customer_ids if month is None else None
    found = facts.debtors(organization, on=start, days=days, customer_ids=among, choices=choices)
    if month is None:
        for debtor in found:
            yield debtor, ladder.fold(debtor, start=start, days=days)
        return
    lives: dict[int, list[tuple[date, tuple[ladder.Act, ...]]]] = defaultdict(list)
    for day, debtor, acts in places.fold(found, month, start=start, days=days):
        lives[debtor.customer_id].append((day, acts))
    for debtor in found:
        if customer_ids is None or debtor.customer_id in customer_ids:
            yield debtor, lives[debtor.customer_id]


def _debtors_of_the_day(invoice: Invoice, *, on: date) -> list[DebtorFacts]:
    """Return the debtor of an invoice as the round of a day finds him, and maybe others."""
    organization = invoice.organization
    among = [invoice.customer_id] if quota.limit_of(organization) is None else None
    found = facts.debtors(organization, on=on, days=ladder.HORIZON_DAYS, customer_ids=among)
    return quota.on_a_day(organization, found, on=on)


def grouped(debtor: DebtorFacts, acts: Iterable[ladder.Act], *, on: date) -> Iterator[Contacting]:
    """Give what a debtor hears on a day: the acts of one channel and group leave together."""
    together: dict[tuple[str, str], list[ladder.Act]] = defaultdict(list)
    for act in acts:
        together[act.step.channel, act.step.group].append(act)
    for group in together.values():
        yield Contacting(on, debtor.customer_id, debtor.code, tuple(group))


def order(contact: Contacting) -> tuple[date, str, str, int]:
    """Return the place of a contact among others: by day, customer, channel, level."""
    step = contact.highest.step
    return (contact.on, contact.customer, step.channel, step.level)


def _write_starts(organization: Organization, *, on: date) -> None:
    DebtorStart.objects.bulk_create(
        DebtorStart(organization=organization, customer_id=customer_id, start_on=start_on)
        for customer_id, start_on in facts.new_starts(organization, on=on).items()
    )


def _write(organization: Organization, done: Round, *, at: datetime) -> None:
    """Write a round's contacts in bulk: calls, messages, acts, and their place in the memory."""
    if not done.contacts:
        return
    writer = _Writer(organization, done.contacts, at=at)
    overtaken = _cancel_overtaken(done.contacts, at=at)
    calls = {place: writer.call(contact) for place, contact in writer.by_call()}
    messages = {place: writer.message(contact) for place, contact in writer.by_message()}
    Call.objects.bulk_create(calls.values(), batch_size=2000)
    Message.objects.bulk_create(messages.values(), batch_size=2000)
    Act.objects.bulk_create(
        (
            writer.act(act, contact, call=calls.get(place), message=messages.get(place))
            for place, contact in enumerate(done.contacts)
            for act in contact.acts
        ),
        batch_size=2000,
    )
    writer.adopt(overtaken, {**calls, **messages})
    for place, call in calls.items():
        writer.remember(done.contacts[place], call)
    done.counted().message_ids = [
        message.pk
        for message in messages.values()
        if message.channel in AT_ONCE and message.state == Message.State.QUEUED
    ]


class _Writer:
    """Turn the contacts of a round into rows; what it needs to know is read once."""

    def __init__(
        self, organization: Organization, contacts: Sequence[Contacting], *, at: datetime
    ) -> None:
        self.organization, self.contacts, self.at = organization, contacts, at
        ids = {contact.customer_id for contact in contacts}
        self.languages, self.countries = {}, {}
        customers = Customer.objects.filter(pk__in=ids)
        for pk, language, country in customers.values_list("pk", "language", "country"):
            self.languages[pk], self.countries[pk] = language, country
        self.people: dict[int, list[Contact]] = defaultdict(list)
        for person in Contact.objects.filter(customer__in=ids).order_by("rank", "pk"):
            self.people[person.customer_id].append(person)
        asked = {act.instalment_id for _place, contact in self.by_call() for act in contact.acts}
        self.invoices = dict(
            Instalment.objects.filter(pk__in=asked).values_list("pk", "invoice_id")
        )

    def by_call(self) -> Iterator[tuple[int, Contacting]]:
        for place, contact in enumerate(self.contacts):
            if contact.highest.step.channel == Channel.CALL:
                yield place, contact

    def by_message(self) -> Iterator[tuple[int, Contacting]]:
        for place, contact in enumerate(self.contacts):
            if contact.highest.step.channel != Channel.CALL:
                yield place, contact

    def call(self, contact: Contacting) -> Call:
        step = contact.highest.step
        people = self._asked_first(contact)
        return Call(
            organization=self.organization,
            customer_id=contact.customer_id,
            contact=next((person for person in people if person.can_be_called), None),
            kind=step.kind,
            tone=step.tone,
            level=step.level,
            written_on=contact.on,
            created_at=self.at,
        )

    def message(self, contact: Contacting) -> Message:
        highest = contact.highest
        step = highest.step
        person = self._person(contact, step.channel)
        language = person.language if person is not None else ""
        states = Message.State
        return Message(
            organization=self.organization,
            customer_id=contact.customer_id,
            contact=person if step.channel in AT_ONCE else None,
            channel=step.channel,
            kind=step.kind,
            tone=step.tone,
            level=step.level,
            state=states.AWAITING_APPROVAL if contact.awaiting_approval else states.QUEUED,
            language=language or self.languages[contact.customer_id],
            written_on=contact.on,
            quiet=None if step.is_exempt else self._quiet(contact.on),
            created_at=self.at,
        )

    def act(
        self,
        act: ladder.Act,
        contact: Contacting,
        *,
        call: Call | None,
        message: Message | None,
    ) -> Act:
        return Act(
            organization=self.organization,
            instalment_id=act.instalment_id,
            customer_id=contact.customer_id,
            cycle=act.cycle,
            level=act.step.level,
            channel=act.step.channel,
            kind=act.step.kind,
            offset_days=act.step.offset_days,
            rule=act.rule,
            written_on=contact.on,
            call=call,
            message=message,
        )

    def adopt(self, acts: Sequence[Act], carriers: Mapping[int, Call | Message]) -> None:
        """Let the new calls and messages carry what the overtaken ones asked for besides."""
        asked = {act.instalment_id for contact in self.contacts for act in contact.acts}
        by_debtor = {
            (contact.highest.step.channel, contact.customer_id): carriers[place]
            for place, contact in enumerate(self.contacts)
            if contact.highest.step.kind != StepKind.THANK_YOU
        }
        adopted = [act for act in acts if act.instalment_id not in asked]
        # The highest of what is taken over was the highest there, and so had the tone.
        tones = {act.pk: (act.call or act.message).tone for act in adopted}
        for act in adopted:
            carrier = by_debtor[act.channel, act.customer_id]
            act.call = carrier if isinstance(carrier, Call) else None
            act.message = carrier if isinstance(carrier, Message) else None
            if act.level > carrier.level:
                carrier.level, carrier.kind = act.level, act.kind
                carrier.tone = tones[act.pk]
                carrier.save(update_fields=["level", "kind", "tone"])
        Act.objects.bulk_update(adopted, ["call", "message"], batch_size=1000)

    def remember(self, contact: Contacting, call: Call) -> None:
        """Write one event for each instalment that a call is about, with the rule that asked."""
        for act in contact.acts:
            timeline.record(
                "dunning.call_written",
                about={
                    "customer": contact.customer_id,
                    "invoice": self.invoices[act.instalment_id],
                    "call": call.pk,
                },
                data={"rule": act.rule, "level": act.step.level},
                at=self.at,
            )

    def _person(self, contact: Contacting, channel: str) -> Contact | None:
        """Return whom a message goes to; of a letter, whose language it is written in."""
        people = self._asked_first(contact)
        if channel == Channel.SMS:
            country = self.countries[contact.customer_id]
            return next((one for one in people if one.mobile(country=country)), None)
        return next((one for one in people if one.can_be_written_to), None)

    def _asked_first(self, contact: Contacting) -> list[Contact]:
        """Return the contacts of a debtor: those with the role that is asked for come first."""
        people, role = self.people[contact.customer_id], contact.highest.step.role.casefold()
        if not role:
            return people
        return sorted(people, key=lambda person: person.role.strip().casefold() != role)

    def _quiet(self, on: date) -> DateRange:
        return DateRange(on, on + timedelta(days=max(self.organization.gap_days, 1)))


def _cancel_overtaken(contacts: Sequence[Contacting], *, at: datetime) -> list[Act]:
    """Cancel what still waits for a person and is overtaken by what is asked now.

    A reminder that nobody approved, or a call that nobody made, gives way to the next one of the
    same channel, which takes over what it asked for: a debtor does not hear both. Return its acts.
    """
    asked: dict[str, set[int]] = defaultdict(set)
    for contact in contacts:
        if contact.highest.step.kind != StepKind.THANK_YOU:
            asked[contact.highest.step.channel].add(contact.customer_id)
    calls = Call.objects.open().filter(customer__in=asked.pop(Channel.CALL, ()))
    same = Q()
    for channel, customer_ids in asked.items():
        same |= Q(channel=channel, customer__in=customer_ids)
    messages = Message.objects.filter(state=Message.State.AWAITING_APPROVAL).filter(same)
    messages = messages.exclude(kind=StepKind.THANK_YOU) if asked else messages.none()
    overtaken = Act.objects.filter(Q(call__in=calls) | Q(message__in=messages))
    acts = list(overtaken.select_related("call", "message").locked())
    outbox.calls_let_go(calls, "overtaken", at=at)
    outbox.let_go(messages, "overtaken", at=at)
    return acts
