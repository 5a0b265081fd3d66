"""Open an organization, with its owner and a first API key."""

import json
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.utils import timezone
from stdnum import iban as iban_number

from common.errors import DomainError
from organizations import api_keys, opening
from organizations.command import REFUSED
from organizations.models import Plan, User


class Command(BaseCommand):
    help = "Open an organization, with its owner and a first API key."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--owner", required=True, metavar="EMAIL")
        parser.add_argument("--password", help="the owner's; without it, by a reset link")
        parser.add_argument("--country", default="FR")
        parser.add_argument("--timezone", default="Europe/Paris")
        parser.add_argument("--plan", default=Plan.UNLIMITED, choices=list(settings.PLAN_LIMITS))
        parser.add_argument("--no-approval", action="store_true")
        parser.add_argument("--iban", default="")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Answer {"slug", "api_key", "owner"}."""
        try:
            answer = _open(options)
        except DomainError as refusal:
            if options["json"]:
                error = {"error": {"code": refusal.code, "message": str(refusal)}}
                self.stdout.write(json.dumps(error, ensure_ascii=False))
            raise CommandError(str(refusal), returncode=REFUSED) from refusal
        if options["json"]:
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
        else:
            self.stderr.write(f"{options['name']} is open at /o/{answer['slug']}/")
            self.stderr.write(f"API key, shown this once: {answer['api_key']}")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadOption(f"“{name}” is not a time zone.") from error


class BadOption(DomainError):
    """An option cannot be understood."""

    code = "bad_option"


def _open(options: dict[str, Any]) -> dict[str, str]:
    email = options["owner"].strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise BadOption(f"“{email}” is not an email address.") from error
    if options["iban"] and not iban_number.is_valid(options["iban"]):
        raise BadOption(f"“{options['iban']}” is not an IBAN.")
    owner = User.objects.filter(email=email).first()
    if owner is None:
        owner = User.objects.create_user(email, options["password"])
    at = timezone.now()
    organization = opening.open_organization(
        options["name"],
        owner=owner,
        on=at.astimezone(_zone(options["timezone"])).date(),
        at=at,
        plan=options["plan"],
        country=options["country"],
        timezone=options["timezone"],
        iban=iban_number.compact(options["iban"]),
        begin=opening.Begin.AT_ONCE if options["no_approval"] else opening.Begin.WITH_APPROVAL,
    )
    _key, text = api_keys.issue(organization, name="create_organization")
    return {"slug": organization.slug, "api_key": text, "owner": owner.email}
