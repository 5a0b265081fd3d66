"""Put together what a message says: its rows in, words out."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal, cast

from django.db.models import F, Q

from common import money
from common.money import Money
from dunning import cases, enclosures, phrases, writing
from dunning.models import Act, Call, Channel, Hold, Message, StepKind
from dunning.wording import Kind
from invoices import claim
from invoices.models import Instalment
from organizations.models import Organization

Language = Literal["fr", "en"]
EARLIER = 5  # contacts that a firm reminder recalls, at most
INDEMNITY_MINOR = 40_00
UNNUMBERED = "post"  # the receipt of a letter whose number nobody noted
# What a formal notice leaves, by usage: longer when something of it was contested before.
DEADLINE_DAYS, DEADLINE_DAYS_DISPUTED = 8, 15


def written(message: Message, acts: Sequence[Act], *, on: date | None = None) -> writing.Written:
    """Return the words of a message for the acts that still stand.

    Args:
        on: the day that they bear: of a letter the one on which it is printed, whose copy says
            what the letter says. By default when it was printed, or else decided.
    """
    letter = message.copy_of or message
    about = _facts(message, acts, on=on or letter.printed_on or message.written_on)
    if message.channel == Channel.EMAIL:
        return writing.write_email(about)
    return writing.write_letter(about)


def script(call: Call, acts: Sequence[Act], *, on: date, caller: str = "") -> writing.CallScript:
    """Return what to say in a call made on a day.

    Args:
        acts: those that the call still asks for; at least one.
        caller: the name of the person who calls.
    """
    return writing.write_call_script(_facts(call, acts, on=on), caller=caller, broken=_broken(acts))


def total(message: Message | Call, acts: Sequence[Act]) -> Money:
    """Return what is asked for; of a thank-you, what was received."""
    parts = _parts(acts)
    currency = parts[0].currency
    if message.kind == StepKind.THANK_YOU:
        return Money(sum(part.settled_minor for part in parts), currency)
    return money.total((part.asked for part in parts), currency=currency)


def _facts(message: Message | Call, acts: Sequence[Act], *, on: date) -> writing.Facts:
    organization, customer = message.organization, message.customer
    person = message.contact
    levels = {act.instalment_id: act.level for act in acts}
    language = message.language if isinstance(message, Message) else _spoken(message)
    return writing.Facts(
        creditor=creditor(organization),
        debtor=writing.Debtor(
            name=customer.name,
            contact_name=person.name if person is not None else "",
            address_lines=_lines(customer.address, customer.postcode, customer.city),
            language=_language(language),
            code=customer.code,
            siren=customer.siren,
        ),
        lines=tuple(_line(part, levels[part.pk], on=on) for part in _parts(acts)),
        total=total(message, acts),
        kind=cast("Kind", message.kind),
        tone=cast("writing.Tone", message.tone),
        on=on,
        reference=customer.code,
        earlier=_earlier(acts, on=on),
        deadline_on=_deadline(message, acts, on=on),
        indemnity=_indemnity(message, acts, on=on),
        interest=_interest(message, acts, on=on),
        rates=_rates(message, acts, on=on),
        copies=tuple(enclosures.numbers(acts)),
        letter_reference=message.reference if isinstance(message, Message) else "",
        registered=_registered(message),
        copy_of=_copied(message),
    )


def _registered(message: Message | Call) -> str | None:
    """Return the number of a registered letter, "" while nobody knows it."""
    if isinstance(message, Message) and message.channel == Channel.REGISTERED_LETTER:
        return message.receipt
    return None


def _copied(message: Message | Call) -> writing.Posted | None:
    """Return the letter that an email is the copy of, as the post took it."""
    letter = message.copy_of if isinstance(message, Message) else None
    if letter is None or letter.sent_at is None:
        return None
    return writing.Posted(
        on=letter.sent_at.astimezone(message.organization.zone).date(),
        is_registered=letter.channel == Channel.REGISTERED_LETTER,
        number=letter.receipt if letter.receipt != UNNUMBERED else "",
    )


def _late(message: Message | Call, acts: Sequence[Act], *, on: date) -> list[Instalment]:
    """Return what is late and bears penalties under the Code de commerce, if they are claimed.

    Source: art. L441-10: between professionals; a public buyer owes them under another code.
    """
    customer = message.customer
    is_professional = bool(customer.siren or customer.vat_number) and not customer.is_public_body
    is_asked = message.kind in {StepKind.FIRM, StepKind.LAST, StepKind.FORMAL_NOTICE}
    if not (is_professional and is_asked and message.organization.country == "FR"):
        return []
    return [part for part in _parts(acts) if part.due_on < on]


def _indemnity(message: Message | Call, acts: Sequence[Act], *, on: date) -> Money | None:
    """Return the fixed compensation that a professional owes for each invoice paid late.

    Source: Code de commerce, art. L441-10 and D441-5: 40 euros an invoice, due without a reminder
    and in euros whatever the invoice's currency. Who has a SIREN or a VAT number is professional.
    """
    late = {part.invoice_id for part in _late(message, acts, on=on)}
    return Money(len(late) * INDEMNITY_MINOR, "EUR") if late else None


def _interest(message: Message | Call, acts: Sequence[Act], *, on: date) -> Money | None:
    """Return the interest on what is late, each invoice rounded once; None for want of a rate."""
    invoices: defaultdict[int, list[tuple[Money, date]]] = defaultdict(list)
    for part in _late(message, acts, on=on):
        invoices[part.invoice_id].append((part.asked, part.due_on))
    sums = [claim.interest(parts, on=on) for parts in invoices.values()]
    known = [one for one in sums if one is not None]
    if not known or len(known) < len(sums):
        return None
    return money.total(known, currency=known[0].currency)


def _rates(message: Message | Call, acts: Sequence[Act], *, on: date) -> tuple[phrases.Rate, ...]:
    """Return the rates that count since the oldest due date; of equal ones the last."""
    late = _late(message, acts, on=on)
    segments = claim.segments(late[0].due_on, on=on) if late else None
    found: list[phrases.Rate] = []
    for segment in segments or ():
        if found and found[-1].value == segment.rate:
            found.pop()
        found.append(phrases.Rate(segment.rate, segment.until))
    return (*found[:-1], phrases.Rate(found[-1].value)) if found else ()


def _parts(acts: Sequence[Act]) -> list[Instalment]:
    """Return what acts are about, each once, in the order in which it fell due."""
    parts = {act.instalment_id: act.instalment for act in acts}
    return sorted(parts.values(), key=lambda part: (part.due_on, part.pk))


def _line(part: Instalment, level: int, *, on: date) -> writing.Line:
    total = part.invoice.total
    return writing.Line(
        number=part.invoice.number,
        issued_on=part.invoice.issued_on,
        due_on=part.due_on,
        days_late=(on - part.due_on).days,
        balance=part.asked,
        contested=part.contested or None,
        total=total,
        part=part.amount if part.amount != total else None,
        level=level,
        order_number=part.invoice.order_number,
    )


def creditor(organization: Organization) -> writing.Creditor:
    return writing.Creditor(
        name=organization.name,
        address_lines=_lines(organization.address, organization.postcode, organization.city),
        siren=organization.siren,
        vat_number=organization.vat_number,
        email=organization.email,
        phone=organization.phone,
        signatory=organization.signatory,
        signatory_title=organization.signatory_title,
        iban=organization.iban,
        bic=organization.bic,
        legal_footer=organization.legal_footer,
    )


def _spoken(call: Call) -> str:
    """Return the language of a call: its contact's, else the customer's."""
    own = call.contact.language if call.contact is not None else ""
    return own or call.customer.language


def _broken(acts: Sequence[Act]) -> writing.Broken | None:
    """Return the last promise of these instalments' invoices that was broken, as a whole."""
    invoices = {act.instalment.invoice_id for act in acts}
    found = list(cases.broken_promises().filter(invoice__in=invoices))
    if not found:
        return None
    last = max(found, key=lambda hold: (hold.promised_on or date.min, hold.pk))
    same = [
        hold.promised
        for hold in found
        if (hold.promised_on, hold.currency) == (last.promised_on, last.currency)
    ]
    amount = money.total((one for one in same if one is not None), currency=last.currency)
    return writing.Broken(amount, last.promised_on or date.min)


def recipient(letter: Message) -> str:
    """Return whom a letter reaches, and where, as it stands in the window."""
    customer, person = letter.customer, letter.contact
    lines = _lines(customer.address, customer.postcode, customer.city)
    return ", ".join(
        phrases.window(customer.name, person.name if person is not None else "", lines)
    )[:254]


def _lines(address: str, postcode: str, city: str) -> tuple[str, ...]:
    lines = [*address.splitlines(), f"{postcode} {city}"]
    return tuple(line.strip() for line in lines if line.strip())


def _language(language: str) -> Language:
    return "en" if language == "en" else "fr"


def _earlier(acts: Sequence[Act], *, on: date) -> tuple[writing.Told, ...]:
    """Return the last reminders of the same instalments before a day, oldest first.

    What was said up to the due date, or in thanks, reminded of nothing; a message about several
    instalments reminded of those only that were late.
    """
    reminded = Act.objects.filter(
        instalment__in=[act.instalment_id for act in acts],
        written_on__lt=on,
        written_on__gt=F("instalment__due_on"),
    ).exclude(kind__in=[StepKind.PREVENTIVE, StepKind.THANK_YOU])
    written = Message.objects.filter(
        pk__in=reminded.values("message"), state=Message.State.SENT
    ).values_list("written_on", "channel")
    calls = Call.objects.filter(pk__in=reminded.values("call"), done_at__isnull=False)
    told = [writing.Told(on, channel) for on, channel in written]
    told += [writing.Told(on, Channel.CALL) for on in calls.values_list("written_on", flat=True)]
    return tuple(sorted(told, key=lambda one: (one.on, one.channel))[-EARLIER:])


def _deadline(message: Message | Call, acts: Sequence[Act], *, on: date) -> date | None:
    """Return the last day that a formal notice leaves, counted from the day that it bears."""
    if message.kind != StepKind.FORMAL_NOTICE:
        return None
    invoices = {act.instalment.invoice_id for act in acts}
    contested = Hold.objects.filter(kind=Hold.Kind.DISPUTE).filter(
        Q(invoice__in=invoices) | Q(customer=message.customer_id, invoice__isnull=True)
    )
    was_contested = contested.exclude(attempt__undone_at__isnull=False).exists()
    return on + timedelta(days=DEADLINE_DAYS_DISPUTED if was_contested else DEADLINE_DAYS)
