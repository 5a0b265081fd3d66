"""Take in files of invoices and credit notes."""

from invoices import importing
from invoices.import_command import ImportCommand
from invoices.importing import Report
from invoices.sources.columns import Choices
from organizations.command import now_in
from organizations.models import Organization


class Command(ImportCommand):
    help = "Take in files of invoices and credit notes; the same file twice changes nothing."

    def take_in(
        self, organization: Organization, name: str, content: bytes, mapping: Choices
    ) -> Report:
        at, on = now_in(organization)
        return importing.import_invoices(organization, name, content, mapping=mapping, on=on, at=at)
