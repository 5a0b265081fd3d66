"""Write what a debtor reads: emails, letters, call scripts. Facts in, words out; no query.

What is said comes from `wording`, how it looks from `templates/emails` and `templates/letters`.
The two parts of an email are made from the same rows, so they can't tell two stories.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import css_inline
from django.template.loader import render_to_string

from common import money
from common.money import Money
from dunning import phrases, wording
from dunning.placeholders import Template
from dunning.wording import Kind, Language, Text, Texts

Tone = Literal["friendly", "courteous", "firm", "formal"]

# What is marked in a script: the amounts and the day one is called about.
FIGURES = frozenset({"count", "due_phrase", "number", "promised", "promised_day", "total"})
LISTED = 30  # invoices named in one email, which stays under 30 kB: Gmail cuts long ones

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Creditor:
    name: str
    address_lines: tuple[str, ...] = ()
    siren: str = ""
    vat_number: str = ""
    email: str = ""
    phone: str = ""
    signatory: str = ""
    signatory_title: str = ""
    iban: str = ""
    bic: str = ""
    legal_footer: str = ""


@dataclass(frozen=True, slots=True)
class Debtor:
    name: str
    contact_name: str = ""
    address_lines: tuple[str, ...] = ()
    language: Language = "fr"
    code: str = ""
    siren: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """An invoice, or what is due of it on one day."""

    number: str
    issued_on: date
    due_on: date
    days_late: int  # negative before the due date
    balance: Money
    total: Money  # of the whole invoice
    level: int = 0
    order_number: str = ""
    part: Money | None = None  # what falls due on that day, when it is not the whole invoice
    contested: Money | None = None  # what is set aside, and in no amount that is asked for

    @property
    def amount(self) -> Money:
        """Return what fell due on the day."""
        return self.total if self.part is None else self.part


@dataclass(frozen=True, slots=True)
class Told:
    """An earlier contact about these invoices."""

    on: date
    channel: str


@dataclass(frozen=True, slots=True)
class Posted:
    """The letter that an email is the copy of; its number when the post gave one."""

    on: date
    is_registered: bool
    number: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a message may speak of.

    `total` is what is asked for; in a thank-you, what was received. Interest and indemnity are
    None when they are not due, as from a consumer: then nothing is said about them.
    """

    creditor: Creditor
    debtor: Debtor
    lines: tuple[Line, ...]  # at least one
    total: Money
    kind: Kind
    tone: Tone
    on: date
    reference: str
    earlier: tuple[Told, ...] = ()
    interest: Money | None = None
    indemnity: Money | None = None
    rates: tuple[phrases.Rate, ...] = ()  # of the interest, the earliest first
    deadline_on: date | None = None
    copies: tuple[str, ...] = ()  # the numbers of the invoices whose copy is joined
    letter_reference: str = ""  # by which a letter itself is quoted
    registered: str | None = None  # the letter's number, "" before it is known; None by plain post
    copy_of: Posted | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """A message ready to leave; a letter has neither preheader nor plain text."""

    subject: str
    html: str
    preheader: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Broken:
    """A promise that came to nothing: what was promised, and for which day."""

    amount: Money
    on: date


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of what is said; a figure is marked, so that the eye finds it."""

    text: str
    is_figure: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    pieces: tuple[Piece, ...]

    def __str__(self) -> str:
        return "".join(piece.text for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class CallScript:
    """The turns of a call, and the message to leave when a machine answers."""

    turns: tuple[Turn, ...]
    voicemail: Turn


@dataclass(frozen=True, slots=True)
class Row:
    """An invoice as it stands in a table."""

    number: str
    order: str
    issued: str
    due: str
    late: str
    total: str
    part: str  # what fell due on the day, when it is not the whole invoice
    paid: str
    contested: str  # what is set aside of it
    left: str


@dataclass(frozen=True, slots=True)
class Amount:
    """A labelled figure beside or under the invoices."""

    label: str
    value: str


def write_email(facts: Facts, *, texts: Texts | None = None) -> Written:
    """Write an email, by default in the product's own words."""
    text, values = _text(facts, texts), _values(facts)
    subject = _one_line(text.subject.render(values))
    preheader = _one_line(text.preheader.render(values))
    page = _page(facts, text, values) | {
        "subject": subject,
        "preheader": preheader,
        "rows": _rows(facts)[:LISTED] if len(facts.lines) > 1 else [],
        "others": _others(facts),
        "headline": _headline(facts),
        "amounts": _details(facts) if len(facts.lines) == 1 else _claim(facts)[:-1],
    }
    html = render_to_string("emails/reminder.html", page)
    return Written(
        subject=subject,
        preheader=preheader,
        text=render_to_string("emails/reminder.txt", page).strip() + "\n",
        html=_inliner.inline(html),
    )


def write_letter(facts: Facts, *, texts: Texts | None = None) -> Written:
    """Write a letter; `letters.render_pdf` makes it a page for a French window envelope."""
    text, values = _text(facts, texts), _values(facts)
    subject = _one_line(text.subject.render(values))
    creditor, debtor = facts.creditor, facts.debtor
    page = _page(facts, text, values) | {
        "subject": subject,
        "rows": _rows(facts),
        "amounts": _sums(facts),
        "window": phrases.window(debtor.name, debtor.contact_name, debtor.address_lines),
        "place_and_date": phrases.place_and_date(
            creditor.address_lines, debtor.language, on=facts.on
        ),
        "orders": _orders(facts),
        "copies": _copies(facts),
        "registered": _registered(facts),
        "number": facts.registered,
        "letter_reference": facts.letter_reference,
    }
    return Written(subject=subject, html=render_to_string("letters/letter.html", page))


def write_call_script(
    facts: Facts, *, caller: str = "", broken: Broken | None = None
) -> CallScript:
    """Write what is said on the phone.

    Args:
        caller: the name of the person who calls; without one the firm introduces itself.
        broken: the promise that was not kept, if there is one: the call is about it then.
    """
    language = facts.debtor.language
    script = wording.script(
        language=language, several=_is_about_several(facts), is_broken=broken is not None
    )
    values = _values(facts) | {"caller": caller}
    if broken is not None:
        values["promised"] = phrases.amount(broken.amount, language)
        values["promised_day"] = phrases.day(broken.on, language)
    turns = (script.who if caller else script.who_unnamed, script.why, script.agree)
    return CallScript(
        turns=tuple(_spoken(turn, values) for turn in turns),
        voicemail=_spoken(script.voicemail, values),
    )


def _spoken(turn: Template, values: Mapping[str, str]) -> Turn:
    return Turn(tuple(Piece(text, is_figure=name in FIGURES) for text, name in turn.pieces(values)))


def _text(facts: Facts, texts: Texts | None) -> Text:
    texts = texts or wording.default(facts.kind, language=facts.debtor.language)
    return texts.many if _is_about_several(facts) else texts.one


def _is_about_several(facts: Facts) -> bool:
    return len(_numbers(facts)) > 1


def _numbers(facts: Facts) -> list[str]:
    """Return the invoices by age, each once: two instalments may be due of one."""
    return list(dict.fromkeys(line.number for line in _by_age(facts)))


def _values(facts: Facts) -> dict[str, str]:
    """Return what each placeholder stands for; an empty value is one that is not known."""
    creditor, debtor, language = facts.creditor, facts.debtor, facts.debtor.language
    oldest = _by_age(facts)[0]
    return {
        "claim": _claimed(facts),
        "count": str(len(_numbers(facts))),
        "creditor.email": creditor.email,
        "creditor.name": creditor.name,
        "creditor.phone": phrases.phone(creditor.phone),
        "creditor.signatory": creditor.signatory or creditor.name,
        "customer.code": debtor.code,
        "customer.contact": debtor.contact_name or wording.words(language)["whom"],
        "customer.name": debtor.name,
        "date": phrases.day(facts.on, language),
        "deadline": _deadline(facts),
        "due_date": phrases.day(oldest.due_on, language),
        "due_phrase": phrases.due(oldest.due_on, oldest.days_late, language),
        "earlier": _earlier(facts),
        "iban": phrases.iban(creditor.iban),
        "indemnity": phrases.amount(facts.indemnity, language),
        "interest": phrases.amount(facts.interest, language),
        "issued_date": phrases.day(oldest.issued_on, language),
        "number": oldest.number,
        "oldest_days_late": phrases.days(max(oldest.days_late, 0), language),
        "order_number": oldest.order_number,
        "rate": phrases.rates(facts.rates, language),
        "reference": facts.reference,
        "remaining": _remaining(facts),
        "total": phrases.amount(facts.total, language),
    }


def _page(facts: Facts, text: Text, values: Mapping[str, str]) -> dict[str, object]:
    """Return what both layouts show."""
    words = wording.words(facts.debtor.language)
    formal = facts.tone == "formal"
    contact = facts.debtor.contact_name
    hello = words["hello"].format(name=contact) if contact else words["hello_nobody"]
    return {
        "language": facts.debtor.language,
        "words": words,
        "kind": facts.kind,
        "creditor": facts.creditor,
        "phone": phrases.phone(facts.creditor.phone),
        "siren": phrases.siren(facts.creditor.siren),
        "debtor": facts.debtor,
        "debtor_siren": phrases.siren(facts.debtor.siren),
        "title": _one_line(text.title.render(values)),
        "hello": words["hello_formal"] if formal else hello,
        "opening": [*_copied(facts), *_paragraphs(text.opening, values)],
        "closing": _paragraphs(text.closing, values),
        "sign_off": words["sign_off"][facts.tone],
        "iban": "" if facts.kind == "thank_you" else phrases.iban(facts.creditor.iban),
        "reference": facts.reference,
        "ask": words["ask_us" if facts.kind in {"preventive", "thank_you"} else "already_paid"],
        "why": words["why_many" if _is_about_several(facts) else "why"].format(
            number=facts.lines[0].number
        ),
    }


def _paragraphs(templates: Sequence[Template], values: Mapping[str, str]) -> list[str]:
    """Render the paragraphs whose every name is known; the others are left out."""
    return [t.render(values) for t in templates if all(values[name] for name in t.names)]


def _by_age(facts: Facts) -> list[Line]:
    return sorted(facts.lines, key=lambda line: (line.due_on, line.number))


def _rows(facts: Facts) -> list[Row]:
    language = facts.debtor.language
    words = wording.words(language)
    return [
        Row(
            number=line.number,
            order=words["order"].format(number=line.order_number) if line.order_number else "",
            issued=phrases.day(line.issued_on, language),
            due=phrases.day(line.due_on, language),
            late=phrases.settled(line.balance, language)
            if facts.kind == "thank_you"
            else phrases.lateness(line.days_late, language),
            total=phrases.amount(line.total, language),
            part=words["part"].format(amount=phrases.amount(line.part, language))
            if line.part is not None
            else "",
            paid=phrases.amount(_paid(line), language),
            contested=words["contested"].format(amount=phrases.amount(line.contested, language))
            if line.contested
            else "",
            left=phrases.amount(_asked(line, facts), language),
        )
        for line in _by_age(facts)
    ]


def _paid(line: Line) -> Money:
    """Return what was paid of what fell due."""
    left = line.balance if line.contested is None else line.balance + line.contested
    return line.amount - left


def _asked(line: Line, facts: Facts) -> Money:
    """Return the amount an invoice stands for; one that is thanked for has nothing left to ask."""
    return line.amount if facts.kind == "thank_you" else line.balance


def _others(facts: Facts) -> Amount | None:
    """Return what stands for the invoices beyond the limit of an email."""
    others = _by_age(facts)[LISTED:]
    if not others:
        return None
    language = facts.debtor.language
    rest = money.total((_asked(line, facts) for line in others), currency=facts.total.currency)
    label = wording.words(language)["others"].format(n=len(others))
    return Amount(label, phrases.amount(rest, language))


def _headline(facts: Facts) -> Amount:
    words = wording.words(facts.debtor.language)
    if facts.kind == "formal_notice":
        return Amount(words["claim"], _claimed(facts))
    labels = {"preventive": "to_pay", "due": "to_pay", "thank_you": "amount_received"}
    return Amount(
        words[labels.get(facts.kind, "amount_due")],
        phrases.amount(facts.total, facts.debtor.language),
    )


def _details(facts: Facts) -> list[Amount]:
    """Return what there is to say of a single invoice, under its amount."""
    (line,), language = facts.lines, facts.debtor.language
    words = wording.words(language)
    issued = words["of"].format(number=line.number, date=phrases.day(line.issued_on, language))
    details = [Amount(words["invoice"], issued)]
    if line.order_number:
        details.append(Amount(words["order_label"], line.order_number))
    if line.contested:
        set_aside = phrases.amount(line.contested, language)
        details.append(Amount(words["contested_label"], set_aside))
    if line.total not in {line.balance, facts.total}:
        details.append(Amount(words["invoice_total"], phrases.amount(line.total, language)))
    if facts.kind == "thank_you":
        return [*details, Amount(words["state"], phrases.settled(line.balance, language))]
    lateness = phrases.lateness(line.days_late, language)
    details.append(Amount(words["due_date"], f"{phrases.day(line.due_on, language)}, {lateness}"))
    return details + _claim(facts)[:-1]


def _claim(facts: Facts) -> list[Amount]:
    """Return how a formal notice's claim adds up, its sum last; nothing for gentler kinds.

    What is the whole sum by itself is not said twice.
    """
    if facts.kind != "formal_notice":
        return []
    language = facts.debtor.language
    words = wording.words(language)
    on, rate = phrases.day(facts.on, language), phrases.rates(facts.rates, language)
    has_one = len(facts.rates) == 1  # several are told in the text
    interest = words["interest_at" if has_one else "interest"].format(on=on, rate=rate)
    parts = [
        Amount(
            words["invoices_total" if _is_about_several(facts) else "amount_due"],
            phrases.amount(facts.total, language),
        ),
        Amount(interest, phrases.amount(facts.interest, language)),
        Amount(words["indemnity"], phrases.amount(facts.indemnity, language)),
    ]
    said = [part for part in parts if part.value]
    return [*(said if len(said) > 1 else []), Amount(words["claim"], _claimed(facts))]


def _sums(facts: Facts) -> list[Amount]:
    """Return what stands under the table of a letter: a single row is not added up again."""
    parts = _claim(facts) or [_headline(facts)]
    return parts[1:] if len(facts.lines) == 1 and len(parts) > 1 else parts


def _claimed(facts: Facts) -> str:
    """Return the sum of all that is claimed; one per currency, since the indemnity is in euros."""
    sums: dict[str, Money] = {}
    for part in (facts.total, facts.interest, facts.indemnity):
        if part:
            sums[part.currency] = part + sums.get(part.currency, Money(0, part.currency))
    return " + ".join(phrases.amount(part, facts.debtor.language) for part in sums.values())


def _remaining(facts: Facts) -> str:
    left = money.total((line.balance for line in facts.lines), currency=facts.total.currency)
    return phrases.amount(left, facts.debtor.language) if left else ""


def _deadline(facts: Facts) -> str:
    until, language = facts.deadline_on, facts.debtor.language
    if facts.kind == "formal_notice":
        return phrases.formal_deadline(until, language, on=facts.on)
    return phrases.deadline(until, language)


def _earlier(facts: Facts) -> str:
    """List the earlier contacts, each with its day, in the order they were made."""
    language = facts.debtor.language
    channels = wording.words(language)["channels"]
    return ", ".join(
        channels.get(told.channel, channels["other"]).format(date=phrases.day(told.on, language))
        for told in sorted(facts.earlier, key=lambda told: told.on)
    )


def _registered(facts: Facts) -> str:
    """Return what a registered letter is headed by, its number apart."""
    return (
        "" if facts.registered is None else str(wording.words(facts.debtor.language)["registered"])
    )


def _copied(facts: Facts) -> list[str]:
    """Return the sentence that an email begins with when it brings a letter."""
    letter, language = facts.copy_of, facts.debtor.language
    if letter is None:
        return []
    name = "copy_of_letter"
    if letter.is_registered:
        name = "copy_of_registered" if letter.number else "copy_of_unnumbered"
    said = wording.words(language)[name]
    return [said.format(date=phrases.day(letter.on, language), number=letter.number)]


def _orders(facts: Facts) -> str:
    return ", ".join(
        dict.fromkeys(line.order_number for line in _by_age(facts) if line.order_number)
    )


def _copies(facts: Facts) -> Amount | None:
    """Return the list of what is joined to a letter; None when nothing is."""
    if not facts.copies:
        return None
    words = wording.words(facts.debtor.language)
    numbers = ", ".join(facts.copies)
    if len(facts.copies) > 1:
        return Amount(words["copies_many"], words["copies_of"].format(numbers=numbers))
    return Amount(words["copies"], words["copy_of"].format(numbers=numbers))


def _one_line(text: str) -> str:
    """Return a text that is safe in a mail header: a name can't smuggle a second one in."""
    return _CONTROL.sub(" ", text).strip()


# Nothing outside is ever loaded; the media queries stay, for dark screens and small ones.
_inliner = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
