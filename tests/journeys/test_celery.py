"""Celery for real: two beats and two workers do a day once, and a broker may be away.

Programs and a Valkey of their own, as in `test_the_main_job`.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pytest
from django.test import Client
from pytest_django import Settings

from common.tenancy import tenant_transaction
from config import launcher
from config.embedded import Valkey, die_with_parent
from dunning import planning
from dunning.models import Act, Message
from invoices.models import Invoice
from organizations import anchors
from organizations.models import Organization, ScheduleRun
from payments.models import Payment
from tests import make
from tests.journeys.test_the_main_job import FRIDAY, PATIENCE, ROOT, _answers, _here, until
from tests.net import free_port

pytestmark = [pytest.mark.full, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    tmp_path.chmod(0o755)
    started = Valkey(tmp_path / "valkey")
    started.start()
    yield started
    started.stop()


@pytest.fixture
def environment(
    tmp_path: Path, valkey: Valkey, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> dict[str, str]:
    """What the programs read: the tests' database and secret, and the broker of this test."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    return {
        **os.environ,
        "DATABASE_URL": _here(os.environ["DATABASE_URL"]),
        "REDIS_URL": valkey.url(),
        "SECRET_KEY": settings.SECRET_KEY,
        "ANCHORS_DIR": str(tmp_path / "anchors"),
        "EMAIL_URL": "",
    }


@contextmanager
def program(
    name: str, environment: dict[str, str], port: int, *, place: str = ""
) -> Iterator[None]:
    """Run one program of an installation on Friday, its minutes passing as seconds."""
    python, _m, module, *arguments = launcher.commands(port)[name]
    if place:  # of a second beat's own memory
        arguments[-1] = f"{arguments[-1]}-{place}"
    process = subprocess.Popen(
        [python, "-m", "tests.journeys.clock", FRIDAY, module, *arguments],
        cwd=ROOT,
        env={**environment, "BASE_URL": f"http://127.0.0.1:{port}"},
        stdout=sys.stderr,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


JOBS = ("tidy", "anchor", "match_again")


def sent(organization: Organization) -> int:
    with tenant_transaction(organization.pk):
        return Message.objects.filter(state=Message.State.SENT).count()


def runs(job: str) -> int:
    return ScheduleRun.objects.filter(job=job).count()


def test_two_beats_and_two_workers_do_a_day_once(
    environment: dict[str, str], tmp_path: Path, settings: Settings
) -> None:
    settings.ANCHORS_DIR = tmp_path / "anchors"
    acme, port = make.organization(), free_port()
    with tenant_transaction(acme.pk):
        for _ in range(5):
            make.invoice(acme, customer=make.a_customer(acme))

    with ExitStack() as running:
        for place in ("one", "two"):
            running.enter_context(program("beat", environment, port, place=place))
            running.enter_context(program("worker", environment, port))
        until(lambda: sent(acme) == 5, "the reminders")
        until(lambda: min(map(runs, JOBS)) > 0, "the other jobs")
        until(lambda: bool(anchors.of(acme.pk)), "the anchor")

    assert [runs(job) for job in JOBS] == [1, 1, 1]
    with tenant_transaction(acme.pk):
        assert (Act.objects.count(), Message.objects.count()) == (5, 5)
    assert len(anchors.of(acme.pk)) == 1


class Person:
    """Somebody who is signed in to the pages of another process."""

    def __init__(self, organization: Organization, root: str) -> None:
        client = Client()
        client.force_login(organization.memberships.get().user)
        self.session = client.cookies["session"].value
        self.house = f"{root}/o/{organization.slug}"
        self.open = build_opener(_Stay).open
        self.token = self._token()

    def get(self, path: str) -> str:
        with self.open(self._request(path)) as answer:
            return str(answer.read().decode())

    def post(self, path: str, **data: str) -> int:
        body = "&".join(f"{name}={value}" for name, value in data.items()).encode()
        request = self._request(path, body=body)
        request.add_header("X-CSRFToken", self.token)
        with self.open(request, timeout=30) as answer:
            return int(answer.status)

    def _request(self, path: str, *, body: bytes | None = None) -> Request:
        token = getattr(self, "token", "")
        cookies = {"Cookie": f"session={self.session}; csrftoken={token}"}
        return Request(f"{self.house}/{path}", data=body, headers=cookies)  # noqa: S310

    def _token(self) -> str:
        with self.open(self._request("reminders/")) as answer:
            (token,) = re.findall(r"csrftoken=(\w+)", answer.headers["Set-Cookie"])
        return str(token)


class _Stay(HTTPRedirectHandler):
    """Take a redirection as the answer."""

    def http_error_302(self, req, fp, code, msg, headers):  # type: ignore[no-untyped-def]
        return fp


def test_without_a_broker_pages_work_nothing_is_lost_and_messages_leave_late(
    environment: dict[str, str], valkey: Valkey
) -> None:
    acme, port = make.organization(with_approval=True), free_port()
    with tenant_transaction(acme.pk):
        for number in range(4):
            make.invoice(acme, customer=make.a_customer(acme), number=f"F-{number}")
        planning.follow_up(acme, on=make.ON, at=make.AT)
        first = Message.objects.earliest("pk").pk
        paid = Invoice.objects.get(number="F-3")
    root = f"http://127.0.0.1:{port}"

    with ExitStack() as running:
        for name in ("web", "worker", "beat"):
            running.enter_context(program(name, environment, port))
        until(lambda: _answers(f"{root}/readyz"), "the pages to answer")
        person = Person(acme, root)
        valkey.stop()
        answers = [
            person.post(f"reminders/{first}/approve/"),
            person.post("reminders/approve/"),
            person.post(
                f"payments/new/?invoice={paid.pk}",
                amount="1200.00",
                received_on="2026-02-13",
                method="transfer",
            ),
        ]
        assert "F-0" in person.get("invoices/")
        assert sent(acme) == 0
        valkey.start()
        until(lambda: sent(acme) == 3, "the messages, through the sweeper", seconds=2 * PATIENCE)

    assert answers == [302, 302, 302]
    with tenant_transaction(acme.pk):
        assert Payment.objects.get().amount_minor == 120_000
        states = Message.objects.values_list("state", flat=True)
        assert sorted(states) == ["cancelled", "sent", "sent", "sent"]
