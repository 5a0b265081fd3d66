"""Take in files of customers."""

from invoices import importing
from invoices.import_command import ImportCommand
from invoices.importing import Report
from invoices.sources.columns import Choices
from organizations.command import now_in
from organizations.models import Organization


class Command(ImportCommand):
    help = "Take in files of customers; known ones are brought to what the file says."

    def take_in(
        self, organization: Organization, name: str, content: bytes, mapping: Choices
    ) -> Report:
        at, _on = now_in(organization)
        return importing.import_customers(organization, name, content, mapping=mapping, at=at)
