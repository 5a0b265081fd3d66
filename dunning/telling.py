"""Tell the owners that their plan's limit is reached: once a month, by email."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from common.tenancy import tenant_transaction
from dunning import places, quota
from organizations.models import Organization, Role


def limited(*, at: datetime) -> list[Organization]:
    """Return the organizations whose plan has a limit, and that were not told this month."""
    unlimited = [name for name, limit in settings.PLAN_LIMITS.items() if limit is None]
    found = Organization.objects.exclude(plan__in=unlimited).order_by("pk")
    return [organization for organization in found if _is_untold(organization, at=at)]


def tell(organization: Organization, *, at: datetime) -> bool:
    """Write to the owners if the limit is reached and they do not know; return whether they do now.

    It is noted before it is sent, so that two workers do not both write; when the mail server
    refuses, the note is taken back, and the next minute tries again.
    """
    on = at.astimezone(organization.zone).date()
    with tenant_transaction(organization.pk):
        if not quota.note_reached(organization, on=on, at=at):
            return False
        found = quota.usage(organization, on=on)
    try:
        get_connection().send_messages(list(_letters(organization, found)))
    except OSError:  # as all that a mail server or the way to it says
        Organization.objects.filter(pk=organization.pk).update(limit_told_on=None)
        raise
    return True


def _letters(organization: Organization, found: quota.Usage) -> Iterable[EmailMessage]:
    page = settings.BASE_URL + reverse("plan", kwargs={"slug": organization.slug})
    owners = organization.memberships.filter(role=Role.OWNER, user__is_active=True)
    with translation.override(organization.language):
        subject = _("The invoices that your plan follows this month are reached")
        body = render_to_string(
            "emails/limit.txt", {"organization": organization, "usage": found, "page": page}
        )
    for address in owners.order_by("pk").values_list("user__email", flat=True):
        letter = EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, [address])
        letter.organization_id = organization.pk  # type: ignore[attr-defined]  # whose mailbox
        yield letter


def _is_untold(organization: Organization, *, at: datetime) -> bool:
    first, _last = places.month_of(at.astimezone(organization.zone).date())
    return organization.limit_told_on is None or organization.limit_told_on < first
