"""Set a credit note off against an invoice: the customer owes that much less."""

from datetime import date, datetime

from django.utils.translation import gettext as _

from common.errors import DomainError
from common.money import Money
from invoices import settlement
from invoices.models import CreditAllocation, CreditNote, Invoice
from organizations import timeline


class CannotSetOff(DomainError):
    """A credit note does not fit an invoice, or too little of one of them is left."""

    code = "cannot_set_off"


def set_off(
    note: CreditNote, invoice: Invoice, amount: Money, *, on: date, at: datetime
) -> CreditAllocation:
    """Settle a part of an invoice with a part of a credit note of the same customer.

    Source: compensation of certain, due debts between the same two parties, Code civil 1347.

    Raises:
        CannotSetOff: another customer or currency, nothing, or more than is left of the two.
    """
    note = CreditNote.objects.locked().get(pk=note.pk)
    invoice = Invoice.objects.locked().get(pk=invoice.pk)
    if note.customer_id != invoice.customer_id or note.currency != invoice.currency:
        raise CannotSetOff(_("The credit note is for another customer or in another currency."))
    most = min(note.balance, invoice.balance)
    if amount.currency != note.currency or not 0 < amount.minor <= most.minor:
        raise CannotSetOff(
            _("At most %(most)s can be set off, and more than nothing.") % {"most": most}
        )
    settlement.settle(invoice, amount, on=on)
    note.applied_minor += amount.minor
    note.save(update_fields=["applied_minor"])
    timeline.record(
        "invoices.credit_set_off",
        about={"customer": note.customer_id, "invoice": invoice.pk, "credit_note": note.pk},
        data={"minor": amount.minor, "currency": amount.currency},
        at=at,
    )
    made: CreditAllocation = CreditAllocation.objects.create(
        organization_id=note.organization_id,
        credit_note=note,
        invoice=invoice,
        amount_minor=amount.minor,
        currency=amount.currency,
        applied_on=on,
    )
    return made
