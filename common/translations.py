"""What people read, gathered from code and templates, and what a translation must be.

The gettext programs are not needed: Babel reads Python, Django turns its templates into Python.
English is what the code says; French is the only catalog.
A catalog has no line numbers and is sorted, so that a change shows as what it is.
"""

import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import normalize, read_po
from django.utils.translation import template as templates

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
SKIPPED = {".venv", "var", "tests", "benchmarks", "node_modules", "static"}
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
HEADER = (
    'msgid ""\n'
    'msgstr ""\n'
    '"Language: fr\\n"\n'
    '"MIME-Version: 1.0\\n"\n'
    '"Content-Type: text/plain; charset=utf-8\\n"\n'
    '"Content-Transfer-Encoding: 8bit\\n"\n'
    '"Plural-Forms: nplurals=2; plural=(n > 1);\\n"\n'
)

_NAMED = re.compile(r"%\(\w+\)[a-z]|\{\w+\}")
_LEFT_ALONE = re.compile(r"https?://\S+|\d:\d|%\(\w+\)[a-z]|<[^>]+>|&\w+;|\{[^}]*\}")
SPACES = (
    (re.compile(r"[ \u00a0\u202f]([;!?])"), "\u202f\\1"),
    (re.compile(r"[ \u00a0\u202f]([:»])"), "\u00a0\\1"),
    (re.compile(r"«[ \u00a0\u202f]"), "«\u00a0"),
    (re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])"), "’"),
)
TYPOGRAPHY = (
    (re.compile(r"(?<!\u202f)[;!?]"), "a narrow no-break space goes before ; ! ?"),
    (re.compile(r"(?<!\u00a0):"), "a no-break space goes before a colon"),
    (re.compile(r"«(?!\u00a0)|(?<!\u00a0)»"), "no-break spaces go inside « »"),
    (re.compile(r"\w'\w"), "the apostrophe is ’"),
    (re.compile(r"\.\.\."), "an ellipsis is one sign"),
)


def gather(root: Path = ROOT) -> Catalog:
    """Return every text of the product, none of them translated."""
    found = Catalog()
    for source in _sources(root):
        for _line, message, _comments, context in _texts(source):
            found.add(message, context=context)
    return found


def translated(found: Catalog, *, locale: Path = LOCALE) -> Catalog:
    """Return every text with its translation into French, where the catalog has one.

    What the product no longer says is left out.
    """
    known = _read(_place(locale))
    whole = Catalog(locale="fr")
    for message in found:
        if message.id:
            whole.add(message.id, _known(message, known), context=message.context)
    return whole


def write(catalog: Catalog, *, locale: Path = LOCALE) -> bool:
    """Write the catalog where Django looks for it; return whether anything changed."""
    place, written = _place(locale), text(catalog)
    if place.exists() and place.read_text(encoding="utf-8") == written:
        return False
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(written, encoding="utf-8")
    return True


def text(catalog: Catalog) -> str:
    """Return a catalog as its file holds it."""
    return HEADER + "".join(f"\n{_entry(message)}" for message in _in_order(catalog))


def typeset(text: str) -> str:
    """Return French with the spaces and the apostrophe that nobody types."""
    for pattern, right in SPACES:
        text = pattern.sub(right, text)
    return text


def problems(catalog: Catalog) -> list[str]:
    """Return what is wrong with a translation into French, one sentence each."""
    return [problem for message in _in_order(catalog) for problem in _problems_of(message)]


def missing(catalog: Catalog) -> list[str]:
    """Return the texts that have no translation, or only some of its forms."""
    return [_ids(message)[0] for message in _in_order(catalog) if not all(_strings(message))]


def _problems_of(message: Message) -> Iterator[str]:
    wanted = {name for text in _ids(message) for name in _NAMED.findall(text)}
    strings = [string for string in _strings(message) if string]
    for place, string in enumerate(strings):
        said = set(_NAMED.findall(string))
        # One of something may leave its number out: "une facture".
        counted = message.pluralizable and place == 0
        if said - wanted or (wanted - said and not counted):
            yield f"{string!r} does not name {' '.join(sorted(wanted)) or 'nothing'}."
        plain = _LEFT_ALONE.sub("x", string)
        for pattern, rule in TYPOGRAPHY:
            if pattern.search(plain):
                yield f"{string!r}: {rule}."


def _sources(root: Path) -> Iterator[Path]:
    for folder in sorted(root.iterdir()):
        if folder.is_dir() and folder.name not in SKIPPED and not folder.name.startswith("."):
            for path in sorted(folder.rglob("*")):
                if path.suffix in {".py", ".html", ".txt"} and "migrations" not in path.parts:
                    yield path


def _texts(source: Path) -> Iterable[tuple[int, str | tuple[str, ...], list[str], str | None]]:
    text = source.read_text(encoding="utf-8")
    if source.suffix != ".py":
        # In brackets, since what a template looks like in Python is indented at will.
        text = f"({templates.templatize(text, origin=str(source))})"
    return extract("python", io.BytesIO(text.encode()), keywords=KEYWORDS)


def _place(locale: Path) -> Path:
    return locale / "fr" / "LC_MESSAGES" / "django.po"


def _read(path: Path) -> Catalog:
    with path.open("rb") as source:
        return read_po(source, locale="fr", charset="utf-8")


def _known(message: Message, catalog: Catalog) -> str | tuple[str, ...]:
    found = catalog.get(_ids(message)[0], message.context)
    if found is None or found.fuzzy or found.pluralizable != message.pluralizable:
        return ("", "") if message.pluralizable else ""
    said = tuple(typeset(text) for text in _strings(found))
    return said if message.pluralizable else said[0]


def _in_order(catalog: Catalog) -> list[Message]:
    messages = [message for message in catalog if message.id]
    return sorted(messages, key=lambda message: (_ids(message), message.context or ""))


def _ids(message: Message) -> tuple[str, ...]:
    texts = message.id
    return (texts,) if isinstance(texts, str) else tuple(texts)


def _strings(message: Message) -> tuple[str, ...]:
    texts = message.string or ""
    return (texts,) if isinstance(texts, str) else tuple(texts)


def _entry(message: Message) -> str:
    lines = ["#, python-format"] if message.python_format else []
    if message.context:
        lines.append(f"msgctxt {normalize(message.context, width=0)}")
    ids, strings = _ids(message), _strings(message)
    lines.append(f"msgid {normalize(ids[0], width=0)}")
    if message.pluralizable:
        lines.append(f"msgid_plural {normalize(ids[1], width=0)}")
        lines += [f"msgstr[{n}] {normalize(text, width=0)}" for n, text in enumerate(strings)]
    else:
        lines.append(f"msgstr {normalize(strings[0], width=0)}")
    return "\n".join(lines) + "\n"
