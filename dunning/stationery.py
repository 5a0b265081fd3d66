"""What an organization's messages are written on: its own words, and what it joins to them."""

from dataclasses import dataclass

from dunning import own_texts
from dunning.models import Enclosing, Joining, Message, StepKind
from dunning.own_texts import OwnTexts

FIRM_TONES = frozenset({"firm", "formal"})


@dataclass(frozen=True, slots=True)
class Stationery:
    """Read once, by two queries, for as many messages as are written."""

    own: OwnTexts
    enclosing: Enclosing

    def takes(self, currency: str, *, at_home: str) -> bool:
        """Return whether the account of the bank details takes a currency.

        Args:
            at_home: the organization's own currency.
        """
        return currency == at_home or currency in self.enclosing.currencies

    def joins_copies(self, message: Message) -> bool:
        """Return whether copies of its invoices go with a message."""
        if message.kind == StepKind.THANK_YOU or self.enclosing.copies == Joining.NEVER:
            return False
        is_firm = message.tone in FIRM_TONES or message.kind == StepKind.FORMAL_NOTICE
        return self.enclosing.copies == Joining.ALWAYS or is_firm

    def joins_statement(self, message: Message, *, invoices: int) -> bool:
        """Return whether the statement of account goes with a message about some invoices."""
        return self.enclosing.statement and invoices > 1 and message.kind != StepKind.THANK_YOU


def in_force() -> Stationery:
    """Return what the open organization writes on."""
    return Stationery(own_texts.in_force(), enclosing())


def enclosing() -> Enclosing:
    """Return what is joined, as the organization said or as it comes."""
    return Enclosing.objects.first() or Enclosing()
