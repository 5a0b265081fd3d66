"""The one kind of error that a person caused and a person can read."""

from collections.abc import Mapping


class DomainError(Exception):
    """A refusal: nothing was changed, and the sentence says why.

    `code` is stable and never renamed; `facts` are the values that the sentence speaks of.
    """

    code = "refused"

    def __init__(self, sentence: str, **facts: str | int | None) -> None:
        super().__init__(sentence)
        self.facts: Mapping[str, str | int | None] = facts
