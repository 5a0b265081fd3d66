"""Run a program of ours that may die at any place: `python -m tests.chaos.deadly MODULE ...`.

Its waits are shorter than the product's, as the clock of the journeys is faster. At the places
where a process would be missed most, before and after each commit and around the text's way to
the mail server, it kills itself now and then: CHAOS_ODDS is the chance at each place, and each
death adds a byte to the file CHAOS_DEATHS. Once the file CHAOS_PEACE is there nobody dies.
"""

import os
import random
import runpy
import signal
import smtplib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ODDS = float(os.environ.get("CHAOS_ODDS", "0"))
DEATHS = Path(os.environ.get("CHAOS_DEATHS", os.devnull))
PEACE = Path(os.environ.get("CHAOS_PEACE", os.devnull))
BOOK = Path(os.environ.get("CHAOS_BOOK", os.devnull))  # holds the id of an organization
PATIENCE = 0.6  # of the mail client, in seconds


def maybe_die() -> None:
    """End here as by SIGKILL: nothing is closed, nothing is rolled back by us."""
    if random.random() < ODDS and not PEACE.exists():  # noqa: S311  # no secret
        with DEATHS.open("ab") as deaths:
            deaths.write(b"x")
        os.kill(os.getpid(), signal.SIGKILL)


def hurry() -> None:
    """Let minutes of waiting pass as seconds."""
    from django.conf import settings  # noqa: PLC0415  # after the environment is read

    from config.celery import app  # noqa: PLC0415
    from dunning import delivery, outbox  # noqa: PLC0415

    settings.EMAIL_TIMEOUT = PATIENCE
    app.conf.worker_lost_wait = 0.1
    delivery.CLAIM_SECONDS, delivery.CALL_SECONDS = 2, 3
    delivery.RING_AGAIN_SECONDS = 1
    outbox.RETRY_MINUTES = (0.01, 0.02, 0.03, 0.05, 0.05)  # type: ignore[assignment]


def warm_up() -> None:
    """Do once what each child would do anew, reading only: they are born often here."""
    from django.db import connections  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from common.tenancy import tenant_transaction  # noqa: PLC0415
    from dunning import composing, planning  # noqa: PLC0415
    from organizations.models import Organization  # noqa: PLC0415

    organization = Organization.objects.get(pk=int(BOOK.read_text()))
    with tenant_transaction(organization.pk):
        contact = next(
            planning.preview(organization, start=organization.created_at.date(), days=30)
        )
        message, acts = planning.draft(organization, contact, at=timezone.now())
        composing.written(message, acts)
    connections.close_all()  # no child may share one


def set_traps() -> None:
    """Put the places to die into this process, and those that it forks."""
    from dunning import delivery, tasks  # noqa: PLC0415

    for module in (delivery, tasks):
        module.tenant_transaction = _deadly(module.tenant_transaction)  # type: ignore[attr-defined]
    smtplib.SMTP.data = _around(smtplib.SMTP.data)  # type: ignore[method-assign]


def _deadly(real: Callable[..., Any]) -> Callable[..., Any]:
    @contextmanager
    def transaction(*args: Any, **options: Any) -> Iterator[None]:
        maybe_die()
        with real(*args, **options):
            yield
            maybe_die()  # before the commit
        maybe_die()  # after it

    return transaction


def _around(real: Callable[..., Any]) -> Callable[..., Any]:
    def data(*args: Any) -> Any:
        maybe_die()  # before the text leaves
        answer = real(*args)
        maybe_die()  # after it was accepted
        return answer

    return data


def main() -> None:
    """Prepare, then run the module that is named."""
    sys.argv = sys.argv[1:]
    module = sys.argv[0]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django  # noqa: PLC0415

    django.setup()
    hurry()
    warm_up()
    set_traps()
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
