"""The closed language of the texts that a tenant may edit: plain words, and names in braces.

`{{ total }}` stands for a value; there is no filter, no tag, no attribute, nothing to call. What
can be written is a fixed list of names, and their values are texts that were formatted before, so
an edited text can neither read what it was not given nor run for long. Pure.
"""

import difflib
import re
from collections.abc import Collection, Mapping
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
    if len(text) > LONGEST_TEXT:
        raise BadTemplate(f"A text may have {LONGEST_TEXT} characters, this one has {len(text)}.")
    parts: list[str | Placeholder] = []
    end = 0
    for token in _TOKEN.finditer(text):
        if token.group(1) is None:
            raise _refusal("This brace is not part of a placeholder.", text, token.start())
        name = token.group(1).strip()
        if name not in allowed:
            raise _refusal(_unknown(name, allowed), text, token.start())
        parts += [text[end : token.start()], Placeholder(name)]
        end = token.end()
    parts.append(text[end:])
    return Template(tuple(part for part in parts if part))


def paragraphs(text: str, *, allowed: Collection[str]) -> tuple[Template, ...]:
    """Read a text whose paragraphs stand apart by an empty line.

    Raises:
        BadTemplate: as `parse`, with the position in the whole text.
    """
    parse(text, allowed=allowed)
    found = (part.strip() for part in _PARAGRAPHS.split(text))
    return tuple(parse(part, allowed=allowed) for part in found if part)


def _unknown(name: str, allowed: Collection[str]) -> str:
    near = difflib.get_close_matches(name, sorted(allowed), n=1, cutoff=0.5)
    hint = f"; did you mean {{{{ {near[0]} }}}}?" if near else "."
    return f"There is no placeholder {{{{ {name[:40]} }}}}{hint}"


def _refusal(reason: str, text: str, position: int) -> BadTemplate:
    """Say what is wrong and where: an editor puts the cursor there."""
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    return BadTemplate(f"Line {line}, column {column}: {reason}", line=line, column=column)
