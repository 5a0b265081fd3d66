"""Check an organization's timeline, event by event, seal by seal."""

from dataclasses import asdict
from typing import Any

from common.tenancy import tenant_transaction
from organizations import timeline
from organizations.command import REFUSED, OrganizationCommand
from organizations.models import Organization


class Command(OrganizationCommand):
    help = "Check an organization's timeline, event by event, seal by seal."

    def answer(self, organization: Organization, **options: Any) -> None:
        """Answer {"events", "ok", "first_broken"}; a broken chain leaves with exit status 1."""
        with tenant_transaction(organization.pk):
            verdict = timeline.verify()
        if options["json"]:
            self.print_json(asdict(verdict))
        if verdict.ok:
            self.say(f"{verdict.events} events, every seal in its place.")
        else:
            where = f"from event {verdict.first_broken}" if verdict.first_broken else "at its end"
            self.say(f"The history was changed {where}.")
            raise SystemExit(REFUSED)
