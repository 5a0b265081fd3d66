"""The ready-made scenarios that an organization chooses from. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

NAME = "Standard"


@dataclass(frozen=True, slots=True)
class StandardStep:
    level: int
    offset_days: int
    channel: str
    tone: str
    kind: str


# What French practice does: asked before the due date, courteous, a call, firm, formal notice.
STEPS = (
    StandardStep(10, -1, "email", "friendly", "preventive"),
    StandardStep(20, 7, "email", "courteous", "courteous"),
    StandardStep(30, 10, "call", "courteous", "courteous"),
    StandardStep(40, 15, "email", "firm", "firm"),
    StandardStep(50, 30, "registered_letter", "formal", "formal_notice"),
    StandardStep(900, 0, "email", "friendly", "thank_you"),
)
GENTLE = (
    StandardStep(10, -1, "email", "friendly", "preventive"),
    StandardStep(20, 10, "email", "friendly", "friendly"),
    StandardStep(30, 20, "email", "courteous", "courteous"),
    StandardStep(40, 30, "call", "courteous", "courteous"),
    StandardStep(50, 45, "email", "firm", "firm"),
    StandardStep(60, 75, "registered_letter", "formal", "formal_notice"),
    StandardStep(900, 0, "email", "friendly", "thank_you"),
)
FIRM = (
    StandardStep(10, -3, "email", "friendly", "preventive"),
    StandardStep(20, 3, "email", "courteous", "courteous"),
    StandardStep(30, 7, "call", "courteous", "courteous"),
    StandardStep(40, 10, "email", "firm", "firm"),
    StandardStep(50, 15, "email", "firm", "last"),
    StandardStep(60, 21, "registered_letter", "formal", "formal_notice"),
    StandardStep(900, 0, "email", "friendly", "thank_you"),
)
READY_MADE: Mapping[str, tuple[StandardStep, ...]] = {
    "Gentle": GENTLE,
    NAME: STEPS,
    "Firm": FIRM,
}
