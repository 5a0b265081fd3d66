"""Print every bank line and what came of it."""

from typing import Any

from common.tenancy import tenant_transaction
from organizations.command import OrganizationCommand
from organizations.models import Organization
from reconciliation import exporting


class Command(OrganizationCommand):
    help = "Print every bank line and what came of it, as JSON lines."

    def answer(self, organization: Organization, **options: Any) -> None:
        """Answer one JSON object a line, whether or not `--json` is said."""
        with tenant_transaction(organization.pk):
            self.print_lines(exporting.documents())
