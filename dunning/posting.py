"""Letters on paper: frozen by their first print, and noted when a person posted them."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from common.errors import DomainError
from common.money import Money
from dunning import checklist, composing, last_look, outbox
from dunning.models import Act, Channel, Message
from invoices.models import Contact, Invoice
from organizations import timeline

State = Message.State

PAPER_KEEPS = timedelta(days=3)  # over a weekend; then a letter is dated anew


class LetterIncomplete(DomainError):
    """A letter lacks what the post needs to bring it."""

    code = "letter_incomplete"


class NotAsPrinted(DomainError):
    """What is posted is what was printed; the paper is missing, or says what is not so any more."""

    code = "letter_not_as_printed"


class NotPostedThen(DomainError):
    """A letter is posted on the day on which it was printed or after, and not tomorrow."""

    code = "letter_not_posted_then"


def mark_printed(message: Message, *, at: datetime, number: str = "") -> Message:
    """Freeze a letter for the paper, and return it; one that stands as printed stays as it is.

    It bears the day on which it is printed, and its delay and interest count from there.

    Args:
        number: of the registered letter, when the post gave it beforehand.

    Raises:
        NotInThisState: it is no letter that waits to be posted, or nothing is owed any more.
        LetterIncomplete: the post would bring it to nobody.
    """
    letter, acts = _letter_to_post(message)
    on = outbox.day_of(letter, at)
    number = number.strip() or letter.receipt
    if number == letter.receipt and is_as_printed(letter, acts, on=on):
        return letter
    _refuse_incomplete(letter, on=on)
    standing = _still_to_post(letter, acts, on=on)
    outbox.drop(acts, but=standing, at=at)
    letter.receipt, letter.printed_at, letter.printed_by = number, at, timeline.actor()
    letter.to = composing.recipient(letter)
    outbox.freeze(letter, standing)
    letter.save()
    outbox.remember("dunning.letter_printed", letter, at=at)
    return letter


def is_as_printed(letter: Message, acts: Sequence[Act], *, on: date) -> bool:
    """Return whether a letter was printed and all on the paper holds on a day: post it."""
    return letter.pk in as_printed([(letter, acts)], on=on)


def as_printed(found: Sequence[tuple[Message, Sequence[Act]]], *, on: date) -> set[int]:
    """Return the ids of the letters that were printed and whose every word holds on a day.

    What is asked for, to whom, and the day: a letter leaves within three days of its date, so
    that the delay it gives is one.

    Args:
        found: letters of one organization with their acts.
    """
    printed = [(letter, acts) for letter, acts in found if letter.printed_on is not None]
    if not printed:
        return set()
    asked = [act for _letter, acts in printed for act in acts]
    standing = {
        act.pk for act in last_look.still_standing(printed[0][0].organization, asked, on=on)
    }
    return {
        letter.pk
        for letter, acts in printed
        if acts
        and all(act.pk in standing for act in acts)
        and composing.total(letter, acts) == Money(letter.total_minor or 0, letter.currency)
        and composing.recipient(letter) == letter.to
        and letter.printed_on is not None
        and on <= letter.printed_on + PAPER_KEEPS
    }


def mark_posted(
    message: Message, *, at: datetime, posted_on: date | None = None, number: str = ""
) -> int | None:
    """Note that a person posted a letter as it was printed.

    A copy leaves by email, if somebody can be written to; return its id, to ring for.

    Args:
        posted_on: the day, by default that of `at`.
        number: of the registered letter, as the post gave it.

    Raises:
        NotInThisState: it is no letter that waits to be posted, or nothing is owed any more.
        LetterIncomplete: the post would bring it to nobody.
        NotAsPrinted: it was not printed, or what the paper says does not hold any more.
        NotPostedThen: the day lies before the one on which it was printed, or is still to come.
    """
    letter, acts = _letter_to_post(message)
    today = outbox.day_of(letter, at)
    posted_on = posted_on or today
    _refuse_incomplete(letter, on=today)
    _still_to_post(letter, acts, on=today)
    if letter.printed_on is None:
        raise NotAsPrinted(_("Print the letter first: what is posted is what was printed."))
    refuse_day(letter, posted_on, today=today)
    number = number.strip() or letter.receipt
    has_other_number = letter.receipt not in {"", number}
    if has_other_number or not is_as_printed(letter, acts, on=posted_on):
        raise NotAsPrinted(
            _("What the paper says does not hold any more: print the letter to %(name)s anew.")
            % {"name": letter.customer.name}
        )
    outbox.sent(letter, receipt=number or composing.UNNUMBERED, at=at, posted_on=posted_on)
    return _write_copy(letter, at=at)


def refuse_day(letter: Message, posted_on: date, *, today: date) -> None:
    """Refuse a day on which a printed letter can't have been posted.

    Raises:
        NotPostedThen: it lies before the day of printing, or is still to come.
    """
    if posted_on > today:
        raise NotPostedThen(
            _("%(day)s is still to come: a letter is posted today, or was before.")
            % {"day": date_format(posted_on, "DATE_FORMAT")}
        )
    if letter.printed_on is not None and posted_on < letter.printed_on:
        raise NotPostedThen(
            _("%(day)s is before the letter to %(name)s was printed, on %(printed)s.")
            % {
                "day": date_format(posted_on, "DATE_FORMAT"),
                "name": letter.customer.name,
                "printed": date_format(letter.printed_on, "DATE_FORMAT"),
            }
        )


def _letter_to_post(message: Message) -> tuple[Message, list[Act]]:
    """Lock the invoices, acts and row of a letter that waits to be posted, and return them."""
    carried = Act.objects.filter(message=message)
    list(Invoice.objects.filter(pk__in=carried.values("instalment__invoice")).locked())
    acts = list(carried.select_related("instalment__invoice").locked())
    letter = outbox.in_state(message, State.QUEUED)
    if letter.channel == Channel.EMAIL:
        raise outbox.NotInThisState(_("This is no letter."))
    return letter, sorted(acts, key=lambda act: (act.instalment.due_on, act.pk))


def _still_to_post(letter: Message, acts: Sequence[Act], *, on: date) -> list[Act]:
    standing = last_look.standing(letter, acts, on=on)
    if not standing:
        raise outbox.NotInThisState(_("There is no letter to post: it was paid or held meanwhile."))
    return standing


def _refuse_incomplete(letter: Message, *, on: date) -> None:
    if any(gap.blocks for gap in checklist.gaps(letter, on=on)):
        raise LetterIncomplete(
            _("The address of %(name)s is missing: the post would bring the letter to nobody.")
            % {"name": letter.customer.name}
        )


def _write_copy(letter: Message, *, at: datetime) -> int | None:
    """Write the email that brings a posted letter to the first contact with an address."""
    people = Contact.objects.filter(customer=letter.customer_id).order_by("rank", "pk")
    to = next((person for person in people if person.can_be_written_to), None)
    if to is None:
        return None
    copy: Message = Message.objects.create(
        organization=letter.organization,
        customer_id=letter.customer_id,
        contact=to,
        channel=Channel.EMAIL,
        kind=letter.kind,
        tone=letter.tone,
        level=letter.level,
        state=State.QUEUED,
        language=letter.language,
        written_on=letter.written_on,
        copy_of=letter,
        created_at=at,
    )
    return copy.pk
