"""What is said of a domain's records, by the codes of `channels/domain_records.py`."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from dunning.channels.domain_records import Finding, Record, State

NAMES = {
    "owner": _("Yours (owner)"),
    "spf": _("Who may send (SPF)"),
    "dkim": _("Signature (DKIM)"),
    "dmarc": _("What of the others (DMARC)"),
}
# State, and the badge that shows it.
STATES = {
    State.VALID: ("ok", _("Valid")),
    State.WARNING: ("promise", _("Valid, to improve")),
    State.MISSING: ("late", _("Missing")),
    State.WRONG: ("very_late", _("Wrong")),
    State.UNKNOWN: ("wait", _("No answer")),
}
SENTENCES = {
    "ok": "",
    "missing": _("Nothing is published there yet."),
    "unanswered": _("No name server answered: nothing is known, and nothing changes."),
    "other_owner": _("It names another organization: add yours beside it."),
    "several": _("There are several: receivers then count none of them."),
    "syntax": _("It can’t be read: one of its terms is wrong."),
    "include_broken": _("A domain that it includes has no record, or several."),
    "too_many_lookups": _("More than ten look-ups: receivers stop reading. Remove an include."),
    "allows_anyone": _("It ends in “+all”: anybody may send in your name."),
    "no_include": _("It does not include our servers: add the term to the record you have."),
    "no_ending": _("It says nothing of other servers: end it with “~all” or “-all”."),
    "other_target": _("It points elsewhere."),
    "no_key_behind": _("It points to us, and no key is there: tell whoever runs Encours."),
    "revoked": _("The key is empty, which revokes it."),
    "short_key": _("The key is shorter than 1,024 bits: it is not believed."),
    "other_key": _("It is another key than ours."),
    "no_policy": _("It says no policy: write p=quarantine or p=reject."),
    "policy_none": _("p=none only watches: p=quarantine keeps others from writing in your name."),
    "not_aligned": _("Neither signature nor bounce address are of this domain: mail would fail."),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A record as the page shows it."""

    record: Record
    name: Any  # in the reader's language, as the label and the sentence
    badge: str
    label: Any
    sentence: Any
    found: tuple[str, ...]


def rows(records: tuple[Record, ...], findings: list[Finding]) -> list[Row]:
    """Return each line to publish beside what was found of it."""
    known = {finding.record: finding for finding in findings}
    return [_row(record, known.get(record.record)) for record in records]


def _row(record: Record, finding: Finding | None) -> Row:
    name = NAMES[record.record]
    if finding is None:
        return Row(record, name, "wait", _("Not looked at yet"), "", ())
    badge, label = STATES[finding.state]
    found = finding.found if finding.state is not State.VALID else ()
    return Row(record, name, badge, label, SENTENCES[finding.code], found)
