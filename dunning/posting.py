"""Letters on paper: frozen by their first print, and noted when a person posted them.

A registered letter may be left to a provider instead, who prints and posts it.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from common import bulk
from common.errors import DomainError
from common.money import Money
from dunning import checklist, composing, last_look, outbox, waiting
from dunning.channels import registry
from dunning.models import Act, Channel, Message
from dunning.stationery import Stationery
from invoices.models import Contact, Invoice
from organizations import timeline

State = Message.State

TAKEN_BACK_WITHIN = timedelta(seconds=60)
PAPER_KEEPS = timedelta(days=3)  # over a weekend; then a letter is dated anew


class LetterIncomplete(DomainError):
    """A letter lacks what the post needs to bring it."""

    code = "letter_incomplete"


class NotAsPrinted(DomainError):
    """What is posted is what was printed; the paper is missing, or says what is not so any more."""

    code = "letter_not_as_printed"


class NobodyPosts(DomainError):
    """The installation has no provider that posts registered letters."""

    code = "nobody_posts"


class NotPostedThen(DomainError):
    """A letter is posted on the day on which it was printed or after, and not tomorrow."""

    code = "letter_not_posted_then"


def mark_printed(
    message: Message, *, at: datetime, number: str = "", written_on: Stationery | None = None
) -> Message:
    """Freeze a letter for the paper, and return it; one that stands as printed stays as it is.

    It bears the day on which it is printed, and its delay and interest count from there.

    Args:
        number: of the registered letter, when the post gave it beforehand.
        written_on: what it is printed on, for who prints many.

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
    standing = outbox.drop(acts, _stopped(letter, acts, on=on), at=at)
    letter.receipt, letter.printed_at, letter.printed_by = number, at, timeline.actor()
    letter.to = composing.recipient(letter)
    outbox.freeze(letter, standing, written_on=written_on)
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
    _stopped(letter, acts, on=today)
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
    return write_copy(letter, at=at)


def hand_over(messages: Sequence[Message], *, at: datetime) -> list[int]:
    """Leave registered letters to the provider, all or none, and return their ids, to ring for.

    He is given them in a minute, as they stand then; until then they may be taken back.

    Raises:
        NobodyPosts: there is no provider, or a letter is not registered.
        NotInThisState: one does not wait to be posted, or nothing of it is owed any more.
        LetterIncomplete: the post would bring one to nobody.
        NotAsPrinted: one was printed, and could leave twice.
    """
    carrier = registry.provider(Channel.REGISTERED_LETTER)
    if carrier is None:
        raise NobodyPosts(_("No provider is set up: print the letters, and post them."))
    letters = []
    for message in sorted(messages, key=lambda one: one.pk):
        letter, acts = _letter_to_post(message)
        on = outbox.day_of(letter, at)
        if letter.channel != Channel.REGISTERED_LETTER:
            raise NobodyPosts(
                _("The letter to %(name)s is not registered: print it, and post it.")
                % {"name": letter.customer.name}
            )
        if letter.printed_at is not None:
            raise NotAsPrinted(
                _("The letter to %(name)s was printed, and would leave twice: post it.")
                % {"name": letter.customer.name}
            )
        _refuse_incomplete(letter, on=on)
        _stopped(letter, acts, on=on)
        letter.provider, letter.not_before = carrier.name, at + TAKEN_BACK_WITHIN
        letters.append(letter)
    bulk.update(letters, "provider", "not_before")
    outbox.remember_all("dunning.letter_handed_over", letters, at=at)
    return [letter.pk for letter in letters]


def take_back(message: Message, *, at: datetime) -> None:
    """Take a letter back from the provider who was not given it yet: a person posts it.

    Raises:
        NotInThisState: it has left, or is leaving.
    """
    letter = outbox.in_state(message, State.QUEUED)
    if not letter.provider or letter.channel not in waiting.BY_POST:
        raise outbox.NotInThisState(_("This letter was left to nobody."))
    give_back(letter, at=at)


def give_back(letter: Message, *, at: datetime) -> None:
    """Let a locked letter wait for a person again, whom the provider was not given yet."""
    letter.provider, letter.not_before, letter.failure = "", None, ""
    letter.save(update_fields=["provider", "not_before", "failure"])
    outbox.remember("dunning.letter_taken_back", letter, at=at)


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
    if letter.channel not in waiting.BY_POST:
        raise outbox.NotInThisState(_("This is no letter."))
    if letter.provider:
        raise outbox.NotInThisState(
            _("The letter to %(name)s was left to the provider.") % {"name": letter.customer.name}
        )
    return letter, sorted(acts, key=lambda act: (act.instalment.due_on, act.pk))


def _stopped(letter: Message, acts: Sequence[Act], *, on: date) -> Mapping[int, tuple[str, ...]]:
    """Return what stops the acts of a letter; refuse one of which none stands any more."""
    stopped = last_look.stopped_by(letter.organization, acts, on=on)
    if all(stopped.values()):
        raise outbox.NotInThisState(_("There is no letter to post: it was paid or held meanwhile."))
    return stopped


def _refuse_incomplete(letter: Message, *, on: date) -> None:
    if letter.customer.address_failed_at is not None:
        raise LetterIncomplete(
            _("Letters to %(name)s come back: mend the address first.")
            % {"name": letter.customer.name}
        )
    if any(gap.blocks for gap in checklist.gaps(letter, on=on)):
        raise LetterIncomplete(
            _("The address of %(name)s is missing: the post would bring the letter to nobody.")
            % {"name": letter.customer.name}
        )


def write_copy(letter: Message, *, at: datetime) -> int | None:
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
