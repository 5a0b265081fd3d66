"""End what stop_sending began."""

import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from common.errors import DomainError
from dunning import stopping
from organizations.command import REFUSED


class Command(BaseCommand):
    help = "Let this installation send again; what waited leaves over the next minutes."

    def handle(self, *args: Any, **options: Any) -> None:
        """Resume, or refuse with exit status 1 when sending is not stopped."""
        try:
            waiting = stopping.resume_all(at=timezone.now())
        except DomainError as refusal:
            self.stderr.write(str(refusal))
            sys.exit(REFUSED)
        self.stderr.write(f"Sending goes on; {waiting} messages leave over the next minutes.")
