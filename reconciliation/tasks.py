"""Celery's way in: what the bank's lines wait for."""

from celery import shared_task
from django.utils import timezone

from common.tenancy import tenant_transaction
from organizations import fan_out
from organizations.models import Organization
from reconciliation import matching


@shared_task(time_limit=900, soft_time_limit=890)
def match_again(*, every: int = 0) -> None:
    """Look again at the lines that wait, where invoices came since they were last looked at."""
    if not fan_out.is_first("match_again", every=every, at=timezone.now()):
        return
    for organization_id in fan_out.everyone():
        with tenant_transaction(organization_id):
            organization = Organization.objects.get(pk=organization_id)
            if matching.is_worth_another_look(organization):
                matching.match_new(organization, at=timezone.now())
