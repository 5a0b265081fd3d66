"""The whole product for real: imported, reminded, paid by the statement, silent, thanked.

A web server, a worker and a beat of their own, on two working days in February; a browser does
what a person would.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit, urlunsplit
from urllib.request import urlopen

import pytest
from django.db import connection
from playwright.sync_api import Browser, FilePayload, Page

from common.tenancy import tenant_transaction
from config import launcher
from config.embedded import Valkey, die_with_parent
from dunning.models import Act, LocalMail
from organizations import timeline
from organizations.models import Organization
from tests import make, ofx
from tests.net import free_port

ROOT = Path(__file__).resolve().parents[2]
THURSDAY, FRIDAY = "2026-02-12T09:30:00+00:00", "2026-02-13T09:30:00+00:00"
PATIENCE = 120

CSV = (
    "Numéro;Client;E-mail;Date facture;Échéance;Montant TTC\n"
    "F-2026-0871;Hélios;compta@helios.example;04/01/2026;03/02/2026;1 200,00\n"
)


@pytest.fixture
def environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, db: None
) -> Iterator[dict[str, str]]:
    """What the programs read: the tests' database, and a broker of their own."""
    tmp_path.chmod(0o755)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    valkey = Valkey(tmp_path / "valkey")
    valkey.start()
    yield {
        **os.environ,
        "DATABASE_URL": _here(os.environ["DATABASE_URL"]),
        "REDIS_URL": valkey.url(),
        "SECRET_KEY": "a journey",
        "EMAIL_URL": "",
    }
    valkey.stop()


def _here(url: str) -> str:
    """Return the address of the tests' database, from that of the server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{connection.settings_dict['NAME']}"))


@contextmanager
def installation(instant: str, environment: dict[str, str], port: int) -> Iterator[None]:
    """Run web, worker and beat as the launcher does, at another time."""
    running = []
    for command in launcher.commands(port).values():
        python, _m, module, *arguments = command
        travelling = [python, "-m", "tests.journeys.clock", instant, module, *arguments]
        running.append(
            subprocess.Popen(
                travelling,
                cwd=ROOT,
                env={**environment, "BASE_URL": f"http://127.0.0.1:{port}"},
                stdout=sys.stderr,
                preexec_fn=die_with_parent(signal.SIGTERM),
            )
        )
    try:
        until(lambda: _answers(f"http://127.0.0.1:{port}/readyz"), "the pages to answer")
        yield
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(PATIENCE)


def _answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=1) as response:  # noqa: S310  # our own loopback
            return bool(response.status == 200)
    except (URLError, OSError):
        return False


def until(is_so: Callable[[], bool], what: str, *, seconds: int = PATIENCE) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise AssertionError(f"Waited {seconds} s for {what}.")
        time.sleep(0.1)  # between two looks at another process


def mails(organization: Organization) -> list[str]:
    with tenant_transaction(organization.pk):
        return list(LocalMail.objects.order_by("pk").values_list("subject", flat=True))


def sign_in(page: Page, root: str, email: str) -> None:
    page.goto(f"{root}/accounts/login/")
    page.fill("[name=login]", email)
    page.fill("[name=password]", make.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/o/acme/")


def upload(page: Page, address: str, name: str, content: bytes) -> None:
    page.goto(address)
    file = FilePayload(name=name, mimeType="text/plain", buffer=content)
    with page.expect_navigation():
        page.set_input_files("[type=file]", file)


@pytest.mark.django_db(transaction=True)
def test_an_invoice_is_imported_reminded_paid_silent_and_thanked(
    environment: dict[str, str], browser: Browser
) -> None:
    acme = make.organization("Acme")
    Organization.objects.update(sending_hour=23)  # the round waits for the book
    email, port = acme.memberships.get().user.email, free_port()
    root = f"http://127.0.0.1:{port}"
    house = f"{root}/o/acme"
    page = browser.new_context(locale="fr-FR").new_page()

    with installation(THURSDAY, environment, port):
        sign_in(page, root, email)
        upload(page, f"{house}/import/", "factures.csv", CSV.encode())
        assert "1" in page.inner_text("dl.kpis")
        Organization.objects.update(sending_hour=9)
        until(lambda: len(mails(acme)) == 1, "the reminder")
        page.goto(f"{house}/mailbox/")
        assert "F-2026-0871" in page.inner_text("main")

        paid = ofx.statement(ofx.line("2026-02-12", "1200.00", "HELIOS F-2026-0871"))
        upload(page, f"{house}/bank/", "releve.ofx", paid)
        page.goto(f"{house}/invoices/?q=F-2026-0871")
        page.click("text=F-2026-0871")
        assert "Payée" in page.inner_text("h1")
        assert "Relance partie" in page.inner_text("main")
        assert "Mise en demeure" not in page.inner_text("main")

    with installation(FRIDAY, environment, port):
        until(lambda: len(mails(acme)) == 2, "the thanks")
        sign_in(page, root, email)  # a session lasts a working day
        page.goto(f"{house}/mailbox/")
        assert "Merci" in page.inner_text("main")

    assert [subject[:5] for subject in mails(acme)] == ["Factu", "Merci"]
    with tenant_transaction(acme.pk):
        kinds = Act.objects.order_by("pk").values_list("kind", flat=True)
        assert list(kinds) == ["courteous", "thank_you"]
        assert timeline.verify().ok
