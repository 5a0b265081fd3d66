"""The ready-made scenario that every organization begins with. Pure."""

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
