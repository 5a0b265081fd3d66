"""The closed language of the texts that a tenant may edit: plain words, and names in braces.

`{{ total }}` stands for a value; there is no filter, no tag, no attribute, nothing to call. What
can be written is a fixed list of names, and their values are texts that were formatted before, so
an edited text can neither read what it was not given nor run for long. Pure.
"""

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from common.errors import DomainError

LONGEST_TEXT = 50_000

_TOKEN = re.compile(r"\{\{([^{}]*)\}\}|[{}]+")
_PARAGRAPHS = re.compile(r"\n\s*\n")


class BadTemplate(DomainError):
    """The text can't be kept as it is written; `line` and `column` count from one."""

    code = "bad_template"


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A name that stands for a value."""

    name: str


@dataclass(frozen=True, slots=True)
class Template:
    """A text that was read: words and placeholders, in order."""

    parts: tuple[str | Placeholder, ...]

    @property
    def names(self) -> frozenset[str]:
        return frozenset(part.name for part in self.parts if isinstance(part, Placeholder))

    def pieces(self, values: Mapping[str, str]) -> list[tuple[str, str]]:
        """Return the text in parts, each with the name it stands for; "" for plain words."""
        return [
            (values[part.name], part.name) if isinstance(part, Placeholder) else (part, "")
            for part in self.parts
        ]

    def render(self, values: Mapping[str, str]) -> str:
        """Return the text with the values in place of their names, escaped for nothing.

        The layout that takes the text escapes it, once, as it does everything else.
        """
        return "".join(text for text, _name in self.pieces(values))


def parse(text: str, *, allowed: Collection[str]) -> Template:
    """Read a text.

    Raises:
        BadTemplate: a name that is not allowed, a stray brace, or a text that is far too long.
    """
    wrong = next(problems(text, allowed=allowed), None)
    if wrong is not None:
        raise wrong
    parts: list[str | Placeholder] = []
    end = 0
    for token in _TOKEN.finditer(text):
        parts += [text[end : token.start()], Placeholder(token.group(1).strip())]
        end = token.end()
    parts.append(text[end:])
    return Template(tuple(part for part in parts if part))


def problems(text: str, *, allowed: Collection[str]) -> Iterator[BadTemplate]:
    """Give all that keeps a text from being read, in its order; `facts` say what and where."""
    if len(text) > LONGEST_TEXT:
        yield BadTemplate(
            f"A text may have {LONGEST_TEXT} characters, this one has {len(text)}.",
            reason="too_long",
            line=1,
            column=1,
        )
        return
    for token in _TOKEN.finditer(text):
        if token.group(1) is None:
            said = "This brace is not part of a placeholder."
            yield _refusal(said, text, token.start(), reason="stray_brace")
            continue
        name = token.group(1).strip()
        if name not in allowed:
            near = suggestion(name, allowed)
            said = f"There is no placeholder {{{{ {name[:40]} }}}}" + (
                f"; did you mean {{{{ {near} }}}}?" if near else "."
            )
            yield _refusal(
                said, text, token.start(), reason="unknown_name", name=name[:40], near=near
            )


def suggestion(name: str, allowed: Collection[str]) -> str:
    """Return the name that was probably meant; "" when none is near."""
    near = difflib.get_close_matches(name[:60], sorted(allowed), n=1, cutoff=0.5)
    return near[0] if near else ""


def position(text: str, offset: int) -> tuple[int, int]:
    """Return line and column of a place in a text; both count from one."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def paragraphs(text: str, *, allowed: Collection[str]) -> tuple[Template, ...]:
    """Read a text whose paragraphs stand apart by an empty line.

    Raises:
        BadTemplate: as `parse`, with the position in the whole text.
    """
    parse(text, allowed=allowed)
    found = (part.strip() for part in _PARAGRAPHS.split(text))
    return tuple(parse(part, allowed=allowed) for part in found if part)


def _refusal(sentence: str, text: str, offset: int, **facts: str) -> BadTemplate:
    """Say what is wrong and where: an editor puts the cursor there."""
    line, column = position(text, offset)
    return BadTemplate(
        f"Line {line}, column {column}: {sentence}", line=line, column=column, **facts
    )
