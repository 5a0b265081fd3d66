"""Programs elsewhere are asked over TLS, within bounds, and their silence is told apart."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from common import https
from tests.net import free_port


@contextmanager
def answering(*parts: bytes, until: threading.Event | None = None) -> Iterator[str]:
    """Let somebody on loopback answer one call with bytes, and give his address.

    Args:
        until: between the parts he waits for it, as who drips does.
    """
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            with server.accept()[0] as other:
                other.recv(65536)
                for part in parts:
                    with contextlib.suppress(ConnectionError):
                        other.sendall(part)
                    if until is not None:
                        until.wait()
                with contextlib.suppress(OSError):  # he may have gone
                    other.shutdown(socket.SHUT_WR)
                    other.recv(65536)  # what came late; to hang up on it would be a reset

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/path?a=b"
        finally:
            if until is not None:
                until.set()
            thread.join()


def head(length: int, status: str = "200 OK", more: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{more}\r\n".encode()


def test_an_answer_is_given_as_it_is() -> None:
    with answering(head(2, "429 Too Many", "Retry-After: 90\r\n") + b"no") as url:
        reply = https.post(url, b"x", headers={"X": "y"})

    assert (reply.status, reply.body, reply.retry_after) == (429, b"no", 90)
    assert reply.is_refusal


def test_a_redirect_is_an_answer_and_not_followed() -> None:
    with answering(head(0, "302 Found", "Location: http://169.254.169.254/\r\n")) as url:
        reply = https.post(url, b"x", headers={})

    assert (reply.status, reply.is_refusal) == (302, False)


def test_nobody_listening_means_that_nothing_was_asked() -> None:
    with pytest.raises(https.NotReached):
        https.post(f"http://127.0.0.1:{free_port()}/", b"x", headers={})


@pytest.mark.parametrize(
    "said",
    [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", b"no http at all\r\n\r\n"],
)
def test_an_answer_that_breaks_off_tells_nothing(said: bytes) -> None:
    with answering(said) as url, pytest.raises(https.NoReply):
        https.post(url, b"x", headers={})


def test_an_answer_without_end_is_given_up() -> None:
    endless = head(10**9) + b"x" * (https.LARGEST_REPLY + 10)
    with answering(endless) as url, pytest.raises(https.NoReply, match="too long"):
        https.post(url, b"x", headers={})


def test_whoever_drips_is_left_when_the_time_is_over() -> None:
    with (
        answering(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n", until=threading.Event()) as url,
        pytest.raises(https.NoReply),
    ):
        https.post(url, b"x", headers={}, seconds=0.1)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/",
        "http://127.0.0.1.example/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "//127.0.0.1/",
        "https://user:word@api.example/",
        "",
    ],
)
def test_what_is_neither_tls_nor_this_machine_is_not_asked(url: str) -> None:
    with pytest.raises(https.Unsafe):
        https.post(url, b"x", headers={})


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("https://api.example/v1", False),
        ("http://127.0.0.1:8101", True),
        ("http://[::1]:8101", True),
        ("http://localhost:8101", True),
    ],
)
def test_tls_and_this_machine_may_be_asked(url: str, here: bool) -> None:  # noqa: FBT001
    https.refuse_unsafe(url)

    assert https.is_here(url) is here
