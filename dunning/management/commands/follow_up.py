"""Do the round of one business date as the schedule does, and deliver its messages."""

import json
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import IntegrityError
from django.utils import timezone

from common.errors import DomainError
from common.tenancy import tenant_transaction
from dunning import delivery, planning
from dunning.planning import Round
from organizations.command import REFUSED, a_date, find
from organizations.models import Organization


class ClockNotToday(DomainError):
    """A round of another day is asked for while mail leaves the machine."""

    code = "clock_not_today"


class Command(BaseCommand):
    help = "Do the round of one business date, and deliver its messages."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organization", metavar="SLUG", help="one; without it, all of them")
        parser.add_argument("--on", type=a_date, metavar="DATE", help="without it, today")
        parser.add_argument("--dry-run", action="store_true", help="write and send nothing")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Answer {"acts", "messages", "calls", "letters", "held", "capped"}."""
        try:
            slug = options["organization"]
            chosen = [find(slug)] if slug else list(Organization.objects.order_by("pk"))
            rounds = [
                _round(organization, options["on"], is_dry=options["dry_run"])
                for organization in chosen
            ]
        except DomainError as refusal:
            if options["json"]:
                error = {"error": {"code": refusal.code, "message": str(refusal)}}
                self.stdout.write(json.dumps(error, ensure_ascii=False))
            self.stderr.write(str(refusal))
            raise SystemExit(REFUSED) from refusal
        answer = _answer(rounds)
        if options["json"]:
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
        self.stderr.write(
            f"{answer['messages']} messages, {answer['calls']} calls, {answer['letters']} letters."
        )


def _round(organization: Organization, day: date | None, *, is_dry: bool) -> Round:
    at = timezone.now()
    today = at.astimezone(organization.zone).date()
    on = day or today
    if on != today and not settings.MAIL_STAYS_HERE and not is_dry:
        raise ClockNotToday(f"Mail leaves this machine, and today is {today}, not {on}.")
    if is_dry:
        with tenant_transaction(organization.pk):
            planning.refuse_backwards(organization, on=on)
            return planning.decide(organization, on=on).counted()
    done = _write(organization, on=on, at=at)
    for message_id in done.message_ids:
        delivery.deliver(message_id, organization_id=organization.pk, clock=timezone.now)
    return done


def _write(organization: Organization, *, on: date, at: datetime) -> Round:
    """Write a round; when another one writes the same at this moment, there is nothing to do."""
    try:
        with tenant_transaction(organization.pk):
            return planning.follow_up(organization, on=on, at=at)
    except IntegrityError:
        return Round()


def _answer(rounds: list[Round]) -> dict[str, Any]:
    held: dict[str, int] = {}
    for done in rounds:
        for reason, count in sorted(done.held.items()):
            held[reason] = held.get(reason, 0) + count
    return {
        "acts": [contact.document() for done in rounds for contact in done.contacts],
        "messages": sum(done.messages for done in rounds),
        "calls": sum(done.calls for done in rounds),
        "letters": sum(done.letters for done in rounds),
        "held": held,
        "capped": sum(done.capped for done in rounds),
    }
