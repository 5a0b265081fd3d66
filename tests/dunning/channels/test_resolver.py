"""Name servers, asked over the loopback of this machine."""

import socket
from collections.abc import Iterator
from threading import Thread

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from dunning.channels import resolver
from dunning.channels.domain_records import Unanswered
from dunning.channels.resolver import NameServers, Nobody

ZONE = {
    ("long.example.", "TXT"): '"v=spf1 include:a.example" " -all"',
    ("alias.example.", "CNAME"): "target.example.",
}


def answer(question: bytes) -> bytes | None:
    asked = dns.message.from_wire(question)
    (one,) = asked.question
    name, kind = one.name.to_text(), dns.rdatatype.to_text(one.rdtype)
    if name == "silent.example.":
        return None
    said = dns.message.make_response(asked)
    said.flags |= dns.flags.RA
    if name == "broken.example.":
        said.set_rcode(dns.rcode.SERVFAIL)
    elif (name, kind) in ZONE:
        said.answer.append(dns.rrset.from_text(name, 60, "IN", kind, ZONE[name, kind]))
    elif name == "nowhere.example.":
        said.set_rcode(dns.rcode.NXDOMAIN)
    return said.to_wire()


@pytest.fixture
def servers() -> Iterator[NameServers]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.bind(("127.0.0.1", 0))

        def serve() -> None:
            while True:
                question, client = door.recvfrom(2048)
                if question == b"end":
                    return
                if said := answer(question):
                    door.sendto(said, client)

        thread = Thread(target=serve)
        thread.start()
        yield NameServers(["127.0.0.1"], port=door.getsockname()[1])
        door.sendto(b"end", door.getsockname())
        thread.join()


def test_a_text_in_parts_is_one_text(servers: NameServers) -> None:
    assert servers.texts("long.example") == ["v=spf1 include:a.example -all"]


def test_an_alias_is_given_without_its_last_dot(servers: NameServers) -> None:
    assert servers.aliases("alias.example") == ["target.example"]


def test_a_name_that_is_not_there_and_one_without_such_records_have_none(
    servers: NameServers,
) -> None:
    assert servers.texts("nowhere.example") == []
    assert servers.aliases("long.example") == []
    assert servers.texts(f"{'x' * 63}.{'y' * 63}.{'z' * 63}.{'a' * 63}.example") == []


def test_a_server_that_fails_or_keeps_silent_leaves_it_unknown(
    servers: NameServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servers._resolver, "timeout", 0.05)
    monkeypatch.setattr(servers._resolver, "lifetime", 0.1)

    for name in ("broken.example", "silent.example", "no..name"):
        with pytest.raises(Unanswered):
            servers.texts(name)


def test_after_seconds_of_silence_nobody_is_asked_any_more(
    servers: NameServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servers, "_left", 0.0)

    with pytest.raises(Unanswered):
        servers.texts("long.example")


def test_where_no_mail_leaves_nobody_is_asked() -> None:
    assert isinstance(resolver.resolver(), Nobody)
    with pytest.raises(Unanswered):
        Nobody().texts("acme.fr")
    with pytest.raises(Unanswered):
        Nobody().aliases("acme.fr")
