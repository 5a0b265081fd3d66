"""What is over is forgotten, what may still be asked for is not."""

from datetime import timedelta
from http import HTTPStatus

import pytest
import time_machine
from allauth.usersessions.models import UserSession
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


@pytest.mark.parametrize(("hours", "left"), [(12, 1), (13, 0)])
def test_sessions_that_are_over_are_listed_no_longer(
    acme: Organization, client: Client, hours: int, left: int
) -> None:
    with time_machine.travel(make.AT, tick=False):
        client.force_login(acme.memberships.get().user)
        client.get("/")

    tidying.forget_runs(at=make.AT + timedelta(hours=hours))

    assert UserSession.objects.count() == left
