"""Act out a year of a small workshop, through the product's own functions."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from demo import cast, story
from organizations import opening
from organizations.models import Membership, Organization, Plan, Role, User


class Command(BaseCommand):
    help = "Act out a year of a small workshop in the organization `demo`."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--password", default=cast.PASSWORD)
        parser.add_argument(
            "--if-absent", action="store_true", help="do nothing when the demo is there"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Open the organization with its three people, and live through the year."""
        found = Organization.objects.filter(slug=cast.SLUG).first()
        if found is not None:
            if found.activated_at is None:
                self.stderr.write("The demo was interrupted: empty the database to see it whole.")
            elif not options["if_absent"]:
                self.stderr.write("The demo is there already.")
            return
        people = {
            role: _person(f"{role}@demo.example", name, options["password"])
            for role, name in cast.PEOPLE.items()
        }
        now = timezone.now()
        today = timezone.localdate(now, timezone=ZoneInfo(opening.TIMEZONE))
        organization = open_demo(people, on=today - timedelta(days=story.DAYS))
        story.act_out(organization, people, now=now)


def open_demo(people: Mapping[str, User], *, on: date) -> Organization:
    """Open the organization with its three people, at the beginning of a day."""
    organization = opening.open_organization(
        cast.NAME,
        slug=cast.SLUG,
        owner=people["owner"],
        on=on,
        at=datetime.combine(on, time(6), tzinfo=UTC),
        plan=Plan.UNLIMITED,
        iban=cast.IBAN,
        begin=opening.Begin.LATER,  # no clock but the story's may do its rounds
    )
    for role in (Role.COLLECTOR, Role.ACCOUNTANT):
        Membership.objects.create(organization=organization, user=people[role.value], role=role)
    organization.approval_until = None  # its year begins after the two weeks of a newcomer
    for field, value in cast.IDENTITY.items():
        setattr(organization, field, value)
    organization.save()
    return organization


def _person(email: str, name: str, password: str) -> User:
    found = User.objects.filter(email=email).first()
    return found or User.objects.create_user(email, password, name=name)
