"""The tenant's own words: written, in force, back to the house's. No version is ever changed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar, cast

from django.utils.translation import gettext as _

from common.errors import DomainError
from common.tenancy import current
from dunning import linting, wording
from dunning.linting import Finding
from dunning.models import OwnText
from dunning.placeholders import BadTemplate
from dunning.wording import Kind, Language, Script, ShortTexts, TextKey, Texts
from organizations import timeline

Half = str  # "one" or "many": said of one invoice, or of several
HALVES: tuple[Half, ...] = ("one", "many")
Read = TypeVar("Read")


class TextRefused(DomainError):
    """What is found wrong with a text keeps it from being kept."""

    code = "text_refused"

    def __init__(self, sentence: str, *, findings: tuple[Finding, ...]) -> None:
        super().__init__(sentence)
        self.findings = findings


class NothingToRestore(DomainError):
    """The version is in force already, or is none of this text."""

    code = "nothing_to_restore"


@dataclass(frozen=True, slots=True)
class OwnTexts:
    """The own texts of an organization that are in force, read once for many messages."""

    rows: Mapping[tuple[TextKey, str], OwnText]

    def row(self, key: TextKey, language: str) -> OwnText | None:
        """Return the version in force; None where the house speaks."""
        found = self.rows.get((key, language))
        return found if found is not None and found.parts else None


def in_force() -> OwnTexts:
    """Return what the open organization says in its own words, by one query."""
    names = ("family", "kind", "tone", "language")
    latest = OwnText.objects.order_by(*names, "-version").distinct(*names)
    return OwnTexts({(key_of(row), row.language): row for row in latest})


def key_of(row: OwnText) -> TextKey:
    """Return which text of the library a version is of."""
    return TextKey(cast("wording.Family", row.family), row.kind, row.tone)


def texts(row: OwnText | None, key: TextKey, *, language: Language) -> Texts:
    """Return a text and the one for several; a half that is not the tenant's is the house's.

    A stored text that can't be read any more is said in the words of the house.
    """
    kind = cast("Kind", key.kind)
    house = wording.default(kind, language=language, tone=key.tone, family=key.family)
    reading = partial(wording.read, kind=kind, language=language)
    own = partial(_half, row, reading=reading)
    return Texts(one=own("one", house=house.one), many=own("many", house=house.many))


def short_texts(row: OwnText | None, key: TextKey, *, language: Language) -> ShortTexts:
    """Return an SMS and the one for several, as `texts`."""
    house = wording.short(cast("Kind", key.kind), language=language)
    own = partial(_half, row, reading=wording.read_short)
    return ShortTexts(one=own("one", house=house.one), many=own("many", house=house.many))


def script(row: OwnText | None, key: TextKey, *, language: Language, several: bool) -> Script:
    """Return what to say in a call, as `texts`."""
    source = wording.source(key, language=language, several=several)
    house = wording.read_script(source, language=language)
    reading = partial(wording.read_script, language=language)
    return _half(row, "many" if several else "one", house=house, reading=reading)


def source(
    row: OwnText | None, key: TextKey, *, language: Language, several: bool
) -> dict[str, str]:
    """Return the parts of a text as they were typed, the tenant's or else the house's."""
    house = dict(wording.source(key, language=language, several=several))
    own = row.parts.get("many" if several else "one") if row is not None else None
    return {name: str(own.get(name, "")) for name in house} if own else house


def write(
    key: TextKey,
    parts: Mapping[str, str],
    *,
    language: Language,
    several: bool,
    at: datetime,
) -> OwnText | None:
    """Keep a text as its new version; None when it says what is in force already.

    Raises:
        TextRefused: what is found wrong with it, each with its place.
    """
    said = {name: _tidy(parts.get(name, "")) for name in wording.PARTS[key.family]}
    wrong = tuple(
        one
        for one in linting.lint(said, key=key, language=language, several=several)
        if one.is_error
    )
    if wrong:
        raise TextRefused(_("The text can’t be kept like this."), findings=wrong)
    latest = _latest(key, language)
    if said == source(latest, key, language=language, several=several):
        return None
    house = dict(wording.source(key, language=language, several=several))
    return _add(
        key, language, latest, {_half_of(several=several): None if said == house else said}, at=at
    )


def back_to_house(
    key: TextKey, *, language: Language, several: bool, at: datetime
) -> OwnText | None:
    """Let the house speak again, as a new version; None when it does already."""
    latest = _latest(key, language)
    if latest is None or _half_of(several=several) not in latest.parts:
        return None
    return _add(key, language, latest, {_half_of(several=several): None}, at=at)


def restore(row: OwnText, *, at: datetime) -> OwnText:
    """Let an earlier version be in force again, as a new one.

    Raises:
        NothingToRestore: it says what is in force already.
        TextRefused: it was kept when less was asked of a text.
    """
    key, language = key_of(row), cast("Language", row.language)
    latest = _latest(key, language)
    if latest is not None and latest.parts == row.parts:
        raise NothingToRestore(_("This version is what is in force."))
    for half, parts in row.parts.items():
        found = linting.lint(parts, key=key, language=language, several=half == "many")
        wrong = tuple(one for one in found if one.is_error)
        if wrong:
            raise TextRefused(_("The text can’t be kept like this."), findings=wrong)
    return _add(key, language, latest, {half: row.parts.get(half) for half in HALVES}, at=at)


def _add(
    key: TextKey,
    language: Language,
    latest: OwnText | None,
    halves: Mapping[Half, Mapping[str, str] | None],
    *,
    at: datetime,
) -> OwnText:
    """Write the next version; of two at once the unique key refuses the second."""
    parts = {**(latest.parts if latest is not None else {}), **halves}
    row: OwnText = OwnText.objects.create(
        organization_id=current().organization_id,
        family=key.family,
        kind=key.kind,
        tone=key.tone,
        language=language,
        version=latest.version + 1 if latest is not None else 1,
        parts={half: text for half, text in parts.items() if text},
        written_by=timeline.actor(),
        written_at=at,
    )
    data: dict[str, str | int] = {"text": str(key), "language": language, "version": row.version}
    timeline.record("dunning.text_written", about={"own_text": row.pk}, data=data, at=at)
    return row


def _latest(key: TextKey, language: str) -> OwnText | None:
    found: OwnText | None = (
        OwnText.objects.filter(family=key.family, kind=key.kind, tone=key.tone, language=language)
        .order_by("-version")
        .first()
    )
    return found


def _half(
    row: OwnText | None, half: Half, *, house: Read, reading: Callable[[Mapping[str, str]], Read]
) -> Read:
    parts = row.parts.get(half) if row is not None else None
    if not parts:
        return house
    try:
        return reading(parts)
    except (BadTemplate, wording.FormalNoticeUnnamed, KeyError):
        return house


def _half_of(*, several: bool) -> Half:
    return "many" if several else "one"


def _tidy(text: str) -> str:
    """Return a text as it is kept: line ends of one kind, nothing around it."""
    return text.replace("\r\n", "\n").strip()
