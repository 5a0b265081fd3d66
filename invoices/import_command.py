"""What the commands that take in files share: options, one transaction for all, one answer."""

import json
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser

from common.refusals import UploadRefused
from common.tenancy import tenant_transaction
from invoices.importing import Report
from invoices.sources.columns import UNSAID, Choices, choices
from organizations.command import OrganizationCommand, read_file
from organizations.models import Organization


class ImportCommand(OrganizationCommand):
    """Take in files; all of them or, when one can't be read at all, none."""

    formats: Sequence[str] = ("auto", "csv", "xlsx")  # recognised by content, whatever is said

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument("--format", choices=self.formats, default="auto")
        parser.add_argument("--mapping", metavar="FILE", help="a JSON object: header to column")

    @abstractmethod
    def take_in(
        self, organization: Organization, name: str, content: bytes, mapping: Choices
    ) -> Report:
        """Take in one file; the organization is open."""

    def answer(self, organization: Organization, **options: Any) -> None:
        """Answer {"created", "updated", "unchanged", "customers_created", "rejected"}."""
        mapping = _mapping(options["mapping"], organization)
        contents = [(path, read_file(path)) for path in options["files"]]
        with tenant_transaction(organization.pk):
            reports = [
                self.take_in(organization, path, content, mapping) for path, content in contents
            ]
        answer: dict[str, Any] = {
            "created": sum(report.created for report in reports),
            "updated": sum(report.updated for report in reports),
            "unchanged": sum(report.unchanged for report in reports),
            "customers_created": sum(report.customers_created for report in reports),
            "rejected": [asdict(bad) for report in reports for bad in report.rejected],
        }
        if options["json"]:
            self.print_json(answer)
            return
        for bad in answer["rejected"]:
            self.say(f"{bad['file']}, row {bad['row']}: {bad['message']}")
        self.say(
            f"{answer['created']} created, {answer['updated']} updated, "
            f"{answer['unchanged']} unchanged, {len(answer['rejected'])} refused; "
            f"{answer['customers_created']} new customers."
        )


def _mapping(path: str | None, organization: Organization) -> Choices:
    if not path:
        return UNSAID
    text = read_file(path).decode(errors="replace")
    try:
        document = json.loads(text)
    except ValueError as error:
        raise UploadRefused("bad_mapping", value=text[:60]) from error
    return choices(document, currency=organization.currency)
