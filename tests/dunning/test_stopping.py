"""The kill switches: nothing is decided, nothing leaves, nothing is lost, nothing comes at once."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client

from common.tenancy import tenant_transaction
from dunning import delivery, planning, stopping
from dunning.models import Message
from organizations import fan_out
from organizations.models import Organization, Role, SendingStop, TimelineEvent
from tests import make
from tests.dunning.test_delivery import again, deliver, mails, sweep
from tests.make import AT, ON

State = Message.State
LATER = AT + timedelta(hours=2)


@pytest.fixture(autouse=True)
def mailbox(settings: Any) -> None:
    settings.EMAIL_BACKEND = "dunning.channels.mailbox.LocalMailbox"


@pytest.fixture
def messages(acme: Organization) -> list[Message]:
    """Three queued reminders."""
    with tenant_transaction(acme.pk):
        for _ in range(3):
            make.invoice(acme, customer=make.a_customer(acme))
        ids = planning.follow_up(acme, on=ON, at=AT).message_ids
        return list(Message.objects.filter(pk__in=ids).order_by("pk"))


def stop(acme: Organization, *, for_all: bool) -> None:
    if for_all:
        stopping.stop_all(reason="Restored from a back-up", at=AT)
    else:
        with tenant_transaction(acme.pk):
            stopping.stop(acme, reason="Wrong prices", at=AT)
    acme.refresh_from_db()


def resume(acme: Organization, *, for_all: bool) -> int:
    if for_all:
        return stopping.resume_all(at=LATER)
    with tenant_transaction(acme.pk):
        return stopping.resume(acme, at=LATER)


@pytest.mark.parametrize("for_all", [False, True])
def test_what_is_queued_waits_and_leaves_apart_once_sending_goes_on(
    acme: Organization, messages: list[Message], *, for_all: bool
) -> None:
    stop(acme, for_all=for_all)

    assert [deliver(each).state for each in messages] == [State.QUEUED] * 3
    assert sweep(messages[0], at=LATER).to_ring == ()
    assert resume(acme, for_all=for_all) == 3

    for place, message in enumerate(messages):
        assert again(message).not_before == LATER + place * stopping.APART
    assert sweep(messages[0], at=LATER).to_ring == (messages[0].pk,)
    assert deliver(messages[2], at=LATER).state == State.QUEUED
    assert deliver(messages[2], at=LATER + timedelta(minutes=1)).state == State.SENT


@pytest.mark.parametrize("for_all", [False, True])
def test_a_stop_between_claim_and_call_keeps_it_here(
    acme: Organization, messages: list[Message], *, for_all: bool
) -> None:
    with tenant_transaction(acme.pk):
        claimed = delivery.claim(messages[0].pk, at=AT)
        assert claimed is not None
    stop(acme, for_all=for_all)

    with tenant_transaction(acme.pk):
        assert not delivery.start(claimed.envelope, at=AT)

    kept = again(messages[0])
    assert (kept.state, kept.token, kept.call_started_at) == (State.QUEUED, None, None)
    assert mails(messages[0]) == []


@pytest.mark.parametrize("for_all", [False, True])
def test_no_round_begins_and_why_not_says_so(acme: Organization, *, for_all: bool) -> None:
    with tenant_transaction(acme.pk):
        invoice = make.invoice(acme)
    assert list(fan_out.rounds_due(at=LATER)) == [(acme.pk, ON)]
    stop(acme, for_all=for_all)

    assert list(fan_out.rounds_due(at=LATER + timedelta(hours=1))) == []
    with tenant_transaction(acme.pk):
        invoice.organization.refresh_from_db()
        kinds = [blocker.kind for blocker in planning.why_not(invoice, on=ON)]
    assert kinds == ["kill_switch"]


def test_nothing_is_approved_while_sending_is_stopped(messages: list[Message]) -> None:
    acme = messages[0].organization
    with tenant_transaction(acme.pk):
        Message.objects.filter(pk=messages[0].pk).update(state=State.AWAITING_APPROVAL)
    stop(acme, for_all=True)

    with pytest.raises(stopping.SendingStopped), tenant_transaction(acme.pk):
        delivery.approve(messages[0], at=AT)

    assert again(messages[0]).state == State.AWAITING_APPROVAL


def test_a_stop_is_made_and_ended_once(acme: Organization) -> None:
    for for_all in (False, True):
        stop(acme, for_all=for_all)
        with pytest.raises(stopping.AlreadyStopped):
            stop(acme, for_all=for_all)
        resume(acme, for_all=for_all)
        with pytest.raises(stopping.NotStopped):
            resume(acme, for_all=for_all)

    with tenant_transaction(acme.pk):
        kinds = TimelineEvent.objects.order_by("position").values_list("kind", flat=True)
        assert list(kinds)[-2:] == ["dunning.sending_stopped", "dunning.sending_resumed"]


def test_the_database_holds_one_standing_stop(db: None) -> None:
    SendingStop.objects.create(reason="One", stopped_at=AT)

    with pytest.raises(IntegrityError, match="sending_stop_stands_alone"), transaction.atomic():
        SendingStop.objects.create(reason="Two", stopped_at=AT)


def test_the_commands_stop_say_and_resume(
    acme: Organization, messages: list[Message], capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("stop_sending", reason="Restored from a back-up")
    with pytest.raises(SystemExit) as refused:
        call_command("stop_sending", reason="Again")
    assert refused.value.code == 1
    with pytest.raises(SystemExit) as late:  # they wait since February
        call_command("sending_status", json=True)
    assert late.value.code == 1
    (line,) = capsys.readouterr().out.splitlines()
    said = json.loads(line)
    assert (said["organization"], said["stopped"]) == ("acme", True)
    assert [(age["state"], age["count"], age["late"]) for age in said["in_hand"]] == [
        ("queued", 3, True)
    ]

    call_command("resume_sending")
    with pytest.raises(SystemExit):
        call_command("resume_sending")
    assert SendingStop.standing() is None


@pytest.mark.usefixtures("now")
def test_the_page_stops_and_resumes_and_every_page_says_so(
    acme: Organization, owner: Client
) -> None:
    house = f"/o/{acme.slug}"

    assert owner.post(f"{house}/sending/stop/", {"reason": "Wrong prices"}).status_code == 302
    assert "Wrong prices" in owner.get(f"{house}/invoices/").content.decode()
    assert owner.post(f"{house}/sending/stop/", {"reason": "x"}).status_code == 409
    assert owner.post(f"{house}/sending/resume/").status_code == 302
    assert "Wrong prices" not in owner.get(f"{house}/invoices/").content.decode()
    assert owner.post(f"{house}/sending/resume/").status_code == 409


@pytest.mark.usefixtures("now")
def test_a_collector_may_stop_and_not_resume(acme: Organization, client: Client) -> None:
    client.force_login(make.member(acme, Role.COLLECTOR))
    house = f"/o/{acme.slug}"

    assert client.post(f"{house}/sending/stop/", {"reason": ""}).status_code == 302
    assert client.post(f"{house}/sending/resume/").status_code == 403

    acme.refresh_from_db()
    assert acme.stopped_at == AT
