"""What every command about one organization shares: finding it, opening it, refusing in one way.

Standard output carries JSON alone; what is meant for people goes to standard error. The exit
status is 0 when done, 1 when refused, 2 when the command was used wrongly.
"""

import json
import sys
from abc import abstractmethod
from argparse import ArgumentTypeError
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from common.errors import DomainError
from organizations.models import Organization

REFUSED, WRONG_USE = 1, 2


class UnknownOrganization(DomainError):
    """There is no organization of this name in addresses."""

    code = "unknown_organization"


class UnreadableFile(DomainError):
    """A file named on the command line cannot be read."""

    code = "unreadable_file"


class OrganizationCommand(BaseCommand):
    """A command about the organization named by its slug."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Add `SLUG` and `--json`; a command adds its own in `add_options`."""
        parser.add_argument("slug", metavar="SLUG")
        parser.add_argument("--json", action="store_true", help="answer in JSON on standard output")
        self.add_options(parser)

    def add_options(self, parser: CommandParser) -> None:
        """Add what the command takes besides."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Find the organization and answer, or refuse with exit status 1."""
        try:
            organization = find(options["slug"])
            self.answer(organization, **options)
        except DomainError as refusal:
            self.refuse(refusal, in_json=options["json"])

    @abstractmethod
    def answer(self, organization: Organization, **options: Any) -> None:
        """Do the work. No organization is open yet: open it by `tenant_transaction`."""

    def say(self, line: str) -> None:
        """Tell a person something."""
        self.stderr.write(line)

    def print_json(self, document: Any) -> None:
        """Write one JSON document on a line of its own."""
        self.stdout.write(json.dumps(document, ensure_ascii=False))

    def print_lines(self, documents: Iterable[Any]) -> None:
        """Write JSON lines."""
        for document in documents:
            self.print_json(document)

    def refuse(self, refusal: DomainError, *, in_json: bool) -> None:
        """Say why nothing was done, and leave with exit status 1."""
        if in_json:
            facts = {key: value for key, value in refusal.facts.items() if value is not None}
            error = {"code": refusal.code, "message": str(refusal), **facts}
            self.print_json({"error": error})
        self.say(str(refusal))
        sys.exit(REFUSED)


def find(slug: str) -> Organization:
    """Return an organization by its slug.

    Raises:
        UnknownOrganization: there is none.
    """
    organization = Organization.objects.filter(slug=slug).first()
    if organization is None:
        raise UnknownOrganization(f"There is no organization “{slug}”.")
    return organization


def now_in(organization: Organization) -> tuple[datetime, date]:
    """Return the instant, and the date it is in the organization's zone."""
    at = timezone.now()
    return at, at.astimezone(organization.zone).date()


def a_date(text: str) -> date:
    """Read an ISO date of the command line."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is not a date like 2026-11-24") from error


def read_file(path: str) -> bytes:
    """Return a file's bytes.

    Raises:
        UnreadableFile: it is not there, or may not be read.
    """
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UnreadableFile(f"{path}: {error.strerror}.") from error
