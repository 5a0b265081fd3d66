"""Charts as SVG made on the server. Pure: figures and words in, markup out.

Attributes and classes only, so that the content policy holds and colours follow the theme. Each
chart stands beside the same figures in words: the picture alone says nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, cycle

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

WIDTH, HEIGHT, GAP = 1000, 36, 4
# Of columns: the picture, and the room for figures on the left, above and below.
WIDE, HIGH = 720, 252
LEFT, RIGHT, TOP, BOTTOM = 52, 8, 38, 34
BROADEST, OF_ITS_ROOM, SLIT = 46, 0.62, 1.5
MOST_LINES = 4
HATCH = mark_safe(
    '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse"'
    ' patternTransform="rotate(45)"><rect class="h1" width="6" height="6"/>'
    '<path class="h2" d="M0 0V6"/></pattern></defs>'
)
LINE = (
    '<line class="{}" x1="{}" x2="{}" y1="{}" y2="{}"/>'
    '<text x="{}" y="{}" dy="4" text-anchor="end">{}</text>'
)
BOX = '<rect class="{}" x="{}" y="{}" width="{}" height="{}" rx="3"/>'
TEXT = '<text class="{}" x="{}" y="{}" text-anchor="middle">{}</text>'
NOW = (
    '<line class="now" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/><text dx="6" x="{0}" y="{3}">{4}</text>'
)
LEAST = 44  # so that the smallest part is still a target of 24 CSS pixels on a phone


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar: how much, of which class, where it leads, what it says."""

    value: int
    css: str
    url: str
    label: str


@dataclass(frozen=True, slots=True)
class Column:
    """Parts on top of each other, of a class each, from the bottom; the sum stands above."""

    label: str
    parts: tuple[tuple[str, int], ...]

    @property
    def value(self) -> int:
        return sum(value for _css, value in self.parts)


def stacked_bar(parts: Sequence[Part], *, label: str) -> SafeString:
    """Draw parts of one whole side by side, each a link; a part of nothing is left out."""
    drawn = [part for part in parts if part.value > 0]
    widths = _widths([part.value for part in drawn])
    starts = [sum(widths[:place]) + GAP * place for place in range(len(widths))]
    links = format_html_join(
        "",
        '<a href="{}" aria-label="{}"><rect class="{}" x="{}" y="0" width="{}" height="{}" rx="5"/>'
        "</a>",
        (
            (part.url, part.label, part.css, _at(start), _at(width), HEIGHT)
            for part, start, width in zip(drawn, starts, widths, strict=True)
        ),
    )
    return format_html(
        '<svg class="age" viewBox="0 0 {} {}" preserveAspectRatio="none" role="group"'
        ' aria-label="{}">{}</svg>',
        WIDTH,
        HEIGHT,
        label,
        links,
    )


def columns(
    drawn: Sequence[Column],
    *,
    label: str,
    say: Callable[[int], str],
    now: tuple[int, str] | None = None,
) -> SafeString:
    """Draw columns from a common zero line, with a few lines across to measure them by.

    Args:
        now: before which column the present begins, and what it is called; None draws no line.
        say: a value in words, short.
    """
    largest = max((column.value for column in drawn), default=0)
    step = _step(largest)
    lines = range(0, max(largest, 1) + step, step)
    room = (WIDE - LEFT - RIGHT) / len(drawn)
    place = _Place(lines[-1], room, min(BROADEST, room * OF_ITS_ROOM))
    parts = [part for n, column in enumerate(drawn) for part in _column(column, n, place, say)]
    return format_html(
        '<svg class="chart columns" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}{}{}</svg>',
        WIDE,
        HIGH,
        label,
        HATCH,
        format_html_join("", LINE, (_line(value, place, say) for value in lines)),
        format_html_join("", "{}", ((part,) for part in parts)),
        format_html(NOW, _at(LEFT + room * now[0]), 4, HIGH - BOTTOM, 14, now[1]) if now else "",
    )


def _widths(values: Sequence[int]) -> list[float]:
    """Share the width by value; what is below the least is raised, at the largest's expense."""
    if not values:
        return []
    free = WIDTH - GAP * (len(values) - 1)
    whole = sum(values)
    widths = [max(LEAST, free * value / whole) for value in values]
    widths[values.index(max(values))] -= sum(widths) - free
    return widths


@dataclass(frozen=True, slots=True)
class _Place:
    """The field on which columns stand: its largest value, and how broad they are."""

    top: int
    room: float
    breadth: float

    def y(self, value: int) -> float:
        return TOP + (HIGH - TOP - BOTTOM) * (1 - value / self.top)

    def x(self, place: int) -> float:
        return LEFT + self.room * (place + 0.5)


def _step(largest: int) -> int:
    """Return a round distance, 1, 2 or 5 times ten, of which four reach the largest value."""
    step = 1
    for factor in cycle((2, 2.5, 2)):
        if step * MOST_LINES >= largest:
            return step
        step = int(step * factor)
    raise AssertionError  # a cycle never ends


def _line(value: int, place: _Place, say: Callable[[int], str]) -> tuple[object, ...]:
    y, css = _at(place.y(value)), "grid" if value else "axis"
    return css, LEFT, WIDE - RIGHT, y, y, LEFT - 8, y, say(value)


def _column(
    column: Column, n: int, place: _Place, say: Callable[[int], str]
) -> Iterator[SafeString]:
    middle = place.x(n)
    left, breadth = _at(middle - place.breadth / 2), _at(place.breadth)
    ends = list(accumulate((value for _css, value in column.parts), initial=0))
    for (css, value), start, end in zip(column.parts, ends, ends[1:], strict=False):
        if value:
            height = max(place.y(start) - place.y(end) - (SLIT if start else 0), 1)
            yield format_html(BOX, css, left, _at(place.y(end)), breadth, _at(height))
    if column.value:
        yield format_html(TEXT, "v", _at(middle), _at(place.y(column.value) - 7), say(column.value))
    yield format_html(TEXT, "", _at(middle), HIGH - 12, column.label)


def _at(value: float) -> str:
    """Return a coordinate, whatever the reader's language."""
    return f"{value:.1f}"
