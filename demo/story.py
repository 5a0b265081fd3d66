"""A year of the workshop, acted out day by day through everyone's own functions.

Nothing is written past the product: invoices are imported from files, reminders leave through the
outbox, money comes in by bank statements, people call, post letters, answer disputes and clear
lines. Only what reminders landed in is the demo's own: the local mailbox.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from django.template.loader import render_to_string
from django.utils import timezone, translation

from common.money import Money
from common.tenancy import tenant_transaction
from common.working_days import DAY, WorkingDays, for_country
from demo import book, plot
from demo.cast import CAST, Answer, Character
from dunning import bounces, calling, delivery, holds, letters, planning, posting, waiting
from dunning.models import Call, Channel, Ground, Hold, LocalMail, Message, Outcome
from invoices import crediting, documents, importing, recording
from invoices.models import Customer, Invoice
from organizations.models import Organization, User
from payments.models import Payment
from reconciliation import importing as bank
from reconciliation import matching
from reconciliation.models import BankTransaction

DAYS = 365
# Lines of the last days are left for the visitor to clear, calls and, for longer, letters too.
LEFT_DAYS, LETTERS_LEFT_DAYS = 4, 12
RECENT_DAYS = 60
APPROVAL_DAYS = 13
OPENING_MINOR = 18_240_00
PROMISED_IN_DAYS, COMES_AFTER_DAYS = 5, 10
ANSWERED_AFTER_DAYS = 20  # a dispute
REBATE_PERCENT = 12
PATIENCE_DAYS = 20
MONDAY, FRIDAY = 0, 4


@dataclass(slots=True)
class Stage:
    """Where the story stands: what was sold, when it is paid, what the account holds."""

    organization: Organization
    people: dict[str, User]
    calendar: WorkingDays
    first_on: date
    last_on: date
    now: datetime
    sales: list[book.Sale]
    pays_on: dict[str, date]  # invoice number to the day its money arrives
    invoiced_until: date = date.min
    balance_minor: int = OPENING_MINOR
    unbooked: list[book.Transfer] = field(default_factory=list)

    def is_left(self, day: date) -> bool:
        """Return whether what a day brings is left for the visitor to do."""
        return day > self.last_on - timedelta(days=LEFT_DAYS)

    def moment(self, day: date, hour: int) -> datetime:
        """Return an hour of a day, or now: nothing has happened later than now."""
        local = datetime.combine(day, time(hour), tzinfo=self.organization.zone)
        return min(local.astimezone(UTC), self.now)

    def actor(self, role: str) -> str:
        return f"user:{self.people[role].pk}"


def act_out(
    organization: Organization, people: dict[str, User], *, now: datetime, days: int = DAYS
) -> None:
    """Live through the days that end on the last working day up to now."""
    stage = _set(organization, people, now, days)
    _introduce(stage)
    for day in (stage.first_on + timedelta(days=n) for n in range(days + 1)):
        _pay(stage, day)
        if not stage.calendar.is_working(day):
            continue
        _invoice(stage, day)
        _ask(stage, day)
        _call(stage, day)
        _answer_disputes(stage, day)
        _post_letters(stage, day)
        if day.weekday() == FRIDAY or day == stage.last_on:
            _look_at_the_bank(stage, day)
    _end(stage)
    organization.activated_at = stage.moment(stage.first_on, 8)
    organization.save(update_fields=["activated_at"])


def _set(organization: Organization, people: dict[str, User], now: datetime, days: int) -> Stage:
    calendar = for_country(organization.country)
    last_on = calendar.previous_working(now.astimezone(organization.zone).date())
    first_on = last_on - timedelta(days=days)
    sales = plot.sales(first_on=first_on, last_on=last_on)
    pays_on = {sale.number: sale.pays_on for sale in sales if sale.pays_on}
    return Stage(organization, people, calendar, first_on, last_on, now, sales, pays_on)


def _introduce(stage: Stage) -> None:
    """Import the customers, with whom to reach there."""
    contacts = {character.code: character.contact for character in CAST}
    content = book.customers_csv(plot.debtors().values(), contacts=contacts)
    with tenant_transaction(stage.organization.pk, actor=stage.actor("owner")):
        importing.import_customers(
            stage.organization, "clients.csv", content, at=stage.moment(stage.first_on, 8)
        )


def _pay(stage: Stage, day: date) -> None:
    """Let the money of a day arrive at the bank, where nobody has looked yet."""
    if day == stage.first_on:  # what came before it is settled in the books
        return
    paid = [sale for sale in stage.sales if stage.pays_on.get(sale.number) == day]
    stage.unbooked += plot.transfers(paid, day=day, last_on=stage.last_on)


def _invoice(stage: Stage, day: date) -> None:
    """On Mondays, and on the first and last day, import what was invoiced since."""
    if day.weekday() != MONDAY and stage.invoiced_until != date.min and day != stage.last_on:
        return
    new = [sale for sale in stage.sales if stage.invoiced_until < sale.issued_on <= day]
    stage.invoiced_until = day
    if not new:
        return
    content = book.invoices_csv(new, known_until=stage.first_on)
    name, at = f"factures-{day:%Y-%m-%d}.csv", stage.moment(day, 8)
    with tenant_transaction(stage.organization.pk, actor=stage.actor("owner")):
        importing.import_invoices(stage.organization, name, content, on=day, at=at)
        for sale in new:
            if stage.pays_on.get(sale.number, date.max) > stage.last_on > sale.due_on:
                invoice = Invoice.objects.get(number=sale.number)
                documents.attach(invoice, f"{sale.number}.pdf", _copy(stage, invoice), at=at)


def _copy(stage: Stage, invoice: Invoice) -> bytes:
    """Return an invoice as the workshop prints it; those that will be asked for have a copy."""
    context = {"invoice": invoice, "organization": stage.organization}
    with translation.override(invoice.customer.language):
        return letters.render_pdf(render_to_string("letters/sample_invoice.html", context))


def _ask(stage: Stage, day: date) -> None:
    """Do the round of a day, and deliver what it wrote; the last one waits for approval."""
    organization, at = stage.organization, stage.moment(day, stage.organization.sending_hour)
    with tenant_transaction(organization.pk):
        if day == stage.last_on:
            organization.approval_until = day + timedelta(days=APPROVAL_DAYS)
            organization.save(update_fields=["approval_until"])
        done = planning.follow_up(organization, on=day, at=at)
    for message_id in done.message_ids:
        _deliver(stage, message_id, at=at)


def _deliver(stage: Stage, message_id: int, *, at: datetime) -> None:
    begun = timezone.now()
    delivery.deliver(message_id, organization_id=stage.organization.pk, clock=lambda: at)
    with tenant_transaction(stage.organization.pk):
        LocalMail.objects.filter(received_at__gte=begun).update(received_at=at)


def _call(stage: Stage, day: date) -> None:
    """Make the calls of the day; the last ones are left for the visitor."""
    if stage.is_left(day):
        return
    at = stage.moment(day, 11)
    characters = {character.code: character for character in CAST}
    with tenant_transaction(stage.organization.pk, actor=stage.actor("collector")):
        queue = waiting.calls(on=day).exclude(due_at__gt=at).select_related("customer")
        for call in queue.order_by("pk"):
            said = _said(stage, call, characters[call.customer.code], day=day)
            if said is not None:
                calling.note(call, said, at=at, calendar=stage.calendar)


def _said(stage: Stage, call: Call, character: Character, *, day: date) -> calling.Said | None:
    """Return what comes of a call; None for one that the visitor finds on top of the list."""
    is_recent = day > stage.last_on - timedelta(days=RECENT_DAYS)
    said: calling.Said | None = calling.Said(Outcome.VOICEMAIL, "Message laissé.")
    match character.answer:
        case Answer.PROMISES_ONLY if call.outcome == Outcome.PROMISE:
            said = None if is_recent else calling.Said(Outcome.NO_ANSWER)
        case Answer.PROMISES_ONLY | Answer.PROMISES_AND_PAYS:
            said = _promise(stage, call, character, day=day)
        case Answer.SAYS_PAID:
            _money_comes(stage, call, day=day, on=day + timedelta(days=COMES_AFTER_DAYS))
            means = Payment.Method.TRANSFER
            said = calling.Said(Outcome.SAYS_PAID, "Virement parti hier.", category=means)
        case Answer.DISPUTES:
            _money_comes(stage, call, day=day, on=None)
            words = "Deux portes rayées à la pose."
            said = calling.Said(Outcome.DISPUTE, words, category=Ground.FAULTY)
        case Answer.CALL_BACK if is_recent:
            again_on = stage.calendar.next_working(stage.last_on)
            again_at = datetime.combine(again_on, time(9), tzinfo=stage.organization.zone)
            said = calling.Said(Outcome.CALL_BACK, "En congé, de retour.", again_at=again_at)
        case Answer.WRONG_NUMBER if is_recent:
            said = calling.Said(Outcome.WRONG_NUMBER)
    return said


def _promise(stage: Stage, call: Call, character: Character, *, day: date) -> calling.Said:
    """Promise what is asked; the last promise of the year still stands at its end."""
    promised_on = stage.calendar.next_working(day + timedelta(days=PROMISED_IN_DAYS))
    if character.answer is Answer.PROMISES_AND_PAYS:
        if stage.is_left(promised_on):
            promised_on = stage.calendar.add_working(stage.last_on, 2)
        _money_comes(stage, call, day=day, on=promised_on)
    means = Payment.Method.TRANSFER
    return calling.Said(Outcome.PROMISE, "Virement annoncé.", day=promised_on, category=means)


def _money_comes(stage: Stage, call: Call, *, day: date, on: date | None) -> None:
    """Let what a call is about be paid another day than by habit, if it is not at the bank yet.

    Args:
        on: None: nobody knows.
    """
    asked = Invoice.objects.open().filter(pk__in=call.acts.values("instalment__invoice"))
    for number in asked.values_list("number", flat=True):
        if stage.pays_on.get(number, date.max) <= day:
            continue
        stage.pays_on.pop(number, None)
        if on is not None:
            stage.pays_on[number] = on


def _answer_disputes(stage: Stage, day: date) -> None:
    """Grant a rebate on what was contested some weeks ago; the rest is paid then."""
    since = day - timedelta(days=ANSWERED_AFTER_DAYS)
    at = stage.moment(day, 15)
    with tenant_transaction(stage.organization.pk, actor=stage.actor("owner")):
        old = Hold.objects.standing(on=day).filter(kind=Hold.Kind.DISPUTE, since__lte=since)
        for hold in old.select_related("invoice__customer").order_by("pk"):
            invoice = hold.invoice
            if invoice is None:
                continue
            rebate = Money(invoice.balance.minor * REBATE_PERCENT // 100, invoice.currency)
            note = recording.record_credit_note(
                invoice.customer, f"AV-{invoice.number[2:]}", rebate, issued_on=day, at=at
            )
            crediting.set_off(note, invoice, rebate, on=day, at=at)
            holds.end(hold, at=at)
            stage.pays_on[invoice.number] = day + timedelta(days=COMES_AFTER_DAYS)


def _post_letters(stage: Stage, day: date) -> None:
    """Post the letters of earlier days; the last ones are left for the visitor."""
    if day > stage.last_on - timedelta(days=LETTERS_LEFT_DAYS):
        return
    at = stage.moment(day, 16)
    with tenant_transaction(stage.organization.pk, actor=stage.actor("owner")):
        waiting = Message.objects.filter(
            channel=Channel.REGISTERED_LETTER, state=Message.State.QUEUED
        )
        copies = []
        for message in waiting.order_by("pk"):
            posting.mark_printed(message, at=at, number=f"1A 200 {message.pk:03} 4517 8")
            copies.append(posting.mark_posted(message, at=at))
    for message_id in filter(None, copies):
        _deliver(stage, message_id, at=at)


def _look_at_the_bank(stage: Stage, day: date) -> None:
    """Upload the statement of the week, and clear by hand what no rule was sure of."""
    arrived, stage.unbooked = stage.unbooked, []
    stage.balance_minor += sum(line.amount_minor for line in arrived)
    content = book.statement_ofx(arrived, closing_minor=stage.balance_minor, until=day)
    at = stage.moment(day, 18)
    with tenant_transaction(stage.organization.pk, actor=stage.actor("accountant")):
        upload = bank.Upload(f"releve-{day:%Y-%m-%d}.ofx", content)
        bank.import_statement(stage.organization, upload, at=at)
        matching.match_new(stage.organization, at=at)
        if not stage.is_left(day):
            _clear(arrived, at=at)


def _clear(arrived: Sequence[book.Transfer], *, at: datetime) -> None:
    by_reference = {line.reference: line for line in arrived}
    for transaction in BankTransaction.objects.to_clear().order_by("pk"):
        line = by_reference[transaction.reference]
        if not line.settles:
            matching.mark_not_customer(transaction, at=at)
            continue
        invoices = Invoice.objects.filter(number__in=[sale.number for sale in line.settles])
        parts = {invoice.pk: invoice.balance for invoice in invoices.open()}
        matching.match_by_hand(transaction, parts, at=at)


def _end(stage: Stage) -> None:
    """Let the last days bring what nobody could foresee: mail that returns, a plea for patience."""
    at = stage.moment(stage.last_on, 17)
    with tenant_transaction(stage.organization.pk, actor=stage.actor("owner")):
        for character in CAST:
            customer = Customer.objects.get(code=character.code)
            if character.mail_returns:
                _return_mail(customer, at=at)
            if character.paused:
                until = stage.last_on + timedelta(days=PATIENCE_DAYS)
                reason = "Mandat de paiement en cours de signature."
                holds.pause_customer(customer, until=until, reason=reason, at=at)


def _return_mail(customer: Customer, *, at: datetime) -> None:
    last = (
        Message.objects.filter(customer=customer, state=Message.State.SENT, channel=Channel.EMAIL)
        .order_by("-sent_at")
        .first()
    )
    if last is not None and last.token is not None:
        told = bounces.Told(
            token=last.token,
            event_id=f"demo-{last.pk}",
            kind="bounced",
            recipient=last.to,
            at=at - DAY,
            reason="550 5.1.1 mailbox unavailable",
        )
        bounces.receive(told, at=at)
