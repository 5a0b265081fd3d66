"""Letters that the post brought back: a person, or the provider who posted them, says why."""

from datetime import datetime

from django.utils.translation import gettext as _

from dunning import composing, outbox, waiting
from dunning.models import Message, Returned
from invoices import recording

State = Message.State


def came_back(message: Message, *, why: Returned, at: datetime) -> None:
    """Note that a letter came back; said again, only the reason is another one.

    It was sent all the same: what was refused or not fetched counts as received. Where nobody is
    known, nothing is sent any more until a person has put the address right.

    Raises:
        NotInThisState: it is no letter that was posted.
    """
    letter = _posted(message)
    if letter.returned_as == why:
        return
    _restore_address(letter, at=at)
    letter.returned_at, letter.returned_as = letter.returned_at or at, why
    letter.save(update_fields=["returned_at", "returned_as"])
    outbox.remember("dunning.letter_returned", letter, at=at, reason=str(why))
    is_there_still = composing.recipient(letter) == letter.to
    if why == Returned.WRONG_ADDRESS and is_there_still and letter.customer.can_be_posted_to:
        recording.address_failed(letter.customer, at=letter.returned_at)


def undo(message: Message, *, at: datetime) -> None:
    """Take back that a letter came back, and what it said of the address.

    Raises:
        NotInThisState: it did not come back.
    """
    letter = _posted(message)
    if letter.returned_at is None:
        raise outbox.NotInThisState(_("This letter did not come back."))
    _restore_address(letter, at=at)
    letter.returned_at, letter.returned_as = None, ""
    letter.save(update_fields=["returned_at", "returned_as"])
    outbox.remember("dunning.letter_arrived", letter, at=at)


def _posted(message: Message) -> Message:
    letter = outbox.in_state(message, State.SENT)
    if letter.channel not in waiting.BY_POST:
        raise outbox.NotInThisState(_("This is no letter."))
    return letter


def _restore_address(letter: Message, *, at: datetime) -> None:
    """Let an address hold again that this letter alone spoke against."""
    failed_at = letter.customer.address_failed_at
    if failed_at is not None and failed_at == letter.returned_at:
        recording.address_holds(letter.customer, at=at)
