"""Take in files of statuses of electronic invoices."""

from dunning import einvoice_importing, facts
from invoices.import_command import ImportCommand
from invoices.importing import Report
from invoices.sources.columns import Choices
from organizations.command import now_in
from organizations.models import Organization


class Command(ImportCommand):
    help = "Take in files of statuses of electronic invoices; the same twice changes nothing."

    def take_in(
        self, organization: Organization, name: str, content: bytes, mapping: Choices
    ) -> Report:
        at, _on = now_in(organization)
        return einvoice_importing.import_statuses(
            organization,
            name,
            content,
            mapping=mapping,
            at=at,
            calendar=facts.calendar_of(organization),
        )
