"""Take in what was paid in the past, for the matching to learn from."""

import json
from pathlib import PurePath
from typing import Any

from django.core.management.base import CommandParser

from common.refusals import UploadRefused
from common.tenancy import tenant_transaction
from invoices.sources import columns
from organizations.command import OrganizationCommand, now_in, read_file
from organizations.models import Organization
from reconciliation import history
from reconciliation.importing import Upload


class Command(OrganizationCommand):
    help = "Take in what was paid in the past: it settles nothing, the matching learns from it."

    def add_options(self, parser: CommandParser) -> None:
        """Add the files and how to read them."""
        parser.add_argument("files", metavar="FILE", nargs="+")
        parser.add_argument("--mapping", metavar="FILE", default="")

    def answer(self, organization: Organization, **options: Any) -> None:
        """Answer {"created", "updated", "unchanged", "rejected"}."""
        at, _on = now_in(organization)
        choices = _choices(options["mapping"], organization)
        contents = [Upload(PurePath(path).name, read_file(path)) for path in options["files"]]
        total = history.Report()
        with tenant_transaction(organization.pk):
            for upload in contents:
                report = history.import_history(organization, upload, choices=choices, at=at)
                total.created += report.created
                total.updated += report.updated
                total.unchanged += report.unchanged
                total.rejected += report.rejected
        if options["json"]:
            self.print_json(total.document())
        self.say(
            f"{total.created} new, {total.updated} changed, {total.unchanged} known, "
            f"{len(total.rejected)} refused"
        )
        for row in total.rejected:
            self.say(f"  {row['file']}, {row['row']}: {row['message']}")


def _choices(path: str, organization: Organization) -> columns.Choices:
    if not path:
        return columns.Choices(currency=organization.currency)
    try:
        document = json.loads(read_file(path))
    except ValueError as error:
        raise UploadRefused("bad_mapping", value=path[:60]) from error
    return columns.choices(document, currency=organization.currency)
