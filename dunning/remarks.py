"""What the linter found, and what the texts and their placeholders are called, in words."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dunning.linting import Finding
from dunning.models import StepKind, Tone
from dunning.placeholders import LONGEST_TEXT
from dunning.wording import TextKey

PARTS: Mapping[str, Promise] = {
    "subject": gettext_lazy("Subject"),
    "preheader": gettext_lazy("Preview line"),
    "title": gettext_lazy("Title"),
    "opening": gettext_lazy("Before the invoices"),
    "closing": gettext_lazy("After the invoices"),
    "text": gettext_lazy("Text of the SMS"),
    "who": gettext_lazy("Asking for the person"),
    "who_unnamed": gettext_lazy("The same, when your name is not known"),
    "why": gettext_lazy("Why you call"),
    "agree": gettext_lazy("What is agreed"),
    "voicemail": gettext_lazy("Message to leave"),
}
FAMILIES: Mapping[str, Promise] = {
    "email": gettext_lazy("Emails"),
    "letter": gettext_lazy("Letters"),
    "sms": gettext_lazy("SMS"),
    "call": gettext_lazy("Calls"),
}
SITUATIONS: Mapping[str, Promise] = {
    "first_call": gettext_lazy("First call"),
    "call_again": gettext_lazy("Call after another"),
    "broken_promise": gettext_lazy("Call after a broken promise"),
}
LANGUAGES: Mapping[str, Promise] = {
    "fr": gettext_lazy("French"),
    "en": gettext_lazy("English"),
}
PLACEHOLDERS: Mapping[str, Promise] = {
    "caller": gettext_lazy("who calls"),
    "claim": gettext_lazy("all that is claimed: invoices, interest, indemnity"),
    "count": gettext_lazy("how many invoices"),
    "creditor.email": gettext_lazy("your reply address"),
    "creditor.name": gettext_lazy("your company"),
    "creditor.phone": gettext_lazy("your phone number"),
    "creditor.signatory": gettext_lazy("who signs"),
    "customer.code": gettext_lazy("the customer’s account"),
    "customer.contact": gettext_lazy("the person written to"),
    "customer.name": gettext_lazy("the customer"),
    "date": gettext_lazy("the day of the message"),
    "deadline": gettext_lazy("by when to pay"),
    "due_date": gettext_lazy("due date of the oldest invoice"),
    "due_phrase": gettext_lazy("how it stands with its due date"),
    "earlier": gettext_lazy("the earlier reminders, each with its day"),
    "iban": gettext_lazy("your IBAN, if it takes the currency"),
    "indemnity": gettext_lazy("the fixed recovery costs, if they are due"),
    "interest": gettext_lazy("the late interest, if it is due"),
    "issued_date": gettext_lazy("date of the oldest invoice"),
    "number": gettext_lazy("number of the oldest invoice"),
    "oldest_days_late": gettext_lazy("days late of the oldest invoice"),
    "order_number": gettext_lazy("the customer’s order number"),
    "promised": gettext_lazy("the amount that was promised"),
    "promised_day": gettext_lazy("the day it was promised for"),
    "rate": gettext_lazy("the rate of the late interest"),
    "reference": gettext_lazy("the reference to quote with a payment"),
    "remaining": gettext_lazy("what is left to pay"),
    "total": gettext_lazy("the amount asked for, or received"),
}
SENTENCES: Mapping[str, Promise] = {
    "capitals": gettext_lazy("“%(found)s” is written in capitals: it reads as shouting."),
    "control_sign": gettext_lazy("There is an invisible control character: remove it."),
    "empty": gettext_lazy("This part is needed."),
    "exclamations": gettext_lazy("One exclamation mark is enough."),
    "formal_unnamed": gettext_lazy(
        "A formal notice must contain the words “mise en demeure” in its opening."
    ),
    "formal_without_basis": gettext_lazy(
        "A formal notice must name its legal basis: article 1344 of the Code civil."
    ),
    "formal_without_claim": gettext_lazy(
        "A formal notice must say what is demanded: add {{ claim }}."
    ),
    "formal_without_deadline": gettext_lazy(
        "A formal notice must say by when to pay: add {{ deadline }}."
    ),
    "indemnity_for_everyone": gettext_lazy(
        "The 40 € would be told to consumers too, who do not owe them: use {{ indemnity }}, whose "
        "paragraph is left out for them."
    ),
    "leftover": gettext_lazy("“%(found)s” was left over from writing."),
    "line_break": gettext_lazy("This part is a single line: it may hold no line break."),
    "name_elsewhere": gettext_lazy(
        "{{ %(found)s }} may have no value: it can stand only before or after the invoices, where "
        "its paragraph is left out."
    ),
    "names_no_amount": gettext_lazy("The text names no amount: add {{ total }}."),
    "names_no_invoice": gettext_lazy(
        "The text names no invoice: add {{ %(found)s }}."  # the layout lists them all the same
    ),
    "names_nothing": gettext_lazy("The text names neither an amount nor an invoice."),
    "other_language": gettext_lazy("This text seems to be in another language."),
    "sms_from_nobody": gettext_lazy("An SMS must say who writes: add {{ creditor.name }}."),
    "sms_long": gettext_lazy("%(found)s characters: this SMS is sent, and paid, as two."),
    "sms_too_long": gettext_lazy("This SMS would need %(found)s segments; two at most."),
    "sms_unicode": gettext_lazy(
        "“%(found)s” is not in the alphabet of phones: a segment holds 70 characters, not 160."
    ),
    "speaks_of_debt": gettext_lazy(
        "“%(found)s” speaks of debt or lateness; up to its due date nobody is late."
    ),
    "stray_brace": gettext_lazy("This brace is not part of a placeholder."),
    "subject_long": gettext_lazy(
        "The subject has %(found)s characters here; beyond 78 it is cut in many inboxes."
    ),
    "threat": gettext_lazy(
        "“%(found)s” may read as a threat: announce only what you can and will do."
    ),
    "too_long": gettext_lazy("The text is far too long."),
    "unknown_name": gettext_lazy("There is no placeholder {{ %(found)s }}."),
    "urgent": gettext_lazy("“%(found)s” reads as advertising, and mail filters think so too."),
    "without_deadline": gettext_lazy("Say by when to pay: add {{ deadline }}."),
    "without_indemnity": gettext_lazy(
        "Professionals owe fixed recovery costs of 40 € an invoice: add {{ indemnity }}."
    ),
    "without_interest": gettext_lazy("Late interest is not mentioned: add {{ interest }}."),
}


def sentence(finding: Finding) -> str:
    """Return what was found, in the reader's language, with its place when it has one."""
    said = str(SENTENCES[finding.code]) % {"found": finding.found, "limit": LONGEST_TEXT}
    if finding.near:
        said += " " + _("Did you mean {{ %(near)s }}?") % {"near": finding.near}
    if not finding.line:
        return said
    place = _("Line %(line)s, column %(column)s:") % {
        "line": finding.line,
        "column": finding.column,
    }
    return f"{place} {said}"


def text_name(key: TextKey) -> str:
    """Return what a text is called: "Firm reminder, courteous"."""
    name = str(SITUATIONS[key.kind] if key.family == "call" else StepKind(key.kind).label)
    return f"{name} · {Tone(key.tone).label}" if key.tone else name
