"""Kill the programs that send, again and again, and count what came of it."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import redis
from django.db import connection
from django.utils import timezone

from common.tenancy import tenant_transaction
from config.embedded import Valkey, die_with_parent
from dunning import planning
from dunning.models import Act, Message, StepKind
from organizations.models import Organization
from payments.models import Allocation
from tests import make
from tests.chaos.nursery import DAYS
from tests.chaos.server import Accepted, FaultyServer

ROOT = Path(__file__).resolve().parents[2]
WORKER = [
    "celery", "-A", "config", "worker", "-Q", "celery,long", "-c", "3", "-l", "CRITICAL",
    "--without-gossip", "--without-mingle", "--without-heartbeat",
]  # fmt: skip
BOOT_SECONDS, DRAIN_SECONDS = 120, 180
SOON = 0.05
State = Message.State


@dataclass
class Result:
    """What a run did, and what must be nothing."""

    kills: int = 0
    messages: int = 0
    accepted: int = 0
    states: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    flushed: int = 0  # times that the broker forgot all
    seconds: float = 0
    duplicates: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    after_payment: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)

    @property
    def wrong(self) -> dict[str, list[str]]:
        """Return what ought not to be, by what it is."""
        named = ("duplicates", "lost", "after_payment", "stuck")
        return {name: found for name in named if (found := getattr(self, name))}

    def line(self) -> str:
        """Return the row of the table in docs/reliability.md."""
        figures = (
            self.kills, self.messages, self.accepted, len(self.duplicates), len(self.lost),
            len(self.after_payment), len(self.stuck), self.states[State.UNKNOWN],
            round(self.seconds),
        )  # fmt: skip
        return (
            f"| {timezone.now():%Y-%m-%d} | "
            + " | ".join(f"{figure:,}" for figure in figures)
            + " |"
        )


class Chaos:
    """The programs, their broker and their mail server; begun once, killed all the time."""

    def __init__(self, place: Path, *, odds: float = 0.15, pause: float = 1, seed: int = 1) -> None:
        place.chmod(0o755)
        self.place, self.odds, self.pause = place, odds, pause
        self.random = random.Random(seed)  # noqa: S311  # no secret
        self.deaths, self.peace = place / "deaths", place / "peace"
        self.book = place / "book"
        self.valkey, self.server = Valkey(place / "valkey"), FaultyServer(seed=seed)
        self.result, self.killed = Result(), 0
        self.worker: subprocess.Popen[bytes]
        self.nursery: subprocess.Popen[bytes]

    @contextmanager
    def running(self, first: Organization) -> Iterator["Chaos"]:
        """Run the programs on the book of an organization."""
        self.deaths.write_bytes(b"")
        self.book.write_text(str(first.pk))
        self.valkey.start()
        self.mail, self.programs = self.server.start(), list[subprocess.Popen[bytes]]()
        try:
            self.worker = self._start(self.mail, WORKER, odds=self.odds)
            nursery = ["tests.chaos.nursery"]
            self.nursery = self._start(self.mail, nursery, odds=self.odds / 8)
            self._await_mail()
            yield self
        finally:
            for program in self.programs:
                _end(program)
            self.valkey.stop()
            self.server.stop()

    def live(self, organization: Organization, *, kills: int, until: float) -> None:
        """Live through the book of an organization, killing until as many died or time is up."""
        self.peace.unlink(missing_ok=True)
        self.book.write_text(str(organization.pk))
        while self.kills < kills and time.monotonic() < until and not _is_lived(organization):
            time.sleep(self.random.uniform(0.3, 1.2) * self.pause)
            self._kill_someone()
            self._keep_up()
            if self.random.random() < 0.04:
                self.forget_bells()
        self.peace.touch()

    def settle(self, organization: Organization, *, seconds: float = DRAIN_SECONDS) -> None:
        """Let the programs end what they began, and count what came of it."""
        deadline = time.monotonic() + seconds
        organization = Organization.objects.get(pk=organization.pk)
        last = organization.last_round_on
        if last is not None:  # what was paid or dropped since
            with tenant_transaction(organization.pk):
                planning.follow_up(organization, on=last, at=timezone.now())
        self.until(lambda: not _in_hand(organization), deadline)
        look(organization, self.server.accepted, self.result)

    @property
    def kills(self) -> int:
        return self.killed + self.deaths.stat().st_size

    def forget_bells(self) -> None:
        """Empty the broker."""
        client = redis.Redis.from_url(self.valkey.url())
        client.flushall()
        client.close()
        self.result.flushed += 1

    def _await_mail(self) -> None:
        """Wait until the programs do their work: who is killed before has nothing to lose."""
        self.until(lambda: bool(self.server.accepted), time.monotonic() + BOOT_SECONDS)

    def until(self, is_so: Callable[[], bool], deadline: float) -> None:
        """Wait for something to become true, or for an instant of the monotonic clock."""
        while not is_so() and time.monotonic() < deadline:
            self._keep_up()
            time.sleep(SOON)  # between two looks at other processes

    def _keep_up(self) -> None:
        """Start the worker anew when all of its children died at once, as whoever runs it does."""
        if self.worker.poll() is not None:
            self.worker = self._start(self.mail, WORKER, odds=self.odds)

    def _kill_someone(self) -> None:
        masters = [*[self.worker.pid] * 3, self.nursery.pid]
        victims = _children(self.random.choice(masters))
        if victims:
            try:
                os.kill(self.random.choice(victims), signal.SIGKILL)
            except ProcessLookupError:
                return
            self.killed += 1

    def _start(self, mail: str, arguments: list[str], *, odds: float) -> subprocess.Popen[bytes]:
        address = urlsplit(os.environ["DATABASE_URL"])
        database = f"/{connection.settings_dict['NAME']}"
        out = (self.place / "out").open("ab")
        started = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.deadly", *arguments],
            cwd=ROOT,
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "config.settings",
                "DATABASE_URL": urlunsplit(address._replace(path=database)),
                "REDIS_URL": self.valkey.url(),
                "EMAIL_URL": mail,
                "CHAOS_ODDS": str(odds),
                "CHAOS_BOOK": str(self.book),
                "CHAOS_DEATHS": str(self.deaths),
                "CHAOS_PEACE": str(self.peace),
                "PYTHONWARNINGS": "ignore",
            },
            stdout=out,
            stderr=subprocess.STDOUT,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
        out.close()
        self.programs.append(started)
        return started


def book(*, customers: int, number: int = 0) -> Organization:
    """Make an organization with two invoices for each customer, due over a month."""
    made = make.organization(f"Book {number}")
    Organization.objects.filter(pk=made.pk).update(iban="", cap_count=7, gap_days=1)
    first = timezone.now().date() + timedelta(days=2)
    with tenant_transaction(made.pk):
        for place in range(customers):
            debtor = make.a_customer(made, email=f"d{place}@k{number}.example")
            for which in (0, 1):
                due_on = first + timedelta(days=(3 * place + 5 * which) % 8)
                make.invoice(
                    made,
                    customer=debtor,
                    number=f"K-{2 * place + which:05}",
                    amounts={due_on.isoformat(): 10_000 + place},
                )
    return made


def look(organization: Organization, accepted: list[Accepted], result: Result) -> None:
    """Add to a result what became of an organization's messages.

    Whoever reads a mail that was accepted is asked: by its Message-ID the row is found, and by
    what it says that nobody was told the same thing twice.
    """
    with tenant_transaction(organization.pk):
        messages = list(Message.objects.filter(channel="email"))
        known = {str(message.token): message for message in messages if message.token}
        domain = Message.objects.get(pk=messages[0].pk).to.partition("@")[2] if messages else ""
        domain = next((m.to.partition("@")[2] for m in messages if m.to), domain)
        mine = [mail for mail in accepted if mail.to.endswith(f"@{domain}")]
        times = Counter(mail.token for mail in mine)
        said = Counter((mail.to, mail.subject, number) for mail in mine for number in mail.numbers)
        result.duplicates += [f"accepted {n} times: {token}" for token, n in times.items() if n > 1]
        result.duplicates += [f"said {n} times: {what}" for what, n in said.items() if n > 1]
        result.duplicates += [f"no row knows {token}" for token in times.keys() - known.keys()]
        for token, message in known.items():
            if message.state == State.SENT and token not in times:
                result.lost.append(f"message {message.pk} is sent, and nobody took it in")
            if message.state in {State.FAILED, State.CANCELLED} and token in times:
                result.lost.append(f"message {message.pk} is {message.state}, and was taken in")
        result.stuck += [
            f"message {message.pk} is {message.state}"
            for message in messages
            if message.state in {State.QUEUED, State.CLAIMED, State.AWAITING_APPROVAL}
        ]
        result.after_payment += _after_payment()
        result.lost += _not_planned(organization)
        result.states.update(message.state for message in messages)
        result.messages += len(messages)
        result.accepted += len(mine)


def _after_payment() -> Iterator[str]:
    """Give what was asked for by a call that began after the money was there.

    Both clocks are of this machine: the payer's is read when the invoice is locked, and a call
    that begins under the same lock earlier has an earlier one.
    """
    paid = dict(Allocation.objects.values_list("invoice_id", "payment__created_at"))
    acts = Act.objects.filter(message__call_started_at__isnull=False).exclude(
        kind=StepKind.THANK_YOU
    )
    for act in acts.select_related("instalment", "message"):
        at = paid.get(act.instalment.invoice_id)
        began = act.message.call_started_at if act.message is not None else None
        if at is not None and began is not None and began > at:
            yield f"act {act.pk} at {began}, paid at {at}"


def _not_planned(organization: Organization) -> Iterator[str]:
    """Give what the last round ought to have written and did not."""
    fresh = Organization.objects.get(pk=organization.pk)
    if fresh.last_round_on is not None:
        for contact in planning.decide(fresh, on=fresh.last_round_on).contacts:
            yield f"nobody wrote {contact.document()}"


def _is_lived(organization: Organization) -> bool:
    fresh = Organization.objects.get(pk=organization.pk)
    last = fresh.last_round_on
    return last is not None and last >= fresh.created_at.date() + timedelta(days=DAYS)


def _in_hand(organization: Organization) -> bool:
    with tenant_transaction(organization.pk):
        return bool(
            Message.objects.filter(
                state__in=[State.QUEUED, State.CLAIMED], channel="email"
            ).exists()
        )


def _children(pid: int) -> list[int]:
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return []
    return [int(child) for child in found]


def _end(program: subprocess.Popen[bytes]) -> None:
    """End a program and whatever it forked: it leads a group of its own."""
    with suppress(ProcessLookupError):
        os.killpg(program.pid, signal.SIGKILL)
    program.wait(10)
