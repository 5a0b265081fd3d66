"""A step as somebody writes it, before it is in force. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from dunning.debtor import FORMAL_NOTICE, THANK_YOU

# How far one has gone, softest first.
KINDS = ("preventive", "due", "friendly", "courteous", "firm", "last", FORMAL_NOTICE)
TONES = ("friendly", "courteous", "firm", "formal")


@dataclass(frozen=True, slots=True)
class StepDraft:
    """A step; one that is new has no level yet."""

    level: int | None
    offset_days: int  # after the due date; negative before it
    channel: str
    tone: str
    kind: str
    contact_role: str = ""
    least_minor: int | None = None  # left to pay of the invoice, in the organization's currency
    customer_kind: str = ""  # any
    approval: str = "inherit"

    @property
    def is_thank_you(self) -> bool:
        return self.kind == THANK_YOU

    @property
    def order(self) -> tuple[int, int, int, str]:
        """Return its place among the others: by day, then the softer before the firmer."""
        return (self.offset_days, rank(self.kind), TONES.index(self.tone), self.channel)

    def document(self) -> dict[str, Any]:
        """Return it as a version keeps it."""
        return asdict(self)


def read(documents: Sequence[Mapping[str, Any]]) -> tuple[StepDraft, ...]:
    """Return the steps that a version keeps."""
    return tuple(StepDraft(**document) for document in documents)


def rank(kind: str) -> int:
    """Return how far a kind of step goes; a thank-you goes nowhere."""
    return KINDS.index(kind) if kind in KINDS else -1
