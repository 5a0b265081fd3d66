"""Rounds under two beats, bells that ring five times, and bells that nobody hears."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
import time_machine
from celery import current_app
from django.test import Client
from kombu.exceptions import OperationalError
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from common.tenancy import tenant_transaction
from config.celery import app
from dunning import delivery, planning, tasks
from dunning.models import Act, Message
from invoices.models import Invoice
from organizations import anchors
from organizations import tasks as housekeeping
from organizations.models import Organization, Plan, TimelineHead
from payments.models import Payment
from reconciliation import importing
from reconciliation import tasks as bank
from reconciliation.importing import Upload
from tests import make, ofx
from tests.concurrency import at_once
from tests.make import AT, ON


@pytest.fixture
def eager() -> Iterator[None]:
    """Bells are answered at once, in the thread that rings."""
    app.conf.update(task_always_eager=True)
    yield
    app.conf.update(task_always_eager=False)


def book(organization: Organization) -> None:
    with tenant_transaction(organization.pk):
        for number in range(8):
            due_on = date(2026, 3, 6) + timedelta(days=2 * number)
            make.invoice(
                organization, amounts={f"{due_on}": 10_000}, customer=make.a_customer(organization)
            )


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("days", [8, pytest.param(31, marks=pytest.mark.full)])
def test_two_beats_do_each_days_round_once_though_summer_time_begins(days: int) -> None:
    start = date(2026, 3, 26)  # on the 29th
    acme = make.organization()
    book(acme)
    with tenant_transaction(acme.pk):
        said = list(planning.preview(acme, start=start, days=days))

    for day in (start + timedelta(days=passed) for passed in range(days)):
        for hour, minute in ((6, 59), (7, 0), (7, 1), (8, 0), (8, 11)):  # 9 in Paris is 8, then 7
            instant = datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)
            with time_machine.travel(instant, tick=False):
                at_once(tasks.start_rounds, tasks.start_rounds)

    with tenant_transaction(acme.pk):
        written = Act.objects.values_list("written_on", "instalment__invoice__number", "level")
        done = Counter(written)
        mails = Counter(Message.objects.values_list("written_on", flat=True))
    assert done == Counter(
        (contact.on, act.number, act.step.level) for contact in said for act in contact.acts
    )
    assert mails == Counter(
        contact.on for contact in said if contact.highest.step.channel != "call"
    )


# --- Five deliveries of each task

TASKS: dict[str, Callable[[Organization], dict[str, Any]]] = {
    "dunning.tasks.ask_again": lambda acme: {
        "organization_id": acme.pk,
        "message_id": _waits(acme),
    },
    "dunning.tasks.deliver": lambda acme: {"organization_id": acme.pk, "message_id": _waits(acme)},
    "dunning.tasks.follow_up": lambda acme: {"organization_id": acme.pk, "on": f"{ON}"},
    "dunning.tasks.look_at_sending_domain": lambda acme: {"organization_id": acme.pk},
    "dunning.tasks.look_at_sending_domains": lambda _acme: {},
    "dunning.tasks.start_rounds": lambda _acme: {},
    "dunning.tasks.stop_sms": lambda _acme: {"number": "+33612345678"},
    "dunning.tasks.sweep": lambda _acme: {},
    "dunning.tasks.tell_of_limits": lambda _acme: {},
    "dunning.tasks.tell_of_mail": lambda acme: {"organization_id": acme.pk},
    "organizations.tasks.anchor": lambda _acme: {},
    "organizations.tasks.attend_to_bank_details": lambda acme: {"organization_id": acme.pk},
    "organizations.tasks.look_at_bank_details": lambda _acme: {},
    "organizations.tasks.tidy": lambda _acme: {},
    "reconciliation.tasks.match_again": lambda _acme: {},
}


def _waits(acme: Organization) -> int:
    with tenant_transaction(acme.pk):
        return int(Message.objects.earliest("pk").pk)


def test_every_task_is_delivered_five_times_here() -> None:
    bank_and_more = (tasks, housekeeping, bank)  # importing them registers them

    ours = {name for name in current_app.tasks if not name.startswith("celery.")}

    assert bank_and_more
    assert ours == set(TASKS)


@pytest.fixture
def waiting(settings: Settings, tmp_path: Path, transactional_db: None) -> Organization:
    """Acme with something for each task to do."""
    settings.ANCHORS_DIR = tmp_path
    acme = make.organization()
    acme.plan = Plan.FREE
    acme.save()
    with tenant_transaction(acme.pk):
        for _ in range(6):
            make.invoice(acme, customer=make.a_customer(acme))
        planning.follow_up(acme, on=ON - timedelta(days=1), at=AT - timedelta(days=1))
        make.invoice(acme, customer=make.a_customer(acme), number="FA-2026-0071")
        line = ofx.line("2026-02-12", "1200.00", "DUPONT FA 2026 0071")
        importing.import_statement(acme, Upload("x.ofx", ofx.statement(line)), at=AT)
    return acme


def effects(acme: Organization) -> dict[str, int]:
    with tenant_transaction(acme.pk):
        return {
            "acts": Act.objects.count(),
            "sent": Message.objects.filter(state=Message.State.SENT).count(),
            "payments": Payment.objects.count(),
            "events": TimelineHead.objects.get().position,
            "settled": sum(Invoice.objects.values_list("settled_minor", flat=True)),
            "anchors": len(anchors.of(acme.pk)),
        }


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("together", [False, True])
def test_a_task_that_is_delivered_five_times_has_one_effect(
    waiting: Organization, name: str, *, together: bool
) -> None:
    task, arguments = current_app.tasks[name], TASKS[name](waiting)
    with time_machine.travel(AT, tick=False):
        if together and name != "organizations.tasks.anchor":  # its lines may be written twice
            at_once(*[lambda: task(**arguments)] * 5)
            after = effects(waiting)
            task(**arguments)
        else:
            task(**arguments)
            after = effects(waiting)
            for _ in range(4):
                task(**arguments)

    assert effects(waiting) == after
    if name == "dunning.tasks.deliver":
        assert after["sent"] == 1


# --- Bells


@pytest.mark.django_db(transaction=True)
def test_a_bell_in_a_transaction_that_is_rolled_back_never_rings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    acme, rung = make.organization(), list[int]()
    monkeypatch.setattr(
        tasks.deliver, "apply_async", lambda **options: rung.append(options["kwargs"]["message_id"])
    )

    with pytest.raises(RuntimeError), tenant_transaction(acme.pk):
        tasks.ring(acme.pk, 1)
        tasks.ring_after_undo(acme.pk, [2])
        raise RuntimeError
    with tenant_transaction(acme.pk):
        tasks.ring(acme.pk, 3)

    assert rung == [3]


@pytest.fixture
def broker_down(monkeypatch: pytest.MonkeyPatch) -> None:
    def down(**_options: Any) -> None:
        raise OperationalError

    monkeypatch.setattr(tasks.deliver, "apply_async", down)


@pytest.mark.usefixtures("broker_down")
def test_pages_work_without_a_broker_and_the_sweeper_sends_what_they_released(
    client: Client,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    db: None,
) -> None:
    with time_machine.travel(AT, tick=False):
        acme = make.organization(with_approval=True)
        with tenant_transaction(acme.pk):
            for number in range(3):
                make.invoice(acme, customer=make.a_customer(acme), number=f"F-{number}")
            planning.follow_up(acme, on=ON, at=AT)
            first, *_others = Message.objects.order_by("pk").values_list("pk", flat=True)
            invoice = Invoice.objects.get(number="F-0")
        client.force_login(acme.memberships.get().user)
        house = f"/o/{acme.slug}"

        def post(path: str, **data: Any) -> int:
            with django_capture_on_commit_callbacks(execute=True):
                return client.post(f"{house}/{path}", data).status_code

        answers = [
            post(f"reminders/{first}/approve/"),
            post("reminders/take-back/", approved_at=AT.isoformat()),
            post("reminders/approve/"),
        ]
        assert client.get(f"{house}/invoices/{invoice.pk}/").status_code == HTTPStatus.OK

    assert all(status in {200, 302} for status in answers), answers
    late = AT + delivery.UNDO + timedelta(minutes=5)
    with tenant_transaction(acme.pk):
        to_ring = delivery.sweep(at=late).to_ring
        queued = Message.objects.filter(state=Message.State.QUEUED)
        assert set(to_ring) == set(queued.values_list("pk", flat=True)) != set()
