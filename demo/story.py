"""Three months of the workshop, acted out day by day through everyone's own functions.

Nothing is written past the product: invoices are imported from a file, reminders leave through
the outbox, money comes in by bank statements, people tick calls and clear lines.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from common.tenancy import tenant_transaction
from common.working_days import WorkingDays, for_country
from demo import book
from demo.cast import CAST, Answer, Character, Reference
from dunning import calling, delivery, planning
from dunning.models import Call, Channel, Message, Outcome
from invoices import importing
from invoices.models import Invoice
from organizations.models import Organization, User
from reconciliation import importing as bank
from reconciliation import matching
from reconciliation.models import BankTransaction

DAYS = 91
# Lines of the last days are left for the visitor to clear, calls and letters too.
LEFT_DAYS = 6
APPROVAL_DAYS = 13
OPENING_MINOR = 18_240_00
PROMISED_IN_DAYS = 6


@dataclass(slots=True)
class Stage:
    """Where the story stands: what was sold, when it is paid, what the account holds."""

    organization: Organization
    people: dict[str, User]
    calendar: WorkingDays
    last_on: date
    sales: list[book.Sale]
    pays_on: dict[str, date]  # invoice number to the day its money arrives
    answers: dict[str, Answer]
    balance_minor: int = OPENING_MINOR
    lines: list[book.Transfer] = field(default_factory=list)


def act_out(organization: Organization, people: dict[str, User], *, until: date) -> None:
    """Live through thirteen weeks that end on a day."""
    stage = _set(organization, people, until)
    for day in (until - timedelta(days=back) for back in range(DAYS, -1, -1)):
        if not stage.calendar.is_working(day):
            continue
        _invoice(stage, day)
        _ask(stage, day)
        _call(stage, day)
        _post_letters(stage, day)
        if day.weekday() == 4 or day == until:  # noqa: PLR2004  # the statement of Friday
            _look_at_the_bank(stage, day)


def _set(organization: Organization, people: dict[str, User], until: date) -> Stage:
    chance = random.Random(7)  # noqa: S311  # a story, not a secret
    sales = sorted(_sales(chance, until), key=lambda sale: (sale.issued_on, sale.debtor.code))
    sales = [
        book.Sale(
            number=f"F-{sale.issued_on.year}-{number:04}",
            debtor=sale.debtor,
            issued_on=sale.issued_on,
            due_on=sale.due_on,
            total_minor=sale.total_minor,
            pays_on=sale.pays_on,
        )
        for number, sale in enumerate(sales, 781)
    ]
    return Stage(
        organization=organization,
        people=people,
        calendar=for_country(organization.country),
        last_on=until,
        sales=sales,
        pays_on={sale.number: sale.pays_on for sale in sales if sale.pays_on},
        answers={character.code: character.answer for character in CAST},
    )


def _sales(chance: random.Random, until: date) -> Iterator[book.Sale]:
    first = until - timedelta(days=DAYS)
    for character in CAST:
        debtor = _debtor(character)
        issued_on = first - timedelta(days=chance.randint(15, 40))
        while issued_on <= until:
            due_on = issued_on + timedelta(days=character.terms)
            pays_on = None
            if character.pays_after is not None:
                late = character.pays_after + chance.randint(-2, 3)
                pays_on = due_on + timedelta(days=late)
            price = character.price * chance.randint(70, 125) // 100
            yield book.Sale("", debtor, issued_on, due_on, price, pays_on)
            issued_on += timedelta(days=character.every_days + chance.randint(-3, 5))


def _debtor(character: Character) -> book.Debtor:
    number = CAST.index(character)
    short = character.code.lower().replace("-", "")
    return book.Debtor(
        code=character.code,
        name=character.name,
        siren=book.siren(500 + number) if character.language == "fr" else "",
        language=character.language,
        email=f"compta@{short}.example" if character.has_email else "",
        phone=f"0199004{number:03}" if character.language == "fr" else f"+4420794600{number:02}",
        address=f"{4 + 3 * number} {book.STREETS[number % len(book.STREETS)]}",
        postcode=character.postcode,
        city=character.city,
        country="FR" if character.language == "fr" else "GB",
        habit=character.pays_after,
        terms=character.terms,
    )


def _moment(stage: Stage, day: date, hour: int) -> datetime:
    local = datetime.combine(day, time(hour), tzinfo=stage.organization.zone)
    return local.astimezone(UTC)


def _actor(stage: Stage, role: str) -> str:
    return f"user:{stage.people[role].pk}"


def _invoice(stage: Stage, day: date) -> None:
    """On Mondays, and on the first day, import what was invoiced since."""
    first = stage.last_on - timedelta(days=DAYS)
    since = date.min if day - timedelta(days=7) < first else day - timedelta(days=7)
    new = [sale for sale in stage.sales if since < sale.issued_on <= day]
    if not new or (since != date.min and day.weekday() != 0):
        return
    settled = [sale for sale in new if sale.pays_on and sale.pays_on <= first]
    content = book.invoices_csv(new, known_until=min(day, first))
    with tenant_transaction(stage.organization.pk, actor=_actor(stage, "owner")):
        importing.import_invoices(
            stage.organization,
            f"factures-{day:%Y-%m-%d}.csv",
            content,
            on=day,
            at=_moment(stage, day, 8),
        )
    for sale in settled:
        stage.pays_on.pop(sale.number, None)


def _ask(stage: Stage, day: date) -> None:
    """Do the round of a day, and deliver what it wrote; the last one waits for approval."""
    at = _moment(stage, day, stage.organization.sending_hour)
    with tenant_transaction(stage.organization.pk):
        if day == stage.last_on:
            stage.organization.approval_until = day + timedelta(days=APPROVAL_DAYS)
            stage.organization.save(update_fields=["approval_until"])
        done = planning.follow_up(stage.organization, on=day, at=at)
    for message_id in done.message_ids:
        delivery.deliver(message_id, organization_id=stage.organization.pk, clock=lambda: at)


def _call(stage: Stage, day: date) -> None:
    """Make the calls of the day; the last ones are left for the visitor."""
    if day > stage.last_on - timedelta(days=LEFT_DAYS):
        return
    at = _moment(stage, day, 11)
    with tenant_transaction(stage.organization.pk, actor=_actor(stage, "collector")):
        for call in Call.objects.open().select_related("customer").order_by("pk"):
            _answer(stage, call, day=day, at=at)


def _answer(stage: Stage, call: Call, *, day: date, at: datetime) -> None:
    answer = stage.answers[call.customer.code]
    if answer is Answer.VOICEMAIL:
        said = calling.Said(Outcome.VOICEMAIL, "Message laissé.")
        calling.note(call, said, at=at, calendar=stage.calendar)
        return
    promised_on = stage.calendar.next_working(day + timedelta(days=PROMISED_IN_DAYS))
    invoices = (
        Invoice.objects.open().filter(pk__in=call.acts.values("instalment__invoice")).order_by("pk")
    )
    said = calling.Said(Outcome.PROMISE, "Virement annoncé.", day=promised_on)
    calling.note(call, said, at=at, calendar=stage.calendar)
    for invoice in invoices:
        if answer is Answer.PROMISES_AND_PAYS:
            stage.pays_on[invoice.number] = promised_on
        else:
            stage.pays_on.pop(invoice.number, None)


def _post_letters(stage: Stage, day: date) -> None:
    """Post the letters of earlier days; the last ones are left for the visitor."""
    if day > stage.last_on - timedelta(days=LEFT_DAYS):
        return
    at = _moment(stage, day, 16)
    with tenant_transaction(stage.organization.pk, actor=_actor(stage, "owner")):
        waiting = Message.objects.filter(
            channel=Channel.REGISTERED_LETTER, state=Message.State.QUEUED
        )
        for message in waiting.order_by("pk"):
            delivery.mark_posted(message, at=at)


def _look_at_the_bank(stage: Stage, day: date) -> None:
    """Upload the statement of the week, and clear by hand what no rule was sure of."""
    known = {line.reference for line in stage.lines}
    arrived = [line for line in _transfers(stage, day) if line.reference not in known]
    stage.lines += arrived
    stage.balance_minor += sum(line.amount_minor for line in arrived)
    content = book.statement_ofx(arrived, closing_minor=stage.balance_minor, until=day)
    at = _moment(stage, day, 18)
    with tenant_transaction(stage.organization.pk, actor=_actor(stage, "accountant")):
        upload = bank.Upload(f"releve-{day:%Y-%m-%d}.ofx", content)
        bank.import_statement(stage.organization, upload, at=at)
        matching.match_new(stage.organization, at=at)
        if day <= stage.last_on - timedelta(days=LEFT_DAYS):
            _clear(arrived, at=at)


def _clear(arrived: Sequence[book.Transfer], *, at: datetime) -> None:
    by_reference = {line.reference: line for line in arrived}
    for transaction in BankTransaction.objects.to_clear().order_by("pk"):
        line = by_reference.get(transaction.reference)
        if line is None:
            continue
        invoices = Invoice.objects.filter(number__in=[sale.number for sale in line.settles])
        parts = {invoice.pk: invoice.balance for invoice in invoices}
        matching.match_by_hand(transaction, parts, at=at)


def _transfers(stage: Stage, until: date) -> Iterator[book.Transfer]:
    """Yield the lines of the account up to a day: customers' transfers, and the rent."""
    first = stage.last_on - timedelta(days=DAYS)
    characters = {character.code: character for character in CAST}
    for sale in stage.sales:
        day = stage.pays_on.get(sale.number)
        if day is None or not first < day <= until:
            continue
        yield book.Transfer(
            reference=f"{day:%Y%m%d}{sale.number[-4:]}",
            on=day,
            label=_label(sale, characters[sale.debtor.code].reference),
            amount_minor=sale.total_minor,
            settles=(sale,),
        )
    for back in range((until - first).days):
        day = until - timedelta(days=back)
        if day.day == 5:  # noqa: PLR2004  # the rent is debited on the 5th
            yield book.Transfer(f"{day:%Y%m%d}LOYER", day, "PRLV LOYER ATELIER", -1_450_00, ())


def _label(sale: book.Sale, reference: Reference) -> str:
    motive = {
        Reference.NUMBER: f"FACTURE {sale.number}",
        Reference.SPACED: sale.number.replace("-", " "),
        Reference.NAME_ONLY: "REGLEMENT FACTURE",
    }[reference]
    return f"VIR SEPA RECU /DE {sale.debtor.name.upper()} /MOTIF {motive} /REF NOTPROVIDED"
