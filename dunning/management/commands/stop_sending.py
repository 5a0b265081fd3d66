"""Stop all that this installation sends, at once and for every organization."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from common.errors import DomainError
from dunning import stopping
from organizations.command import REFUSED, WRONG_USE


class Command(BaseCommand):
    help = "Stop all sending of this installation; members read the reason. resume_sending ends it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add `--reason TEXT`."""
        parser.add_argument("--reason", required=True, metavar="TEXT")

    def handle(self, *args: Any, **options: Any) -> None:
        """Stop, or refuse with exit status 1 when it is stopped; 2 without a reason."""
        if not options["reason"].strip():
            self.stderr.write("Say why: members read the reason.")
            sys.exit(WRONG_USE)
        try:
            stopping.stop_all(reason=options["reason"], at=timezone.now())
        except DomainError as refusal:
            self.stderr.write(str(refusal))
            sys.exit(REFUSED)
        self.stderr.write("Sending is stopped. What is on the line still goes; nothing else does.")
