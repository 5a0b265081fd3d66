"""What the stand-ins have in common: a server on loopback, and the ways in which it may behave."""

import enum
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HOST = "127.0.0.1"
LARGEST = 32 * 1024 * 1024


class Behaviour(enum.Enum):
    """How the next call goes; after those that were ordered, each is accepted."""

    ACCEPT = enum.auto()
    BAD_ADDRESS = enum.auto()
    STOPPED = enum.auto()  # of an SMS: the recipient answered STOP before
    REFUSE = enum.auto()  # for another reason that stays
    NO_CREDIT = enum.auto()
    BUSY = enum.auto()  # 429, with a time to wait
    DOWN = enum.auto()  # 503: whether it was taken is not said
    SLOW = enum.auto()  # accepts, and answers when the caller has gone
    DROP = enum.auto()  # accepts, and hangs up without an answer


RETRY_AFTER = 90


@dataclass(frozen=True, slots=True)
class Call:
    """What was asked of a stand-in."""

    path: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class StandIn:
    """A provider for one test, or one run: what it was asked, what it took, how it will behave."""

    answer: Callable[["StandIn", Call, Behaviour], Answer]
    ordered: list[Behaviour] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    taken: list[dict[str, Any]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    over: threading.Event = field(default_factory=threading.Event)
    url: str = ""
    told: int = 0

    def order(self, *behaviours: Behaviour) -> None:
        """Let the next calls go in this way."""
        self.ordered += behaviours

    def untold(self) -> list[dict[str, Any]]:
        """Return what was taken since this was asked last."""
        with self.lock:
            found = self.taken[self.told :]
            self.told = len(self.taken)
        return found

    def handle(self, call: Call) -> Answer | None:
        """Take a call; None hangs up."""
        with self.lock:
            behaviour = self.ordered.pop(0) if self.ordered else Behaviour.ACCEPT
            self.calls.append(call)
            answer = self.answer(self, call, behaviour)
        if behaviour is Behaviour.DROP:
            return None
        if behaviour is Behaviour.SLOW:
            self.over.wait()
        return answer


@contextmanager
def serving(stand_in: StandIn, *, port: int = 0) -> Iterator[StandIn]:
    """Let a stand-in answer on loopback, at its `url`, while the context is open."""
    server = ThreadingHTTPServer((HOST, port), _handler(stand_in))
    server.daemon_threads = True
    stand_in.url = f"http://{HOST}:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield stand_in
    finally:
        stand_in.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(stand_in: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:  # the name that http.server looks for
            """Answer, or hang up."""
            length = min(int(self.headers.get("Content-Length", "0")), LARGEST)
            named = {name.lower(): value for name, value in self.headers.items()}
            answer = stand_in.handle(Call(self.path, named, self.rfile.read(length)))
            self.close_connection = True
            if answer is None:
                return
            try:
                self._send(answer)
            except OSError:
                return  # the caller has gone

        def _send(self, answer: Answer) -> None:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing: who runs it knows what was asked."""

    return Handler
