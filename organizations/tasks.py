"""Celery's way in to the housekeeping."""

from celery import shared_task
from django.utils import timezone

from common.tenancy import tenant_transaction
from organizations import anchors, fan_out, tidying, timeline


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
