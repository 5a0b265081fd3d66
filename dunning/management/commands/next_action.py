"""Print what is next asked of an invoice, and all that stands in the way today."""

from typing import Any

from django.core.management.base import CommandParser

from common.errors import DomainError
from common.tenancy import tenant_transaction
from dunning import planning
from invoices.models import Invoice
from organizations.command import OrganizationCommand, a_date, now_in
from organizations.models import Organization


class UnknownInvoice(DomainError):
    """The organization has no invoice of this number."""

    code = "unknown_invoice"


class Command(OrganizationCommand):
    help = "Print what is next asked of an invoice, and all that stands in the way."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("invoice", metavar="INVOICE")
        parser.add_argument("--on", type=a_date, metavar="DATE")

    def answer(self, organization: Organization, **options: Any) -> None:
        """Answer {"date", "channel", "level", "rule", "blockers"}."""
        _at, today = now_in(organization)
        with tenant_transaction(organization.pk):
            invoice = Invoice.objects.filter(number=options["invoice"]).first()
            if invoice is None:
                raise UnknownInvoice(f"There is no invoice “{options['invoice']}”.")
            answer = planning.next_document(invoice, on=options["on"] or today)
        if options["json"]:
            self.print_json(answer)
        elif answer["date"] is None:
            self.say("Nothing is planned.")
        else:
            self.say(f"{answer['date']} {answer['channel']}: {answer['rule']}")
        for blocker in [] if options["json"] else answer["blockers"]:
            self.say(f"  {blocker['kind']} until {blocker['until'] or 'someone ends it'}")
