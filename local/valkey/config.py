"""A server's configuration file and first users, from an ElastiCache parameter group."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from graph.parameters import GroupParameter
from local.computer import MIB

ADMIN = "datatier_admin"
REPLICATION = "datatier_replication"

ELASTICACHE_ONLY = frozenset(
    {
        "reserved-memory-percent",
        "reserved-memory",
        "close-on-replica-write",
        "close-on-slave-write",
        "cluster-databases",
    }
)
"""Parameters that ElastiCache adds to the engine (ECDG/ParameterGroups.Engine)."""

OWNED = frozenset({"cluster-enabled", "rename-commands", "maxmemory"})
"""Decided by the substrate: cluster mode by the group's topology; renaming would take FLUSHALL from `reset`."""


@dataclass(frozen=True)
class NodeConfig:
    """Everything one node's configuration file says."""

    port: int
    directory: str
    parameters: Mapping[str, str]
    maxmemory: int
    replication_password: str
    cluster_port: int | None = None

    def text(self) -> str:
        lines = [
            "# Written by datatier from the stack's parameter group; edits are lost.",
            "bind 127.0.0.1",
            f"port {self.port}",
            "protected-mode yes",
            "daemonize no",
            f"dir {_quoted(self.directory)}",
            f"aclfile {_quoted(self.directory + '/users.acl')}",
            f"masteruser {REPLICATION}",
            f"masterauth {self.replication_password}",
            "repl-diskless-sync yes",
            "repl-diskless-sync-delay 0",  # 5 s by default: nobody else is coming here
            'save "300 1"',
            "appendonly no",
            f"maxmemory {self.maxmemory}",
        ]
        if self.cluster_port is not None:
            lines += [
                "cluster-enabled yes",
                f"cluster-port {self.cluster_port}",
                "cluster-config-file nodes.conf",
                "cluster-node-timeout 5000",
                "cluster-announce-ip 127.0.0.1",
            ]
        lines += [f"{name} {_quoted(value)}" for name, value in self.parameters.items()]
        return "\n".join(lines) + "\n"


def split(
    parameters: Iterable[GroupParameter], refused: frozenset[str] = frozenset()
) -> tuple[dict[str, str], tuple[str, ...]]:
    """The parameters this server takes, and the names of those without local meaning."""
    declared = {str(p["name"]): str(p["value"]) for p in parameters}
    drop = {name for name in declared if name in ELASTICACHE_ONLY | OWNED | refused}
    kept = {name: value for name, value in declared.items() if name not in drop}
    return kept, tuple(sorted(drop - {"cluster-enabled"}))


def maxmemory(node_bytes: float | None, server_share: int) -> int:
    """Three quarters of the class's memory (a quarter is ElastiCache's default reserve) or of this computer's share."""
    share = server_share if node_bytes is None else min(server_share, int(node_bytes))
    return share * 3 // 4 // MIB * MIB


def users(admin_password: str, replication_password: str, token: str | None) -> str:
    """The ACL file a node begins with. `default` is off, or holds the AUTH token where the stack wants one."""
    default = f"on #{_digest(token)} ~* &* +@all" if token else "off resetchannels -@all"
    return (
        f"user default {default}\n"
        f"user {ADMIN} on #{_digest(admin_password)} ~* &* +@all\n"
        f"user {REPLICATION} on #{_digest(replication_password)} resetchannels -@all +psync +replconf +ping\n"
    )


def _digest(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
