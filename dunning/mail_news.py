"""What owners are told of their email: a domain that fails, a complaint, that it is stopped."""

import logging
from collections.abc import Iterator
from smtplib import SMTPException
from typing import Any

from anymail.exceptions import AnymailError
from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from dunning import sending
from dunning.models import Message
from organizations.models import Organization, Role

logger = logging.getLogger(__name__)


def letters(organization: Organization) -> tuple[int, list[EmailMessage]]:
    """Return how many things the owners were not told yet, and what to write to each."""
    untold = sending.identity(organization).untold
    owners = organization.memberships.filter(role=Role.OWNER, user__is_active=True)
    addresses = list(owners.order_by("pk").values_list("user__email", flat=True)) if untold else []
    with translation.override(organization.language):
        written = [
            letter
            for subject, body in _texts(organization, untold)
            for letter in sending.letters_to_owners(
                organization, addresses, subject=subject, body=body
            )
        ]
    return len(untold), written


def leave(written: list[EmailMessage]) -> bool:
    """Send the letters; return whether one of them left, or there was nobody to write to."""
    left = [_leaves(letter) for letter in written]
    return any(left) or not left


def mark_told(organization: Organization, count: int) -> None:
    """Note that the owners know the first of what they were to be told."""
    chosen = sending.locked_identity(organization.pk)
    chosen.untold = chosen.untold[count:]
    chosen.save(update_fields=["untold"])


def _texts(organization: Organization, untold: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Give subject and body of each piece of news; complaints that came together are one."""
    kinds = {news["kind"] for news in untold}
    page = settings.BASE_URL + reverse("sending_identity", kwargs={"slug": organization.slug})
    said = {"name": organization.name, "domain": sending.identity(organization).domain}
    if "domain_failing" in kinds:
        yield (
            _("Emails no longer leave from %(domain)s") % said,
            _(
                "A record of %(domain)s is missing or wrong. Until it is right again, the emails "
                "of %(name)s leave from our own address, with your name."
            )
            % said
            + "\n\n"
            + _("What is wrong, record by record:")
            + f"\n{page}\n",
        )
    if "complaint" in kinds:
        ids = [news["message"] for news in untold if news["kind"] == "complaint"]
        names = Message.objects.filter(pk__in=ids).values_list("customer__name", flat=True)
        customers = ", ".join(sorted(set(names)))
        yield (
            _("An email of %(name)s was called spam") % said,
            _(
                "Who received it marked it as unwanted: %(customers)s. That address is written to "
                "no more by itself. Call, or correct the contact."
            )
            % {"customers": customers}
            + "\n\n"
            + _("How often this happened in 30 days:")
            + f"\n{page}\n",
        )
    if "mail_stopped" in kinds:
        yield (
            _("Emails of %(name)s are stopped") % said,
            _(
                "Too many were called spam: no email leaves until you have looked and let them "
                "leave again. Calls and letters go on."
            )
            + f"\n\n{page}\n",
        )


def _leaves(letter: EmailMessage) -> bool:
    try:
        return letter.send() == 1
    except (OSError, SMTPException, AnymailError):
        logger.exception("An owner could not be told about email")
        return False
