"""Who is asked what a domain publishes: the name servers, or nobody where mail stays here."""

from collections.abc import Sequence
from typing import Any, Protocol

import dns.exception
import dns.name
import dns.resolver
from django.conf import settings
from django.utils.module_loading import import_string

from dunning.channels.domain_records import Unanswered

ONE_ANSWER_SECONDS, ALL_OF_ONE_SECONDS = 1.5, 3.0
MOST_SECONDS = 8.0  # of one look at a domain
NOTHING_THERE = (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.name.NameTooLong)


class Resolver(Protocol):
    """Gives the records of a name; raises `Unanswered` where nothing is known."""

    def texts(self, name: str) -> list[str]:
        """Return the TXT records of a name, each joined from its parts."""

    def aliases(self, name: str) -> list[str]:
        """Return the CNAME of a name, if it has one."""


class NameServers:
    """The machine's own name servers, or those that are named, asked briefly and once."""

    def __init__(self, servers: Sequence[str] = (), *, port: int = 53) -> None:
        self._resolver = dns.resolver.Resolver(configure=False)
        self._left = MOST_SECONDS
        if servers:
            self._resolver.nameservers, self._resolver.port = list(servers), port
        else:
            self._read_own()
        self._resolver.timeout = ONE_ANSWER_SECONDS
        self._resolver.lifetime = ALL_OF_ONE_SECONDS

    def _read_own(self) -> None:
        try:
            self._resolver.read_resolv_conf("/etc/resolv.conf")
        except dns.resolver.NoResolverConfiguration:
            self._left = 0.0

    def texts(self, name: str) -> list[str]:
        return [
            b"".join(answer.strings).decode("utf-8", "replace") for answer in self._ask(name, "TXT")
        ]

    def aliases(self, name: str) -> list[str]:
        return [answer.target.to_text(omit_final_dot=True) for answer in self._ask(name, "CNAME")]

    def _ask(self, name: str, kind: str) -> list[Any]:
        if self._left <= 0:
            raise Unanswered(name)
        try:
            answer = self._resolver.resolve(name, kind, search=False)
        except NOTHING_THERE:
            return []
        except dns.exception.DNSException as error:  # too slow, refused, or no name at all
            self._left -= ALL_OF_ONE_SECONDS
            raise Unanswered(name) from error
        self._left -= answer.response.time
        return list(answer)


class Nobody:
    """Asks nobody: no mail leaves this machine, and so does no question."""

    def texts(self, name: str) -> list[str]:
        raise Unanswered(name)

    def aliases(self, name: str) -> list[str]:
        raise Unanswered(name)


def resolver() -> Resolver:
    """Return whoever is configured to be asked."""
    made: Resolver = import_string(settings.MAIL_RESOLVER)()
    return made
