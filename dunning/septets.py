"""How long an SMS is: counted in seven-bit signs while it can be, else in UTF-16. Pure.

Source: 3GPP TS 23.038, 6.2.1 (the default alphabet and its extension table) and TS 23.040,
9.2.3.24.1 (the header by which segments find each other).
"""

import unicodedata
from dataclasses import dataclass

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")  # each costs two

# Signs that print has and a phone's alphabet has not, and what people type for them.
_TYPED = {
    "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "«": '"', "»": '"',
    "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2007": " ", "\t": " ",
    "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-",
    "\u2026": "...", "•": "-", "×": "x", "°": "o", "œ": "oe", "Œ": "OE", "ÿ": "y",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Length:
    """What a text weighs: `units` are septets, or UTF-16 code units when `is_unicode`."""

    units: int
    segments: int
    is_unicode: bool

    @property
    def per_segment(self) -> int:
        """Return how many units one segment holds; less when there are several."""
        if self.is_unicode:
            return 70 if self.segments <= 1 else 67
        return 160 if self.segments <= 1 else 153


def length(text: str) -> Length:
    """Return what a text weighs as an SMS; an empty one weighs nothing and takes no segment."""
    if all(sign in BASIC or sign in EXTENDED for sign in text):
        weights = [2 if sign in EXTENDED else 1 for sign in text]
        return Length(sum(weights), _segments(weights, alone=160, shared=153), is_unicode=False)
    weights = [2 if ord(sign) > 0xFFFF else 1 for sign in text]  # noqa: PLR2004  # the first plane
    return Length(sum(weights), _segments(weights, alone=70, shared=67), is_unicode=True)


def plain(text: str) -> str:
    """Return a text as people type it on a phone: no curly sign, no accent its alphabet lacks.

    What has no such form stays as it is, and makes the whole text Unicode.
    """
    return "".join(_plain(sign) for sign in text)


def _plain(sign: str) -> str:
    if sign in BASIC or sign in EXTENDED:
        return sign
    if sign in _TYPED:
        return _TYPED[sign]
    bare = "".join(one for one in unicodedata.normalize("NFD", sign) if not _is_accent(one))
    return bare if bare and all(one in BASIC for one in bare) else sign


def _is_accent(sign: str) -> bool:
    return unicodedata.category(sign) == "Mn"


def _segments(weights: list[int], *, alone: int, shared: int) -> int:
    """Count the segments; a sign of two units is never cut in half."""
    if sum(weights) <= alone:
        return int(bool(weights))
    segments, room = 1, shared
    for weight in weights:
        if weight > room:
            segments, room = segments + 1, shared
        room -= weight
    return segments
