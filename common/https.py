"""Ask a program elsewhere, within bounds of time and size, and know what its silence means.

Before the first byte of a request has left, nothing can have happened over there; after it,
anything may have. The two are told apart, for what may be asked again hangs on it. Only TLS is
spoken, but to this machine itself; a redirect is an answer like others, and followed nowhere.
"""

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

CONNECT_SECONDS, TOTAL_SECONDS = 5, 30
LARGEST_REPLY = 256 * 1024


class NotReached(Exception):
    """Nobody listened, or nobody who proved who he is: nothing was asked."""


class NoReply(Exception):
    """It was asked, and no whole answer came: nobody knows what it did."""


class Unsafe(ValueError):
    """An address that is neither TLS nor this machine."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the other side answered; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def retry_after(self) -> int | None:
        """Return the seconds that it asks to wait; None where it says none, or names a date."""
        said = self.headers.get("retry-after", "").strip()
        return int(said) if said.isascii() and said.isdecimal() else None

    @property
    def is_refusal(self) -> bool:
        """Return whether the other side says that the request was wrong, and did nothing."""
        return HTTPStatus.BAD_REQUEST <= self.status < HTTPStatus.INTERNAL_SERVER_ERROR


def refuse_unsafe(url: str) -> SplitResult:
    """Return the parts of an address that may be asked.

    Raises:
        Unsafe: it is not TLS and not of this machine, or brings a name and password.
    """
    parts = urlsplit(url)
    if not parts.hostname or parts.username is not None:
        raise Unsafe(f"{parts.scheme}://{parts.hostname or ''} is no address to ask.")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_here(parts.hostname)):
        raise Unsafe(f"{parts.hostname} is asked over https alone.")
    return parts


def post(
    url: str, body: bytes, *, headers: Mapping[str, str], seconds: float = TOTAL_SECONDS
) -> Reply:
    """Post something, once, and return the answer, whatever it is.

    Args:
        seconds: for the whole conversation, from the first byte that leaves to the last that comes.

    Raises:
        NotReached: nothing left.
        NoReply: it may have arrived; the answer did not, in time and within its bounds.
        Unsafe: the address is none that may be asked.
    """
    parts = refuse_unsafe(url)
    connection = _connection(parts)
    try:
        connection.connect()
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        raise NotReached(type(error).__name__) from error
    # Each read has its own patience; a server that drips would outlast them all.
    is_over = threading.Event()
    bell = threading.Timer(seconds, _hang_up, args=(connection, is_over))
    bell.daemon = True
    bell.start()
    try:
        connection.sock.settimeout(seconds)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body=body, headers=dict(headers))
        answer = connection.getresponse()
        content = answer.read(LARGEST_REPLY + 1)
    except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:
        raise NoReply(type(error).__name__) from error
    finally:
        bell.cancel()
        connection.close()
    if len(content) > LARGEST_REPLY:
        raise NoReply("too long an answer")
    if answer.length or is_over.is_set():
        raise NoReply("the answer broke off")
    named = {name.lower(): value for name, value in answer.getheaders()}
    return Reply(answer.status, named, content)


def _connection(parts: SplitResult) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    if parts.scheme == "http":
        return http.client.HTTPConnection(host, parts.port, timeout=CONNECT_SECONDS)
    context = ssl.create_default_context()
    return http.client.HTTPSConnection(host, parts.port, timeout=CONNECT_SECONDS, context=context)


def _hang_up(connection: http.client.HTTPConnection, is_over: threading.Event) -> None:
    """End a conversation from outside; whoever reads finds nothing more."""
    is_over.set()
    sock = connection.sock
    if sock is not None:
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return


def is_here(url: str) -> bool:
    """Return whether an address is of this machine itself."""
    return _is_here(urlsplit(url).hostname or "")


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
