"""A mail server on the loopback that fails in every way that a real one does, and remembers."""

import asyncio
import logging
import random
import re
import threading
from dataclasses import dataclass
from email import message_from_bytes, policy

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.chaos.deadly import PATIENCE
from tests.net import free_port

_NUMBER = re.compile(r"K-\d{5}", re.ASCII)
# What comes of a try, in percent; the rest is taken in at once.
REFUSED, BUSY, BUSY_AFTER, DROPPED, TOO_SLOW, SLOW = 1, 3, 3, 3, 2, 4


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message that the server has taken in: the debtor will read it."""

    token: str  # the part of its Message-ID before the @
    to: str
    subject: str
    numbers: tuple[str, ...]  # of the invoices that it names


class FaultyServer:
    """Takes mail in until it is told to end; `accepted` is what it has taken in, in order."""

    def __init__(self, *, seed: int) -> None:
        self.accepted: list[Accepted] = []
        self.lock = threading.Lock()
        self.random = random.Random(seed)  # noqa: S311  # no secret
        self.faults = dict.fromkeys(("550", "451", "421", "dropped", "too slow", "slow"), 0)
        self.controller = Controller(self, hostname="127.0.0.1", port=free_port())

    def start(self) -> str:
        """Begin, and return the address."""
        logging.getLogger("mail.log").setLevel(logging.WARNING)  # a line for each command else
        self.controller.start()
        return f"smtp://127.0.0.1:{self.controller.port}"

    def stop(self) -> None:
        self.controller.stop()

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: object
    ) -> str:
        if self._happens(REFUSED, "550"):
            return "550 5.7.1 Refused"
        if self._happens(BUSY, "451"):
            return "451 4.3.0 Later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        if self._happens(BUSY_AFTER, "421"):
            return "421 4.3.2 Later"
        self._take_in(envelope)
        if self._happens(DROPPED, "dropped"):
            if server.transport is not None:
                server.transport.close()
        elif self._happens(TOO_SLOW, "too slow"):
            await asyncio.sleep(2 * PATIENCE)  # the client has given up
        elif self._happens(SLOW, "slow"):
            await asyncio.sleep(PATIENCE / 4)
        return "250 OK"

    def _happens(self, percent: int, fault: str) -> bool:
        happens = self.random.uniform(0, 100) < percent
        self.faults[fault] += happens
        return happens

    def _take_in(self, envelope: Envelope) -> None:
        content = envelope.content
        raw = content if isinstance(content, bytes) else b""
        mail = message_from_bytes(raw, policy=policy.default)
        text = mail.get_body(("plain",))
        words = f"{mail['Subject']} {text.get_content() if text else ''}"
        token = str(mail["Message-ID"]).strip().strip("<>").partition("@")[0]
        numbers = tuple(sorted(set(_NUMBER.findall(words))))
        with self.lock:
            self.accepted.append(
                Accepted(token, envelope.rcpt_tos[0], str(mail["Subject"]), numbers)
            )
