"""The members of a replication group, wired together: one primary with replicas, or shards."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import redis

from graph.errors import CloudError
from local.valkey.node import Node

LINK_SECONDS = 30.0
SLOTS = 16384


@dataclass(frozen=True)
class Topology:
    """How many nodes, and who follows whom: node `shard * per_shard` leads its shard at first."""

    shards: int
    replicas: int
    cluster: bool

    @property
    def per_shard(self) -> int:
        return self.replicas + 1

    @property
    def count(self) -> int:
        return self.shards * self.per_shard

    def names(self, group: str) -> list[str]:
        """ElastiCache's member names: `<group>-001`, with shards `<group>-0001-001`."""
        if not self.cluster:
            return [f"{group}-{n:03}" for n in range(1, self.count + 1)]
        return [f"{group}-{s:04}-{n:03}" for s in range(1, self.shards + 1) for n in range(1, self.per_shard + 1)]


def each(nodes: Sequence[Node], work: Callable[[Node], bool]) -> list[bool]:
    """Do it to every node at the same time."""
    with ThreadPoolExecutor(max_workers=min(8, len(nodes))) as pool:
        return list(pool.map(work, nodes))


def replicate(nodes: Sequence[Node]) -> None:
    """Point every replica at the primary and wait for the links."""
    primary, *replicas = nodes
    with primary.client() as client:
        if client.info("replication")["role"] != "master":
            client.replicaof("NO", "ONE")
    for node in replicas:
        with node.client() as client:
            state = client.info("replication")
            if state["role"] == "master" or state["master_port"] != primary.port:
                # by command, not by configuration: the server then connects at once, not at its next cron tick
                client.replicaof("127.0.0.1", primary.port)
    for node in replicas:
        _await(node, lambda c: c.info("replication")["master_link_status"] == "up", "has no link to its primary")


def form(nodes: Sequence[Node], topology: Topology) -> None:
    """Make the nodes one cluster with all slots served; what is already so stays."""
    ids = []
    for node in nodes:
        with node.client() as client:
            ids.append(_send(client, "CLUSTER", "MYID"))
    leaders = nodes[:: topology.per_shard]
    with nodes[0].client() as client:
        for node in nodes[1:]:
            _send(client, "CLUSTER", "MEET", "127.0.0.1", node.port, node.cluster_port or 0)
    for shard, leader in enumerate(leaders):
        with leader.client() as client:
            if not _owned(client) and client.info("replication")["role"] == "master" and _fresh(client):
                _send(client, "CLUSTER", "ADDSLOTSRANGE", *_range(shard, len(leaders)))
    for number, node in enumerate(nodes):
        leader_id = ids[number - number % topology.per_shard]
        if number % topology.per_shard == 0:
            continue
        with node.client() as client:
            if client.info("replication")["role"] == "master" and not _owned(client):
                _join(client, leader_id, node.name)
    for node in nodes:
        _await(node, _whole, "does not see the whole cluster")


def _range(shard: int, shards: int) -> tuple[int, int]:
    return shard * SLOTS // shards, (shard + 1) * SLOTS // shards - 1


def _owned(client: redis.Redis) -> bool:
    return any("myself" in line and len(line.split()) > 8 for line in _nodes(client))


def _fresh(client: redis.Redis) -> bool:
    """No slot is served by a node that this one took over from."""
    return int(_info(client)["cluster_slots_assigned"]) < SLOTS


def _whole(client: redis.Redis) -> bool:
    info = _info(client)
    linked = client.info("replication").get("master_link_status", "up") == "up"
    return info["cluster_state"] == "ok" and int(info["cluster_slots_ok"]) == SLOTS and linked


def _info(client: redis.Redis) -> dict[str, str]:
    return dict(line.split(":", 1) for line in _send(client, "CLUSTER", "INFO").splitlines() if ":" in line)


def _nodes(client: redis.Redis) -> list[str]:
    return _send(client, "CLUSTER", "NODES").splitlines()


def _send(client: redis.Redis, *words: str | int) -> str:
    """The server's own answer: redis-py parses replies of CLUSTER commands into shapes that vary by version."""
    connection: Any = client.connection_pool.get_connection()
    try:
        connection.send_command(*words)
        return str(connection.read_response())
    finally:
        client.connection_pool.release(connection)


def _join(client: redis.Redis, leader: str, name: str) -> None:
    """CLUSTER REPLICATE fails until gossip has made the nodes known to each other."""
    deadline = time.monotonic() + LINK_SECONDS
    while True:
        try:
            _send(client, "CLUSTER", "REPLICATE", leader)
        except redis.ResponseError as error:
            if time.monotonic() > deadline:
                raise CloudError(f"cache node {name} cannot join its shard: {error}") from error
            time.sleep(0.05)
        else:
            return


def _await(node: Node, ready: Callable[[redis.Redis], bool], otherwise: str) -> None:
    deadline = time.monotonic() + LINK_SECONDS
    with node.client() as client:
        while not ready(client):
            if time.monotonic() > deadline:
                raise CloudError(f"cache node {node.name} {otherwise} after {LINK_SECONDS:.0f} s: {node.daemon.tail()}")
            time.sleep(0.02)
