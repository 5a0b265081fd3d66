"""A scenario drawn on a ruler: a mark for each step, the due date a line. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from dunning.drafts import StepDraft, rank

WIDTH, HEIGHT, EDGE = 640, 64, 28
LINE = 34  # where the axis lies
ABOVE, BELOW = 22, 58  # where labels stand, by turns, so that near ones do not meet
LEAST_DAYS = 30  # after the due date, so that short scenarios are not stretched


@dataclass(frozen=True, slots=True)
class Mark:
    x: int
    radius: int  # the firmer the larger
    label_y: int
    offset_days: int
    kind: str
    channel: str


@dataclass(frozen=True, slots=True)
class Ruler:
    """The sizes are of the drawing, in its own units."""

    due_x: int
    marks: tuple[Mark, ...]
    width: int = WIDTH
    height: int = HEIGHT
    line_y: int = LINE
    top_y: int = LINE - 18
    bottom_y: int = LINE + 18
    left_x: int = EDGE // 2
    right_x: int = WIDTH - EDGE // 2


def drawn(steps: Sequence[StepDraft]) -> Ruler:
    """Return the ruler of a scenario, thank-yous left out: they have no day."""
    asking = sorted((one for one in steps if not one.is_thank_you), key=lambda one: one.order)
    days = [one.offset_days for one in asking]
    first, last = min([0, *days]), max([LEAST_DAYS, *days])

    def across(day: int) -> int:
        return EDGE + round((day - first) * (WIDTH - 2 * EDGE) / (last - first))

    marks = tuple(
        Mark(
            x=across(one.offset_days),
            radius=5 + rank(one.kind) // 2,
            label_y=BELOW if place % 2 else ABOVE - 8,
            offset_days=one.offset_days,
            kind=one.kind,
            channel=one.channel,
        )
        for place, one in enumerate(asking)
    )
    return Ruler(due_x=across(0), marks=marks)
