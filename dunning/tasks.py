"""Celery's way in. Each task reads the clock, opens the organization, makes one call."""

import logging
from collections.abc import Collection
from datetime import date
from functools import partial

from celery import shared_task
from django.db import IntegrityError
from django.db.transaction import on_commit
from django.utils import timezone
from kombu.exceptions import OperationalError

from common.tenancy import tenant_transaction
from dunning import callbacks, delivery, mail_news, planning, sending, telling
from organizations import bank_details, fan_out
from organizations.models import Organization

logger = logging.getLogger(__name__)

SOON_SECONDS = 600


@shared_task
def start_rounds() -> None:
    """Begin the round of each organization whose sending hour has come; once a day each."""
    for organization_id, on in fan_out.rounds_due(at=timezone.now()):
        follow_up.delay(organization_id=organization_id, on=on.isoformat())


@shared_task(time_limit=900, soft_time_limit=890)
def follow_up(*, organization_id: int, on: str) -> None:
    """Do the round of one organization and day, and ring for what it wrote."""
    try:
        with tenant_transaction(organization_id):
            organization = Organization.objects.get(pk=organization_id)
            day, at = date.fromisoformat(on), timezone.now()
            bank_details.catch_up(organization, at=at)
            done = planning.follow_up(organization, on=day, at=at, narrowed=True)
            for message_id in done.message_ids:
                ring(organization_id, message_id)
    except (planning.ClockBackwards, IntegrityError):
        logger.info("Round of %s for organization %s was done already", on, organization_id)


@shared_task
def deliver(*, organization_id: int, message_id: int) -> None:
    """Send one message, if there still is something to say, or ring again when its turn comes."""
    turn = delivery.deliver(message_id, organization_id=organization_id, clock=timezone.now)
    wait = (turn - timezone.now()).total_seconds() if turn is not None else 0
    if 0 < wait < SOON_SECONDS:  # for what is later the sweeper rings
        _ring(organization_id, (message_id,), wait)


@shared_task
def ask_again(*, organization_id: int, message_id: int) -> None:
    """Repeat the call of a message that may have left, where its provider knows it again."""
    delivery.ask_again(message_id, organization_id=organization_id, clock=timezone.now)


@shared_task
def stop_sms(*, number: str) -> None:
    """Note with every organization that a number wants no more SMS."""
    for organization_id in fan_out.everyone():
        with tenant_transaction(organization_id):
            callbacks.stop(number, at=timezone.now())


@shared_task
def sweep() -> None:
    """Ring again for what nobody heard, organization by organization."""
    for organization_id in fan_out.everyone():
        with tenant_transaction(organization_id):
            found = delivery.sweep(at=timezone.now())
            for message_id in found.to_ring:
                ring(organization_id, message_id)
            for message_id in found.to_ask_again:
                on_commit(partial(_ask_again, organization_id, message_id), robust=True)


@shared_task
def tell_of_limits() -> None:
    """Tell owners whose plan's limit is reached, once a month each."""
    at = timezone.now()
    for organization in telling.limited(at=at):
        try:
            telling.tell(organization, at=at)
        except OSError:
            logger.warning("The owners of %s are told later", organization.pk, exc_info=True)


@shared_task(time_limit=900, soft_time_limit=890)
def look_at_sending_domains(*, every: int = 0) -> None:
    """Look at the domains whose day it is, and tell owners what they were not told yet."""
    at = timezone.now()
    if not fan_out.is_first("sending-domains", every=every, at=at):
        return
    for organization_id in fan_out.everyone():
        with tenant_transaction(organization_id):
            organization = Organization.objects.get(pk=organization_id)
            chosen = sending.identity(organization)
        if sending.is_due(chosen, at=at) or chosen.untold:
            look_at_sending_domain.delay(organization_id=organization_id)


@shared_task(time_limit=120)
def look_at_sending_domain(*, organization_id: int) -> None:
    """Look at one domain if its day is over, outside of any transaction, and tell the owners."""
    at = timezone.now()
    with tenant_transaction(organization_id):
        chosen = sending.identity(Organization.objects.get(pk=organization_id))
    if sending.is_due(chosen, at=at):
        findings = sending.examine(organization_id, chosen.domain)
        with tenant_transaction(organization_id):
            sending.note(chosen.domain, findings, at=at)
    tell_of_mail(organization_id=organization_id)


@shared_task
def tell_of_mail(*, organization_id: int) -> None:
    """Tell owners of a domain that fails, of complaints, and of email that is stopped.

    The mail leaves between two transactions: a worker that dies tells them twice, never not.
    """
    with tenant_transaction(organization_id):
        organization = Organization.objects.get(pk=organization_id)
        count, letters = mail_news.letters(organization)
    if count and mail_news.leave(letters):
        with tenant_transaction(organization_id):
            mail_news.mark_told(organization, count)


def ring_for_news(organization_id: int) -> None:
    """Ring for what owners are to be told; the clock tells them where nobody hears."""
    on_commit(partial(_ring_for_news, organization_id), robust=True)


def _ring_for_news(organization_id: int) -> None:
    try:
        tell_of_mail.apply_async(kwargs={"organization_id": organization_id})
    except OperationalError:
        logger.warning("The broker is down; the clock will tell organization %s", organization_id)


def ring(organization_id: int, message_id: int, *, in_seconds: float = 0) -> None:
    """Ring for a message once its row is there; a broker that is down is no error of the work."""
    on_commit(partial(_ring, organization_id, (message_id,), in_seconds), robust=True)


def ring_after_undo(organization_id: int, message_ids: Collection[int]) -> None:
    """Ring for approved messages once they may no longer be taken back."""
    in_seconds = delivery.UNDO.total_seconds() + 1
    on_commit(partial(_ring, organization_id, message_ids, in_seconds), robust=True)


def _ask_again(organization_id: int, message_id: int) -> None:
    """Ring for what may have left; where nobody hears it, the sweeper rings again."""
    try:
        ask_again.delay(organization_id=organization_id, message_id=message_id)
    except OperationalError:
        logger.warning("The broker is down; message %s is asked about later", message_id)


def _ring(organization_id: int, message_ids: Collection[int], in_seconds: float) -> None:
    """Ring for messages; where one is not heard no other is tried, since a person waits."""
    for message_id in message_ids:
        kwargs = {"organization_id": organization_id, "message_id": message_id}
        try:
            deliver.apply_async(kwargs=kwargs, countdown=in_seconds)
        except OperationalError:
            logger.warning("The broker is down; the sweeper will ring from message %s", message_id)
            return
