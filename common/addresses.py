"""Where a request came from: the peer, or what a trusted proxy says of it."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

ONE_CUSTOMER = 64  # bits of IPv6 that a provider gives to one line, all of whose addresses are his


def address_of(request: HttpRequest) -> Address | None:
    """Return the address that a request came from; None when its server does not know.

    `X-Forwarded-For` is read from its end, and only past addresses in `TRUSTED_PROXIES`: what
    stands before the first other address was written by whoever sent it.
    """
    hops = request.headers.get("X-Forwarded-For", "").split(",")
    address = read(request.META.get("REMOTE_ADDR", ""))
    while hops and address is not None and is_within(address, settings.TRUSTED_PROXIES):
        before = read(hops.pop())
        if before is None:
            break
        address = before
    return address


def read(text: str) -> Address | None:
    """Return the address that a text is, IPv4 if it is IPv4 written as IPv6; None if it is none."""
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def is_within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


def neighbourhood(address: Address | None) -> str:
    """Return what one sender can't leave by taking another address of his own."""
    if isinstance(address, IPv6Address):
        return str(ip_network((int(address), ONE_CUSTOMER), strict=False))
    return str(address)
