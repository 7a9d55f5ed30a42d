"""How much of the internet a set of networks lets in: all of them together, for two halves are the whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network

Network = IPv4Network | IPv6Network

# IANA's special-purpose registries: what no router of the internet carries.
_PRIVATE: tuple[Network, ...] = tuple(
    map(
        ip_network,
        (
            "10.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "100.64.0.0/10",
            "169.254.0.0/16",
            "127.0.0.0/8",
            "fc00::/7",
            "fe80::/10",
        ),
    )
)
WIDEST = {4: 12, 6: 28}
"""Prefix length of the public addresses that may be let in, together. Ours, not AWS's: an organisation's own are fewer
(a /12 is a million of IPv4's; a /28 is more than a provider gets at first), a cloud's whole range is more."""


def too_wide(blocks: Iterable[str]) -> str | None:
    """Which piece of the internet all of these are, where that is a wide one.

    Raise ValueError for what is no network.
    """
    networks = [ip_network(block, strict=False) for block in blocks]
    for version, collapsed in (
        (4, collapse_addresses(each for each in networks if isinstance(each, IPv4Network))),
        (6, collapse_addresses(each for each in networks if isinstance(each, IPv6Network))),
    ):
        bits = 32 if version == 4 else 128
        merged: list[Network] = list(collapsed)
        public = sum(map(_public, merged))
        if public > 2 ** (bits - WIDEST[version]):
            if any(each.prefixlen == 0 for each in merged):
                return "the whole internet"
            # A /N or more: the largest that fits is a fair name for the sum.
            size = bits - (public.bit_length() - 1)
            return f"as many public addresses of IPv{version} as a /{size} has"
    return None


def _public(block: Network) -> int:
    """How many of its addresses are of the internet."""
    return block.num_addresses - sum(_inside(block))


def _inside(block: Network) -> Iterator[int]:
    for private in _PRIVATE:
        if private.version == block.version and private.overlaps(block):
            # Of two networks that overlap one holds the other.
            yield min(private.num_addresses, block.num_addresses)
