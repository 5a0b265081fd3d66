"""What is planned, as pages and files show it: whom it is for, and how much it asks."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date

from common.money import Money
from dunning.foreseen import Heard, Run
from dunning.models import Channel, StepKind
from dunning.planning import Contacting
from invoices.models import Customer, Instalment


def run(coming: Sequence[Contacting], *, start: date, days: int) -> Run:
    """Return contacts to come with what each asks for, in one query."""
    ids = {act.instalment_id for contact in coming for act in contact.acts}
    left = {part.pk: part.asked for part in Instalment.objects.filter(pk__in=ids)}
    return Run(start, days, tuple(heard(contact, left) for contact in coming))


def heard(contact: Contacting, left: Mapping[int, Money]) -> Heard:
    """Return a contact with what it asks for; thanks ask for nothing.

    Args:
        left: of each instalment, what may be asked for.
    """
    return Heard(
        contact.on,
        contact.customer_id,
        contact.customer,
        contact.acts,
        {
            act.instalment_id: left[act.instalment_id]
            for act in contact.acts
            if act.step.kind != StepKind.THANK_YOU
        },
    )


def names(customer_ids: Collection[int]) -> dict[int, str]:
    """Return what customers are called, in one query."""
    return dict(Customer.objects.filter(pk__in=customer_ids).values_list("pk", "name"))


def lines(found: Iterable[Heard], called: Mapping[int, str]) -> Iterator[list[str]]:
    """Give the lines of a file, one for each invoice that a contact is about.

    Day, channel, step, customer's code and name, invoice, amount, currency, rule; days and
    amounts as programs write them, names in the reader's language.
    """
    for one in found:
        for act in one.acts:
            left = one.asked.get(act.instalment_id)
            yield [
                one.on.isoformat(),
                str(Channel(act.step.channel).label),
                str(StepKind(act.step.kind).label),
                one.customer,
                called[one.customer_id],
                act.number,
                "" if left is None else left.amount,
                "" if left is None else left.currency,
                act.rule,
            ]
