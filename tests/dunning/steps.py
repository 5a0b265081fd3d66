"""Drafts of steps, written short: `step(7)` is a courteous email a week after the due date."""

from typing import Any

from dunning.drafts import StepDraft

TONES = {
    "preventive": "friendly",
    "due": "friendly",
    "friendly": "friendly",
    "courteous": "courteous",
    "firm": "firm",
    "last": "firm",
    "formal_notice": "formal",
    "thank_you": "friendly",
}


def step(offset_days: int, kind: str = "courteous", **changes: Any) -> StepDraft:
    """Return a new step without contradictions of its own; `channel`, `tone`, ... as asked."""
    by = "registered_letter" if kind == "formal_notice" else "email"
    values = {"level": None, "channel": by, "tone": TONES[kind], **changes}
    return StepDraft(offset_days=offset_days, kind=kind, **values)
