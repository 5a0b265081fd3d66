"""Two who do the rounds, one who sweeps and one who pays, each forked anew when it is killed.

Run by `python -m tests.chaos.deadly tests.chaos.nursery`, for the organization whose book is
lived through.
"""

import contextlib
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from datetime import timedelta

from django.db import DatabaseError
from django.utils import timezone

from common.tenancy import tenant_transaction
from config.embedded import die_with_parent
from dunning import tasks
from dunning.models import Message
from invoices.models import Invoice
from organizations.models import Organization
from payments import allocation
from payments.models import Payment
from tests.chaos.deadly import BOOK, PEACE

BUSY = 30  # emails on their way: then no new day begins
DAYS = 30  # of a book
SWEEP_SECONDS, PAY_SECONDS = 0.8, 1.2


def do_rounds(organization_id: int) -> None:
    """Do the round of the day after the last one, unless enough is on its way."""
    time.sleep(0.1)
    if PEACE.exists():
        return
    with tenant_transaction(organization_id):
        queued = Message.objects.filter(state=Message.State.QUEUED, channel="email").count()
    organization = Organization.objects.get(pk=organization_id)
    first = organization.created_at.date()
    day = max(first, (organization.last_round_on or first) + timedelta(days=1))
    if queued < BUSY and day <= first + timedelta(days=DAYS):
        tasks.follow_up(organization_id=organization_id, on=day.isoformat())


def sweep(_organization_id: int) -> None:
    """Do what a beat lets a worker do."""
    time.sleep(SWEEP_SECONDS)
    tasks.sweep()


def pay(organization_id: int) -> None:
    """Pay one open invoice as a whole, noting the time once its row is locked."""
    time.sleep(random.uniform(0, 2 * PAY_SECONDS))  # noqa: S311  # no secret
    if PEACE.exists():
        return
    with tenant_transaction(organization_id):
        asked = Message.objects.filter(state__in=["queued", "claimed"]).values("acts__instalment")
        near = list(Invoice.objects.open().filter(instalments__in=asked).order_by("?")[:1])
        near = near if random.random() < 0.5 else []  # noqa: S311  # no secret
        for found in near or list(Invoice.objects.open().order_by("?")[:1]):
            invoice = Invoice.objects.locked().get(pk=found.pk)
            if not invoice.balance:
                continue
            at = timezone.now()
            payment = allocation.record(
                invoice.customer,
                invoice.balance,
                received_on=timezone.localdate(),
                method=Payment.Method.TRANSFER,
                source=Payment.Source.MANUAL,
                at=at,
            )
            allocation.allocate(payment, {invoice.pk: invoice.balance}, at=at)


ROLES: dict[str, Callable[[int], None]] = {
    "planner": do_rounds,
    "other planner": do_rounds,
    "sweeper": sweep,
    "payer": pay,
}


def main() -> None:
    """Keep one child for each role."""
    children = dict[int, str]()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    while True:
        for role in ROLES.keys() - set(children.values()):
            children[_born(ROLES[role])] = role
        died, _status = os.wait()
        children.pop(died, None)


def _born(act: Callable[[int], None]) -> int:
    child = os.fork()
    if child:
        return child
    die_with_parent(signal.SIGKILL)()
    random.seed()
    while True:
        with contextlib.suppress(DatabaseError):
            act(int(BOOK.read_text()))


if __name__ == "__main__":
    main()
