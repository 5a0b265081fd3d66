"""What an invoice can expect: the holds on it, what is asked of it next, and what is in the way."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from dunning import facts, ladder
from dunning.debtor import Blocker
from dunning.models import Hold
from invoices.models import Invoice
from organizations.models import Organization

Expected = tuple[date, ladder.Act]


@dataclass(frozen=True, slots=True)
class Outlook:
    """The acts to come, the first of each day, and all that is in the way today."""

    ahead: tuple[Expected, ...]
    blockers: tuple[Blocker, ...]

    @property
    def next(self) -> Expected | None:
        return self.ahead[0] if self.ahead else None


def of_invoice(invoice: Invoice, *, on: date, days: int = ladder.HORIZON_DAYS) -> Outlook:
    """Return what an invoice can expect from a day on, nothing else happening."""
    parts = {part.pk for part in invoice.instalments.all()}
    ahead: list[Expected] = []
    blockers: dict[Blocker, None] = {}
    for debtor in facts.debtors(
        invoice.organization, on=on, days=days, customer_ids=[invoice.customer_id]
    ):
        for day, acts in ladder.fold(debtor, start=on, days=days):
            mine = [act for act in acts if act.instalment_id in parts]
            ahead += [(day, act) for act in mine[:1]]
        for part in debtor.instalments:
            if part.id in parts:
                blockers.update(dict.fromkeys(ladder.blockers(debtor, part, on=on)))
    return Outlook(tuple(ahead), tuple(blockers))


def next_acts(
    organization: Organization, invoices: Sequence[Invoice], *, on: date
) -> dict[int, Expected]:
    """Return the next act of each invoice that has one, by its id."""
    by_part = {part.pk: invoice.pk for invoice in invoices for part in invoice.instalments.all()}
    following: dict[int, Expected] = {}
    for debtor in facts.debtors(
        organization,
        on=on,
        days=ladder.HORIZON_DAYS,
        customer_ids={invoice.customer_id for invoice in invoices},
    ):
        for part_id, expected in ladder.next_acts(debtor, on=on).items():
            key = by_part.get(part_id)
            if key is not None and (key not in following or expected[0] < following[key][0]):
                following[key] = expected
    return following


def holds_on(invoices: Sequence[Invoice], *, on: date) -> dict[int, list[Hold]]:
    """Return the holds that cover each invoice on a day, by its id: its own, its customer's, all's.

    One query, whatever the number of invoices.
    """
    owners = {invoice.customer_id for invoice in invoices}
    wanted = (
        Q(invoice__in=[invoice.pk for invoice in invoices])
        | Q(customer__in=owners, invoice__isnull=True)
        | Q(customer__isnull=True, invoice__isnull=True)
    )
    found: dict[tuple[int | None, int | None], list[Hold]] = defaultdict(list)
    for hold in Hold.objects.standing(on=on).filter(wanted).order_by("pk"):
        key = (None, hold.invoice_id) if hold.invoice_id else (hold.customer_id, None)
        found[key].append(hold)
    return {
        invoice.pk: [
            *found[None, invoice.pk], *found[invoice.customer_id, None], *found[None, None]
        ]
        for invoice in invoices
    }
