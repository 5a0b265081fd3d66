"""The broker goes away, forgets everything, or rings five times: nothing is lost nor doubled."""

import time
from pathlib import Path

import pytest
from celery import Celery

from common.tenancy import tenant_transaction
from config.celery import broker_url
from dunning.models import Message
from organizations.models import Organization
from tests.chaos.harness import Chaos, book

pytestmark = [pytest.mark.full, pytest.mark.django_db(transaction=True)]

State = Message.State


def count(organization: Organization, *states: State) -> int:
    with tenant_transaction(organization.pk):
        return Message.objects.filter(channel="email", state__in=states).count()


def wait(chaos: Chaos, organization: Organization, more: int, *states: State) -> None:
    """Wait until so many more messages are in one of some states."""
    enough = count(organization, *states) + more
    chaos.until(lambda: count(organization, *states) >= enough, time.monotonic() + 60)
    assert count(organization, *states) >= enough


def test_a_broker_that_is_away_forgets_and_repeats_changes_nothing(tmp_path: Path) -> None:
    organization = book(customers=40)
    chaos = Chaos(tmp_path, odds=0)

    with chaos.running(organization):
        # Away for a while: what is written waits
        chaos.valkey.stop()
        wait(chaos, organization, 3, State.QUEUED)
        chaos.valkey.start()
        wait(chaos, organization, 3, State.SENT)

        # All bells forgotten, ten times
        for _ in range(10):
            chaos.forget_bells()
            time.sleep(0.2)  # so that others are rung meanwhile
        wait(chaos, organization, 3, State.SENT)

        # Each bell rung five times more
        ringer = Celery(broker=broker_url(chaos.valkey.url()))
        with tenant_transaction(organization.pk):
            ids = list(Message.objects.filter(channel="email").values_list("pk", flat=True))
        for message_id in ids * 5:
            about = {"organization_id": organization.pk, "message_id": message_id}
            ringer.send_task("dunning.tasks.deliver", kwargs=about)
        ringer.close()
        chaos.peace.touch()
        chaos.settle(organization)

    assert chaos.result.wrong == {}
    assert chaos.result.states[State.SENT] >= 9
