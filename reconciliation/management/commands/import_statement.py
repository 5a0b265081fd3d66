"""Take in bank statements, and match what is sure."""

import sys
from pathlib import PurePath
from typing import Any

from django.core.management.base import CommandParser

from common import sentences
from common.errors import DomainError
from common.tenancy import tenant_transaction
from organizations.command import REFUSED, OrganizationCommand, now_in, read_file
from organizations.models import Organization
from reconciliation import exporting, importing, matching
from reconciliation.importing import LinesRefused, Options, Upload


class Command(OrganizationCommand):
    help = "Take in bank statements, and match what is sure. All files are taken in, or none."

    def add_options(self, parser: CommandParser) -> None:
        """Add the files and how to read them."""
        parser.add_argument("files", metavar="FILE", nargs="+")
        parser.add_argument("--account", metavar="IBAN", default="")
        parser.add_argument("--accept-partial", action="store_true")
        parser.add_argument("--accept-disagreement", action="store_true")
        parser.add_argument("--format", choices=importing.FORMATS, default="auto")
        parser.add_argument("--mapping", metavar="FILE", help="for tables, which name nothing")
        parser.add_argument("--no-match", action="store_true")

    def answer(self, organization: Organization, **options: Any) -> None:
        """Answer {"files", "applied", "suggested", "unmatched"}."""
        at, _on = now_in(organization)
        said = Options(
            options["account"],
            options["accept_partial"],
            options["format"],
            options["accept_disagreement"],
        )
        contents = [Upload(PurePath(path).name, read_file(path)) for path in options["files"]]
        with tenant_transaction(organization.pk):
            reports = [
                importing.import_statement(organization, upload, options=said, at=at)
                for upload in contents
            ]
            outcome = None if options["no_match"] else matching.match_new(organization, at=at)
        if options["json"]:
            self.print_json(exporting.report(reports, outcome))
        for report in reports:
            self.say(f"{report.file}: {report.lines} lines, {report.new} new, {report.known} known")
        if outcome:
            self.say(f"{outcome.applied} matched, {outcome.unmatched} left to clear")

    def refuse(self, refusal: DomainError, *, in_json: bool) -> None:
        """Say why nothing was done, and name each line that can't be read."""
        if not isinstance(refusal, LinesRefused):
            super().refuse(refusal, in_json=in_json)
        lines = refusal.lines if isinstance(refusal, LinesRefused) else []
        rows = [
            {"row": one.row, "code": one.code, "message": sentences.of_row(one)} for one in lines
        ]
        if in_json:
            error = {"code": refusal.code, "message": str(refusal), "lines": rows}
            self.print_json({"error": error})
        self.say(str(refusal))
        for row in rows:
            self.say(f"  {row['row']}: {row['message']}")
        sys.exit(REFUSED)
