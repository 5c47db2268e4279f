"""IP addresses: the network of one subscriber, and trusted proxies."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network


def subscriber(address: str) -> str:
    """Return the network of one subscriber: an IPv4 address or an IPv6 /64; other text unchanged."""
    found = _read(address)
    if isinstance(found, IPv6Address):
        return str(ip_network((found, 64), strict=False))
    return address if found is None else str(found)


class Proxies:
    """The proxies in front of the server, which say for whom they call."""

    def __init__(self, networks: Iterable[str]):
        """`networks` are addresses or CIDR networks; ValueError for what is neither."""
        self._networks: list[IPv4Network | IPv6Network] = [
            ip_network(text, strict=False) for text in networks
        ]

    def __contains__(self, address: str) -> bool:
        found = _read(address)
        return found is not None and any(found in network for network in self._networks)

    def client(self, peer: str, forwarded: str) -> str:
        """Who called: `peer` itself, or whom a proxy names in the value of `X-Forwarded-For`."""
        found = peer
        if peer in self:
            # From the nearest backwards: the first that is no proxy of ours is who called.
            for address in reversed(forwarded.split(",")):
                found = address.strip() or found
                if address.strip() not in self:
                    break
        return found


def _read(address: str) -> IPv4Address | IPv6Address | None:
    """An address, of version 4 also where a socket of version 6 shows it."""
    try:
        found = ip_address(address)
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return found
