"""A group's data as files: each shard's RDB, written by the server itself, and nodes that begin with one."""

from __future__ import annotations

import shutil
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import redis

from graph.errors import CloudError
from local.valkey.group import Topology
from local.valkey.node import Node

RDB = "dump.rdb"
SAVE_SECONDS = 300.0
WITHOUT_SAVING = signal.SIGKILL
"""Ends a node that is to begin with another file than its own: SIGTERM has it write that first."""


def save(nodes: Sequence[Node], topology: Topology, folder: Path) -> None:
    """Write `<shard>.rdb` of each shard into the folder: by a replica where there is one. Raise CloudError."""
    for shard in range(topology.shards):
        of_shard = nodes[shard * topology.per_shard : (shard + 1) * topology.per_shard]
        roles = {node.role(): node for node in reversed(of_shard)}
        node = roles.get("replica") or roles.get("master")
        if node is None:
            raise CloudError(f"no node of {', '.join(n.name for n in of_shard)} answers: `datatier up` starts them")
        _background_save(node)
        part = folder / f".{shard}.part"
        shutil.copyfile(node.folder / RDB, part)
        part.chmod(0o600)
        part.rename(folder / file(shard))


def file(shard: int) -> str:
    """The name of a shard's file."""
    return f"{shard}.rdb"


def _background_save(node: Node) -> None:
    """BGSAVE, begun after one that may be under way, and seen through: it answers before anything is written."""
    deadline = time.monotonic() + SAVE_SECONDS
    with node.client() as client:
        begun = _saves(client)
        client.execute_command("BGSAVE", "SCHEDULE")
        while True:
            found = client.info("persistence")
            if _saves(client) > begun and not found["rdb_bgsave_in_progress"]:
                break
            if found["rdb_last_bgsave_status"] != "ok" and not found["rdb_bgsave_in_progress"]:
                raise CloudError(f"{node.name} could not write its RDB: {node.daemon.tail()}")
            if time.monotonic() > deadline:
                raise CloudError(f"{node.name} has not written its RDB within {SAVE_SECONDS:.0f} s")
            time.sleep(0.01)


def _saves(client: redis.Redis) -> int:
    """How many it has begun to write and ended well since it started."""
    return int(client.info("persistence")["rdb_saves"])
