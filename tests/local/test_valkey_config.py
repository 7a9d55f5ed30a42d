"""Configuration and first users of a cache node, and the shape of a group."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from local.computer import GIB, MIB
from local.handlers.cache import topology
from local.valkey.config import NodeConfig, maxmemory, split, users
from local.valkey.group import Topology


def test_parameters_of_elasticache_alone_are_named() -> None:
    group = [
        {"name": "maxmemory-policy", "value": "noeviction"},
        {"name": "reserved-memory-percent", "value": "25"},
        {"name": "cluster-enabled", "value": "yes"},
        {"name": "rename-commands", "value": "KEYS blocked"},
        {"name": "strange", "value": "1"},
    ]
    assert split(group, frozenset({"strange"})) == (
        {"maxmemory-policy": "noeviction"},
        ("rename-commands", "reserved-memory-percent", "strange"),
    )


@pytest.mark.parametrize(
    ("node", "share", "expected"),
    [(None, GIB, 768 * MIB), (0.5 * GIB, GIB, 384 * MIB), (26 * GIB, GIB, 768 * MIB)],
)
def test_maxmemory(node: float | None, share: int, expected: int) -> None:
    assert maxmemory(node, share) == expected


def test_first_users_hold_no_password() -> None:
    text = users("admin-password", "replication-password", None)
    assert "password" not in text
    assert text.splitlines()[0] == "user default off resetchannels -@all"
    digest = hashlib.sha256(b"token").hexdigest()
    assert users("a", "b", "token").startswith(f"user default on #{digest} ~* &* +@all\n")


def test_a_cluster_node_announces_loopback() -> None:
    text = NodeConfig(1, '/with "quote"', {"notify-keyspace-events": ""}, MIB, "p", 2).text()
    lines = text.splitlines()
    assert {"cluster-port 2", "cluster-announce-ip 127.0.0.1", 'notify-keyspace-events ""'} <= set(lines)
    assert 'dir "/with \\"quote\\""' in lines


@pytest.mark.parametrize(
    ("inputs", "expected", "names"),
    [
        ({}, Topology(1, 0, cluster=False), ["g-001"]),
        ({"numCacheClusters": 3}, Topology(1, 2, cluster=False), ["g-001", "g-002", "g-003"]),
        (
            {"numNodeGroups": 2, "replicasPerNodeGroup": 1},
            Topology(2, 1, cluster=True),
            ["g-0001-001", "g-0001-002", "g-0002-001", "g-0002-002"],
        ),
        ({"clusterMode": "enabled", "numNodeGroups": 1}, Topology(1, 0, cluster=True), ["g-0001-001"]),
        ({"clusterMode": "disabled", "numCacheClusters": 1}, Topology(1, 0, cluster=False), ["g-001"]),
    ],
)
def test_topology(inputs: dict[str, Any], expected: Topology, names: list[str]) -> None:
    found = topology(inputs)
    assert (found, found.names("g")) == (expected, names)
