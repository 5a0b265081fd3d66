"""Charts as SVG made on the server. Pure: figures and words in, markup out.

Attributes and classes only, so that the content policy holds and colours follow the theme. Each
chart stands beside the same figures in words: the picture alone says nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT, GAP = 1000, 36, 4
LEAST = 44  # so that the smallest part is still a target of 24 CSS pixels on a phone


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar: how much, of which class, where it leads, what it says."""

    value: int
    css: str
    url: str
    label: str


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
            (part.url, part.label, part.css, f"{start:.1f}", f"{width:.1f}", HEIGHT)
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


def _widths(values: Sequence[int]) -> list[float]:
    """Share the width by value; what is below the least is raised, at the largest's expense."""
    if not values:
        return []
    free = WIDTH - GAP * (len(values) - 1)
    whole = sum(values)
    widths = [max(LEAST, free * value / whole) for value in values]
    widths[values.index(max(values))] -= sum(widths) - free
    return widths
