"""Print what the rounds of the coming days will write, if nothing else happens."""

from typing import Any

from django.core.management.base import CommandParser

from common.tenancy import tenant_transaction
from dunning import planning
from organizations.command import OrganizationCommand, a_date, now_in
from organizations.models import Organization

MOST_DAYS = 366


class Command(OrganizationCommand):
    help = "Print what the coming days bring, if nothing else happens; with --json, as JSON lines."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="start", type=a_date, metavar="DATE")
        parser.add_argument("--days", type=int, default=30, choices=range(1, MOST_DAYS + 1),
                            metavar="N")  # fmt: skip

    def answer(self, organization: Organization, **options: Any) -> None:
        """Answer one line for each message and call, by day."""
        _at, today = now_in(organization)
        with tenant_transaction(organization.pk):
            coming = list(
                planning.preview(
                    organization, start=options["start"] or today, days=options["days"]
                )
            )
        if options["json"]:
            self.print_lines(contact.document() for contact in coming)
            return
        for contact in coming:
            document = contact.document()
            numbers = ", ".join(str(invoice["number"]) for invoice in document["invoices"])
            self.stdout.write(
                f"{document['date']}  {document['channel']:18} {document['customer']:10} "
                f"{numbers}  ({document['rule']})"
            )
