"""Show a text on a real case: an invoice that is due, as a message about it would be written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.db.models import F

from dunning import composing, own_texts, phrases, samples, wording, writing
from dunning.models import Act, Channel, Message
from dunning.stationery import Stationery
from dunning.wording import Language, TextKey
from dunning.writing import CallScript, Facts, Written
from invoices.models import Contact, Instalment
from organizations.models import Organization

CASES = 30  # to choose from
MOST_PARTS = 20  # of one debtor, in a case of several invoices
CHANNELS: Mapping[str, str] = {
    "email": Channel.EMAIL, "letter": Channel.LETTER, "sms": Channel.SMS, "call": Channel.CALL,
}  # fmt: skip
# What a call is about is late; which step it belongs to plays no part in its words.
KIND_OF_CALL = "courteous"


@dataclass(frozen=True, slots=True)
class Case:
    """An invoice that is due, to choose from."""

    key: int  # of its instalment
    number: str
    customer: str
    part: Instalment


def cases(organization: Organization, *, on: date, kind: str) -> list[Case]:
    """Return the cases to choose from: the largest that are overdue, or that were just paid."""
    found = Instalment.objects.select_related("invoice__customer", "customer")
    if kind == "thank_you":
        found = found.filter(settled_on__isnull=False).order_by("-settled_on", "pk")
    else:
        left = F("amount_minor") - F("settled_minor")
        found = found.overdue(on=on).order_by(left.desc(), "pk")
        if not found.exists():
            found = Instalment.objects.open().select_related("invoice__customer", "customer")
            found = found.order_by(left.desc(), "pk")
    return [
        Case(part.pk, part.invoice.number, part.customer.name, part)
        for part in found.filter(organization=organization)[:CASES]
    ]


def facts(
    organization: Organization,
    key: TextKey,
    *,
    case: Case | None,
    language: Language,
    several: bool,
    on: date,
    written_on: Stationery,
) -> Facts:
    """Return what a message with a text would speak of: of the case, or of an example.

    For a text up to the due date the day is set to fit, so that the case reads as it would then.
    """
    kind = key.kind if key.family != "call" else KIND_OF_CALL
    tone = key.tone or wording.TONES[kind][0]
    if case is None:
        creditor = composing.creditor(organization)
        made = samples.facts(
            kind, tone, language=language, several=several, creditor=creditor, on=on
        )
    else:
        made = _of_case(
            organization, case, kind, tone, key,
            language=language, several=several, on=on, written_on=written_on,
        )  # fmt: skip
    if key.kind == "call_again" and not writing.was_called(made):
        made = replace(made, earlier=(*made.earlier, writing.Told(made.on, "call")))
    return made


def written(
    about: Facts, key: TextKey, source: Mapping[str, str], *, language: Language
) -> Written | CallScript:
    """Return a message or call in the words of a text that may not be kept yet.

    Raises:
        BadTemplate: a part can't be read.
        FormalNoticeUnnamed: a formal notice lacks the words « mise en demeure ».
    """
    if key.family == "sms":
        sentences = wording.read_short(source)
        return writing.write_sms(about, texts=wording.ShortTexts(sentences, sentences))
    if key.family == "call":
        broken = None
        if key.kind == "broken_promise":
            broken = writing.Broken(about.total, about.on - timedelta(days=2))
        script = wording.read_script(source, language=language)
        return writing.write_call_script(about, caller="", broken=broken, script=script)
    text = wording.read(source, kind=key.kind, language=language)
    write = writing.write_email if key.family == "email" else writing.write_letter
    return write(about, texts=wording.Texts(text, text))


def _of_case(
    organization: Organization,
    case: Case,
    kind: str,
    tone: str,
    key: TextKey,
    *,
    language: Language,
    several: bool,
    on: date,
    written_on: Stationery,
) -> Facts:
    parts = _parts(case, several=several, kind=kind)
    if kind in {"preventive", "due"}:
        on = case.part.due_on + timedelta(days=samples.DAYS_LATE[kind])
    people = Contact.objects.filter(customer=case.part.customer_id).order_by("rank", "pk")
    message = Message(
        organization=organization,
        customer=case.part.customer,
        contact=people.first(),
        channel=CHANNELS[key.family],
        kind=kind,
        tone=tone,
        language=language,
        written_on=on,
    )
    acts = [Act(organization=organization, instalment=part, level=0) for part in parts]
    made = composing.facts(message, acts, on=on, written_on=written_on)
    return replace(made, debtor=replace(made.debtor, language=language))


def _parts(case: Case, *, several: bool, kind: str) -> Sequence[Instalment]:
    """Return what a case is about; for several, what is due beside it of the same customer."""
    if not several:
        return [case.part]
    found = Instalment.objects.filter(
        customer=case.part.customer_id, currency=case.part.currency
    ).select_related("invoice")
    others = found.filter(settled_on__isnull=False) if kind == "thank_you" else found.open()
    by_age = others.exclude(invoice=case.part.invoice_id).order_by("due_on", "pk")
    return [case.part, *by_age[: MOST_PARTS - 1]]


def values_of(about: Facts) -> dict[str, str]:
    """Return what each placeholder stands for in a case."""
    known = writing.values_of(about)
    language = about.debtor.language
    promised = phrases.amount(about.total, language)
    day = phrases.day(about.on - timedelta(days=2), language)
    return {**known, "caller": about.creditor.signatory, "promised": promised, "promised_day": day}


def source_in_force(
    key: TextKey, *, language: Language, several: bool, written_on: Stationery
) -> dict[str, str]:
    """Return the parts of a text as they were typed, the tenant's or else the house's."""
    row = written_on.own.row(key, language)
    return own_texts.source(row, key, language=language, several=several)
