"""How much of the internet a set of networks admits: all of them together, as two halves are the whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network

Network = IPv4Network | IPv6Network

ENDPOINTS = ("elasticache", "kms", "logs", "rds", "secretsmanager", "sts")
"""AWS APIs that programs inside an isolated network call: the bootstrap runner and the clients' SDKs."""

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
# RFC 1918. A VPC cannot have 0.0.0.0/8, 127.0.0.0/8, 169.254.0.0/16 or 224.0.0.0/4 (Amazon VPC User Guide, VPC CIDR
# blocks), which Python calls private or reserved too; of the rest these alone are sure to be nobody else's.
_OWN = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
NARROW = "name the application's security group, or its own networks"
WIDEST = {4: 12, 6: 28}
"""Prefix length of the public addresses that may be let in, together. Ours, not AWS's: an organisation's own are fewer
(a /12 is a million of IPv4's; a /28 is more than a provider gets at first), a cloud's whole range is more."""


def is_group(text: str) -> bool:
    """Whether it is a security group's id."""
    return re.fullmatch(r"sg-[0-9a-z]+", text) is not None


VPC = "a private IPv4 network between /16 and /24, of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16"
"""What a new VPC may have, in words."""
SUBNETS = "at least two subnets, in different availability zones"
"""What a DB subnet group needs, in words."""
CLIENT = "a security group (`sg-...`), or a network in CIDR notation with no more of the internet than a company has"
"""Who may connect, in words; `WIDEST` has the numbers."""


def vpc_problem(cidr: str) -> str | None:
    """What is wrong with the CIDR block of a new VPC; None when nothing is."""
    try:
        network = ip_network(cidr)
    except ValueError as error:
        return f"is not an IPv4 range such as 10.20.0.0/20: {error}"
    # A VPC's own block; IPv6 is an addition, never a replacement (CreateVpc, CidrBlock).
    own = isinstance(network, IPv4Network) and any(network.subnet_of(block) for block in _OWN)
    if not own or not 16 <= network.prefixlen <= 24:
        return f"must be {VPC}"
    return None


def subnets_problem(subnets: Sequence[object]) -> str | None:
    """What is wrong with the subnets of a DB subnet group; None when nothing is. Outputs are not checked."""
    named = [each for each in subnets if isinstance(each, str)]
    if len(set(named)) < len(named):
        return "names one of them twice"
    return f"needs {SUBNETS} (DB subnet group)" if len(subnets) < 2 else None


def zones_problem(zones: Sequence[str]) -> str | None:
    """What is wrong with the zones of an isolated network; None when nothing is."""
    if 2 <= len(set(zones)) == len(zones) <= 3:
        return None
    return f"has {', '.join(zones) or 'none'}; name two or three different zones"


GROUPS_OF_AN_INTERFACE = 5
"""Security groups that a network interface may have, unless its account's quota was raised (Amazon VPC User Guide,
"Amazon VPC quotas": security groups per network interface)."""


def client_problem(value: str) -> str | None:
    """What is wrong with a peer that may connect, a security group or a CIDR range; None when nothing is."""
    if value.startswith("sg-"):
        return None if is_group(value) else f"{value!r} is not a security group id such as sg-0a1b2c3d4e5f60718"
    try:
        block = ip_network(value)
    except ValueError as error:
        return f"{value!r} is neither a security group (sg-...) nor a network: {error}"
    return f"{value!r} is {wide}: {NARROW}" if (wide := too_wide([str(block)])) else None


def together_problem(clients: Iterable[str]) -> str | None:
    """What is wrong with clients that are fine one by one; None when nothing is."""
    given = list(clients)
    if len(set(given)) != len(given):
        return "names one of them twice"
    wide = too_wide(each for each in given if not each.startswith("sg-"))
    return f"are, together, {wide}: {NARROW}" if wide else None


def too_wide(blocks: Iterable[str]) -> str | None:
    """Which piece of the internet all of these are, where that is a wide one.

    Raise ValueError for what is not a network.
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
