"""Which nodes hold the keys of a cache: one for each shard, a replica where there is one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import redis

from bootstrap.errors import BootstrapError
from bootstrap.secrets import LoginError
from observe.keys.scan import SLOTS
from observe.node import RedisNode, host_and_port


class NowhereError(BootstrapError):
    """No node of a cache, or of one of its shards, answers."""


@dataclass(frozen=True, kw_only=True)
class Shard:
    """Nodes that hold the same keys."""

    name: str
    """`0-5460` by its slots; empty outside of cluster mode."""
    nodes: tuple[RedisNode, ...]
    """The one to ask first, then those to fall back on."""
    slots: bytes | None = None
    """In cluster mode, a 1 for each slot that it serves."""


def shards(nodes: Sequence[RedisNode], *, primary: bool) -> tuple[Shard, ...]:
    """Every shard, with a replica first or, with `primary`, only the primary. Raise NowhereError.

    The nodes of a cache that is not in cluster mode are one shard.
    """
    ranked: list[tuple[int, RedisNode]] = []
    failed: list[str] = []
    for node in nodes:
        try:
            with node.session() as client:
                if _info(client, "cluster").get("cluster_enabled") == 1:
                    return tuple(_of_cluster(client, node, primary=primary))
                found = _info(client, "replication")
        except (LoginError, redis.RedisError) as error:
            failed.append(f"{node.name}: {error}")
            continue
        is_primary = found.get("role") == "master"
        if is_primary or not primary:
            # A replica that has lost its primary has old keys, or none.
            behind = not is_primary and found.get("master_link_status") != "up"
            ranked.append((2 * behind + is_primary, node))
    if not ranked:
        raise NowhereError("; ".join(failed) or "none of the nodes is a primary")
    # An endpoint for readers and one for writers may be the same node.
    by_address = {node.address: node for _, node in sorted(ranked, key=lambda each: each[0])}
    return (Shard(name="", nodes=tuple(by_address.values())),)


def _of_cluster(client: redis.Redis, node: RedisNode, *, primary: bool) -> Iterator[Shard]:
    """The shards as one node knows them (CLUSTER SHARDS, Redis 7.0)."""
    asked = host_and_port(node.address, 6379)[0]
    answer: list[Any] = client.execute_command("CLUSTER", "SHARDS")  # type: ignore[no-untyped-call]
    for shard in map(_fields, answer):
        ranges = [(int(first), int(last)) for first, last in _pairs(shard["slots"])]
        if not ranges:
            continue  # holds nothing yet, or no more
        members = [
            each
            for each in map(_fields, shard["nodes"])
            if each.get("health") == "online" and (each["role"] == "master" or not primary)
        ]
        members.sort(key=lambda each: each["role"] == "master")
        slots = bytearray(SLOTS)
        for first, last in ranges:
            slots[first : last + 1] = b"\1" * (last + 1 - first)
        name = ",".join(f"{first}-{last}" for first, last in ranges)
        yield Shard(name=name, nodes=tuple(_member(node, each, asked) for each in members), slots=bytes(slots))


def _member(node: RedisNode, member: dict[str, Any], asked: str) -> RedisNode:
    # `endpoint` is a name where the cluster prefers names, and empty or `?` where it does not know its own address.
    known = member.get("endpoint")
    host = known if known and known != "?" else member.get("ip") or asked
    assert node.at is not None  # noqa: S101 whoever makes nodes for this gives it
    return node.at(str(host), int(member.get("tls-port") or member["port"]))


def _pairs(flat: Sequence[Any]) -> list[tuple[Any, Any]]:
    """The pairs of a list in which they follow each other, as RESP2 has maps and ranges."""
    return list(zip(flat[0::2], flat[1::2], strict=True))


def _fields(flat: Sequence[Any]) -> dict[str, Any]:
    return dict(_pairs(flat))


def _info(client: redis.Redis, section: str) -> dict[str, Any]:
    return client.info(section)
