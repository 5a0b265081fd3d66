"""Celery's way in to the housekeeping."""

from celery import shared_task
from django.utils import timezone

from common.tenancy import tenant_transaction
from organizations import fan_out, tidying


@shared_task(time_limit=900, soft_time_limit=890)
def tidy() -> None:
    """Remove what only had to be known for a while."""
    tidying.forget_runs(at=timezone.now())
    for organization_id in fan_out.everyone():
        with tenant_transaction(organization_id):
            tidying.forget_answers(at=timezone.now())
