"""Read a text of a tenant as a careful colleague would: what is wrong, what reads badly.

Errors refuse the text, warnings stand beside it. Findings are codes and places; `remarks` says
them in the reader's language. Pure.

Source of what a formal notice needs: Code civil, art. 1344 (an act that calls on the debtor clearly
enough); the rest of its mentions is custom.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from dunning import placeholders, septets, wording
from dunning.wording import Language, TextKey

LONGEST_SUBJECT = 78  # RFC 5322, 2.1.1: beyond it a line is folded, and phones cut sooner
MOST_SEGMENTS = 2

# Words that have no place before an invoice is late. Plain lower case, without accents.
OF_DEBT: Mapping[str, tuple[str, ...]] = {
    "fr": (
        "arriere", "arrieres", "contentieux", "creance", "creances", "debiteur", "dette", "dettes",
        "dernier avis", "echu", "echue", "echues", "echus", "en souffrance", "huissier", "impaye",
        "impayee", "impayees", "impayes", "indemnite", "indemnites", "injonction",
        "interets de retard", "interets moratoires", "mettons en demeure", "mise en demeure",
        "penalite", "penalites", "poursuites", "recouvrement", "relance", "relances", "retard",
        "retards", "tribunal",
    ),
    "en": (
        "arrears", "bailiff", "collection agency", "debt", "debtor", "debts", "delinquent",
        "final notice", "formal notice", "late", "late fee", "late fees", "legal action", "overdue",
        "past due", "penalties", "penalty", "reminder", "reminders", "unpaid",
    ),
}  # fmt: skip
# Names whose values speak of lateness by themselves.
OF_LATENESS = frozenset({"earlier", "indemnity", "interest", "oldest_days_late", "rate"})
# What only a court or the law may announce; a creditor who does is in the wrong.
THREATS: Mapping[str, tuple[str, ...]] = {
    "fr": (
        "banque de france", "ficher", "fichage", "interdit bancaire", "penalement", "plainte",
        "police", "saisie", "saisir vos biens", "saisirons", "votre reputation",
    ),
    "en": (
        "bailiffs", "blacklist", "blacklisted", "criminal", "police", "seize", "seizure",
        "your reputation",
    ),
}  # fmt: skip
LEFTOVERS = ("xxx", "xxxx", "todo", "fixme", "tbd", "lorem ipsum", "a completer", "a remplacer")
URGENT = ("urgent", "urgence", "urgently")
# Words that one of the two languages has and the other has not.
TELLING: Mapping[str, frozenset[str]] = {
    "fr": frozenset(
        "le la les des du une est sont nous vous votre vos notre pour avec sur dans par merci "
        "bonjour facture factures reglement paiement que qui et de ne pas".split()
    ),
    "en": frozenset(
        "the of is are we you your our for with on in by please thank hello invoice invoices "
        "payment and to not this that it".split()
    ),
}
CAPITALS = 4  # signs of a word that is shouted, rather than an abbreviation
KNOWN_CAPITALS = frozenset({
    "IBAN", "SIREN", "SIRET", "SEPA", "SARL", "SASU", "EURL", "ICES",
})  # fmt: skip
FEWEST_TELLING = 4

_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)
_BREAK = re.compile(r"[\r\n\t]")
_PLACEHOLDER = re.compile(r"\{\{([^{}]*)\}\}")
_SHOUTED = re.compile(rf"(?<![^\W_])[^\W\d_]{{{CAPITALS},}}(?![^\W_])")
_FORTY = re.compile(r"(?<!\d)40(?:,00)?[ \u00a0\u202f]?€|€[ ]?40(?!\d)")
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a text: what, in which part, where when it has a place."""

    code: str
    is_error: bool
    part: str = ""  # "" when it is about the whole
    line: int = 0  # from one; 0 without a place
    column: int = 0
    found: str = ""  # the word, name or number that it is about
    near: str = ""  # what was probably meant


def lint(
    source: Mapping[str, str],
    *,
    key: TextKey,
    language: Language,
    several: bool = False,
    values: Mapping[str, str] | None = None,
) -> tuple[Finding, ...]:
    """Return all that there is to say of a text, errors first, by part and place.

    Args:
        source: its parts, as they are typed.
        several: whether it is the text for several invoices.
        values: what the names stand for in some case; without them nothing is said of lengths.
    """
    parts = {name: source.get(name, "") for name in wording.PARTS[key.family]}
    found = list(_unreadable(parts, key))
    is_readable = not found
    found += _missing(parts, key, several=several)
    for name, text in parts.items():
        found += _words_of(text, name, key, language)
    found += _names_of_lateness(parts, key)
    if is_readable and values is not None:
        found += _lengths(parts, key, values)
    found += _other_language(parts, language)
    order = {name: place for place, name in enumerate(parts)}
    return tuple(
        sorted(
            dict.fromkeys(found),
            key=lambda one: (not one.is_error, order.get(one.part, -1), one.line, one.column),
        )
    )


def _unreadable(parts: Mapping[str, str], key: TextKey) -> Iterator[Finding]:
    """Give what can't be parsed, or would break a header."""
    everything = wording.ALWAYS | wording.SOMETIMES | wording.SPOKEN
    for name, text in parts.items():
        allowed = wording.allowed(key.family, name)
        for wrong in placeholders.problems(text, allowed=allowed):
            facts = wrong.facts
            code, said = str(facts["reason"]), str(facts.get("name") or "")
            yield Finding(
                "name_elsewhere" if code == "unknown_name" and said in everything else code,
                is_error=True,
                part=name,
                line=int(facts["line"] or 0),
                column=int(facts["column"] or 0),
                found=said,
                near=str(facts.get("near") or ""),
            )
        if sign := _CONTROL.search(text):
            yield _at("control_sign", text, sign.start(), name, is_error=True)
        if name not in wording.WITH_PARAGRAPHS and (sign := _BREAK.search(text.strip())):
            yield _at("line_break", text.strip(), sign.start(), name, is_error=True)


def _missing(parts: Mapping[str, str], key: TextKey, *, several: bool) -> Iterator[Finding]:
    """Give what a text of its kind must say, and does not."""
    optional = {"preheader", "closing"}
    for name, text in parts.items():
        if name not in optional and not text.strip():
            yield _error("empty", name)
    if key.family in {"email", "sms", "call"}:
        yield from _unnamed(parts, key, several=several)
    if key.family in {"email", "letter"}:
        yield from _missing_in_mail(parts, key)


def _unnamed(parts: Mapping[str, str], key: TextKey, *, several: bool) -> Iterator[Finding]:
    """Give a text that does not say what it is about; a letter's table names each invoice."""
    amounts, invoices = {"total", "claim", "promised"}, {"count"} if several else {"number"}
    names = _names(parts.values())
    if key.family == "call":
        names, invoices = _names([parts["why"]]), {"count", "number", "promised"}
    if not names & (amounts | invoices):
        yield _error("names_nothing")
    elif key.family != "email" and not names & amounts:
        yield _error("names_no_amount")
    elif not names & invoices:
        yield Finding("names_no_invoice", is_error=key.family == "sms", found=min(invoices))
    if key.family == "sms" and "creditor.name" not in names:
        yield _error("sms_from_nobody")


# Of each kind: a name that its text needs, the code when it is missing, where it belongs, and
# whether the text is refused without it.
NEEDED: Mapping[str, tuple[tuple[str, str, str, bool], ...]] = {
    "formal_notice": (
        ("claim", "formal_without_claim", "opening", True),
        ("deadline", "formal_without_deadline", "opening", True),
        ("interest", "without_interest", "closing", False),
        ("indemnity", "without_indemnity", "closing", False),
    ),
    "firm": (
        ("deadline", "without_deadline", "opening", False),
        ("indemnity", "without_indemnity", "closing", False),
    ),
    "last": (
        ("deadline", "without_deadline", "opening", False),
        ("indemnity", "without_indemnity", "closing", False),
    ),
}


def _missing_in_mail(parts: Mapping[str, str], key: TextKey) -> Iterator[Finding]:
    names = _names(parts.values())
    for name, code, part, is_error in NEEDED.get(key.kind, ()):
        if name not in names:
            yield Finding(code, is_error=is_error, part=part, found=name)
    if key.kind == "formal_notice":
        opening = _folded(parts["opening"])
        if "mise en demeure" not in opening:
            yield _error("formal_unnamed", "opening")
        if not re.search(r"(?<!\d)1344(?!\d)", opening + parts["closing"]):
            yield _error("formal_without_basis", "opening")
    if _FORTY.search(parts["closing"]) and "indemnity" not in names:
        yield Finding("indemnity_for_everyone", is_error=False, part="closing")


def _words_of(text: str, part: str, key: TextKey, language: Language) -> Iterator[Finding]:
    """Give the words that have no place in a text of this kind."""
    words = _without_names(text)
    folded = _folded(words)
    lists = [("leftover", LEFTOVERS, True), ("threat", THREATS[language], False)]
    lists.append(("urgent", URGENT, False))
    if key.kind in {"preventive", "due"}:
        lists.append(("speaks_of_debt", OF_DEBT[language], True))
    for code, listed, is_error in lists:
        for place, word in _named(folded, listed):
            yield _at(code, words, place, part, is_error=is_error, found=word)
    for found in _SHOUTED.finditer(words):
        word = found[0]
        if word.isupper() and word not in KNOWN_CAPITALS and _folded(word) not in URGENT:
            yield _at("capitals", words, found.start(), part, is_error=False, found=word[:40])
    if "!!" in words:
        yield _at("exclamations", words, words.index("!!"), part, is_error=False)


def _names_of_lateness(parts: Mapping[str, str], key: TextKey) -> Iterator[Finding]:
    """Give the names in a text up to the due date whose values speak of lateness."""
    if key.kind not in {"preventive", "due"}:
        return
    for part, text in parts.items():
        for found in _PLACEHOLDER.finditer(text):
            name = found[1].strip()
            if name in OF_LATENESS:
                yield _at("speaks_of_debt", text, found.start(), part, is_error=True, found=name)


def _lengths(
    parts: Mapping[str, str], key: TextKey, values: Mapping[str, str]
) -> Iterator[Finding]:
    """Give what is too long for where it is read."""
    known = dict.fromkeys(wording.SPOKEN | wording.SOMETIMES, "") | dict(values)
    if key.family == "email":
        template = placeholders.parse(parts["subject"], allowed=wording.ALWAYS)
        signs = len(template.render(known))
        if signs > LONGEST_SUBJECT:
            yield _warning("subject_long", "subject", str(signs))
    if key.family == "sms":
        sentences = wording.read_short(parts)
        said = [one.render(known) for one in sentences if all(known[name] for name in one.names)]
        weight = septets.length(septets.plain(" ".join(" ".join(said).split())))
        if weight.segments > MOST_SEGMENTS:
            yield _error("sms_too_long", "text", str(weight.segments))
        elif weight.segments == MOST_SEGMENTS:
            yield _warning("sms_long", "text", str(weight.units))
        if weight.is_unicode:
            foreign = next(
                sign for sign in septets.plain(" ".join(said))
                if sign not in septets.BASIC | septets.EXTENDED
            )  # fmt: skip
            yield _warning("sms_unicode", "text", foreign)


def _other_language(parts: Mapping[str, str], language: Language) -> Iterator[Finding]:
    """Give a finding when a text seems to be in the other language."""
    said = [text for name, text in parts.items() if name not in {"subject", "preheader", "title"}]
    words = _WORD.findall(_folded(" ".join(map(_without_names, said))))
    other = "en" if language == "fr" else "fr"
    mine = sum(word in TELLING[language] for word in words)
    theirs = sum(word in TELLING[other] for word in words)
    if theirs >= FEWEST_TELLING and theirs > 2 * mine:
        yield _warning("other_language", found=other)


def _names(texts: Iterable[str]) -> set[str]:
    """Return the names that stand in some texts, known or not."""
    return {found.strip() for text in texts for found in _PLACEHOLDER.findall(text)}


def _error(code: str, part: str = "", found: str = "") -> Finding:
    return Finding(code, is_error=True, part=part, found=found)


def _warning(code: str, part: str = "", found: str = "") -> Finding:
    return Finding(code, is_error=False, part=part, found=found)


def _named(folded: str, words: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """Give each place where one of some words stands by itself; of two that overlap the longer."""
    pattern = "|".join(
        r"\s+".join(map(re.escape, word.split())) for word in sorted(words, key=len, reverse=True)
    )
    for found in re.finditer(rf"(?<!\w)(?:{pattern})(?!\w)", folded):
        yield found.start(), " ".join(found[0].split())


def _without_names(text: str) -> str:
    """Return a text with blanks for its placeholders, every other sign where it was."""
    return _PLACEHOLDER.sub(lambda found: " " * len(found[0]), text)


def _folded(text: str) -> str:
    """Return a text in plain lower case without accents, sign for sign."""
    return "".join(_bare(sign) for sign in text)


def _bare(sign: str) -> str:
    bare = unicodedata.normalize("NFD", sign)[0].lower()
    return bare if len(bare) == 1 else sign


def _at(
    code: str, text: str, offset: int, part: str, *, is_error: bool, found: str = ""
) -> Finding:
    line, column = placeholders.position(text, offset)
    return Finding(code, is_error=is_error, part=part, line=line, column=column, found=found)
