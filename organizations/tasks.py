"""Celery's way in to the housekeeping."""

import logging
from functools import partial
from smtplib import SMTPException

from anymail.exceptions import AnymailError
from celery import shared_task
from django.core.mail import EmailMessage
from django.db.transaction import on_commit
from django.utils import timezone
from kombu.exceptions import OperationalError

from common.tenancy import tenant_transaction
from organizations import anchors, bank_details, fan_out, tidying, timeline
from organizations.models import Organization

logger = logging.getLogger(__name__)


@shared_task(time_limit=900, soft_time_limit=890)
def tidy(*, every: int = 0) -> None:
    """Remove what only had to be known for a while."""
    if not fan_out.is_first("tidy", every=every, at=timezone.now()):
        return
    tidying.forget_runs(at=timezone.now())
    for organization_id in fan_out.everyone():
        with tenant_transaction(organization_id):
            tidying.forget_answers(at=timezone.now())


@shared_task(time_limit=900, soft_time_limit=890)
def anchor(*, every: int = 0) -> None:
    """Write down where the histories end: once a day, and after every 10,000 events."""
    at = timezone.now()
    if not fan_out.is_first("anchor", every=every, at=at):
        return
    last, due = anchors.latest(), []
    for organization_id in fan_out.everyone():
        with tenant_transaction(organization_id):
            end = timeline.end(at=at)
        if anchors.is_due(end, last=last.get(organization_id)):
            due.append(end)
    anchors.write(due, at=at)


@shared_task
def look_at_bank_details() -> None:
    """Look at each organization whose bank details change, or whose owners don't know yet."""
    for organization_id in fan_out.changing_bank_details():
        attend_to_bank_details(organization_id=organization_id)


@shared_task
def attend_to_bank_details(*, organization_id: int) -> None:
    """Bring a change into force whose hour has come, and tell the owners of one they don't know.

    The mail leaves between two transactions: a worker that dies tells them twice, never not.
    """
    with tenant_transaction(organization_id):
        organization = Organization.objects.get(pk=organization_id)
        bank_details.catch_up(organization, at=timezone.now())
        change_ids, emails = bank_details.news(organization)
    left = [_leaves(email) for email in emails]
    if any(left) or not emails:
        with tenant_transaction(organization_id):
            bank_details.mark_told(organization, change_ids, at=timezone.now())


def ring_for_bank_details(organization_id: int) -> None:
    """Ring once the change is there; a broker that is down is no error of the work."""
    on_commit(partial(_ring_for_bank_details, organization_id), robust=True)


def _ring_for_bank_details(organization_id: int) -> None:
    try:
        attend_to_bank_details.apply_async(kwargs={"organization_id": organization_id})
    except OperationalError:
        logger.warning(
            "The broker is down; the clock will tell of organization %s", organization_id
        )


def _leaves(email: EmailMessage) -> bool:
    """Return whether an email left; one address that is refused keeps no other owner from it."""
    try:
        return email.send() == 1
    except (OSError, SMTPException, AnymailError):
        logger.exception("An owner could not be told of a change of the bank details")
        return False
