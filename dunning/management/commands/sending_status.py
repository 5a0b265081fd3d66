"""Print how long messages have been in hand, and whether sending is stopped; 1 when some wait."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from common.tenancy import tenant_transaction
from dunning import aging, stopping
from organizations.command import REFUSED
from organizations.models import Organization, SendingStop


class Command(BaseCommand):
    help = "Print the oldest messages in hand of each organization; exit status 1 when one is late."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add `--json`."""
        parser.add_argument("--json", action="store_true", help="JSON lines on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        """Answer a line for each organization with something in hand or stopped.

        {"organization", "stopped", "in_hand": [{"state", "count", "since", "late"}]}
        """
        at, late = timezone.now(), False
        if (stop := SendingStop.standing()) is not None:
            self.stderr.write(f"Sending is stopped for everybody: {stop.reason}")
        for organization in Organization.objects.order_by("pk"):
            with tenant_transaction(organization.pk):
                found = [age for age in aging.ages(at=at) if age.count]
            stopped = stopping.standing(organization) is not None
            late |= any(age.is_late for age in found)
            if not found and not stopped:
                continue
            document = {
                "organization": organization.slug,
                "stopped": stopped,
                "in_hand": [age.document() for age in found],
            }
            if options["json"]:
                self.stdout.write(json.dumps(document, ensure_ascii=False))
            for age in found:
                mark = " LATE" if age.is_late else ""
                self.stderr.write(
                    f"{organization.slug}: {age.count} {age.state} since {age.since}{mark}"
                )
        if late:
            sys.exit(REFUSED)
