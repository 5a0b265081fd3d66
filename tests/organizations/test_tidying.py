"""What is over is forgotten, what may still be asked for is not."""

from datetime import timedelta
from http import HTTPStatus

import pytest
import time_machine
from django.test import Client

from common.tenancy import tenant_transaction
from organizations import fan_out, tidying
from organizations.models import IdempotentRequest, Organization, ScheduleRun
from tests import make


@pytest.mark.parametrize(("days", "left"), [(29, 1), (31, 0)])
def test_old_runs_are_forgotten(db: None, days: int, left: int) -> None:
    with time_machine.travel(make.AT, tick=False):
        fan_out.take("round", "2026-02-13")

    tidying.forget_runs(at=make.AT + timedelta(days=days))

    assert ScheduleRun.objects.count() == left


@pytest.mark.parametrize(("days", "left"), [(6, 1), (8, 0)])
def test_answers_to_old_requests_are_forgotten(
    api: Client, acme: Organization, days: int, left: int
) -> None:
    with time_machine.travel(make.AT, tick=False):
        made = api.post(
            "/api/v1/customers/",
            {"name": "Dupont"},
            content_type="application/json",
            headers={"Idempotency-Key": "k1"},
        )

    with tenant_transaction(acme.pk):
        tidying.forget_answers(at=make.AT + timedelta(days=days))

        assert made.status_code == HTTPStatus.CREATED
        assert IdempotentRequest.objects.count() == left
