"""Starts the servers of a stack as they were last declared, without its program: by what the state has of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from graph.replica import replica_source
from local.emulator import Emulator
from local.handlers import cache, rds
from local.handlers.base import archived, daemon, node, parameters, replication_password, server
from local.postgres import replica as replication
from local.state import Entry, StateDir, made_key
from local.valkey.group import each, form, replicate
from local.valkey.node import FIRST_USERS


def start(state: StateDir) -> None:
    """Bring up what is down. The caller holds `state.lock()`. Raise CloudError."""
    instances = state.of_type(rds.TYPE)
    primaries = [entry for entry in instances if not _follows(state, entry)]
    with ThreadPoolExecutor(max_workers=8) as pool:
        waits = [pool.submit(_emulator, state), *(pool.submit(_cache, state, e) for e in state.of_type(cache.TYPE))]
        for done in [pool.submit(_primary, state, entry) for entry in primaries]:
            done.result()
        waits += [pool.submit(_replica, state, entry) for entry in instances if entry not in primaries]
        for wait in waits:
            wait.result()


def _follows(state: StateDir, entry: Entry) -> bool:
    identifier = entry["outputs"]["identifier"]
    return bool(replica_source(entry["inputs"])) and made_key("promotion", identifier) not in state.made


def _emulator(state: StateDir) -> None:
    kept: dict[str, Any] = state.kept
    # Its instances are in the region that it plays.
    region = next((entry["outputs"]["arn"].split(":")[3] for entry in state.of_type(rds.TYPE)), "eu-west-1")
    runner = (kept.get("asked") or [None, None, "direct"])[2]
    Emulator(state, region, daemon(state, "emulator"), functions=runner == "lambda").start()


def _primary(state: StateDir, entry: Entry) -> None:
    found = server(state, entry["outputs"]["identifier"])
    if rds.is_archived(entry, state.made):
        found = archived(state, found)
    found.start(parameters(state, rds.PARAMETER_GROUP, entry["inputs"]))


def _replica(state: StateDir, entry: Entry) -> None:
    source = server(state, replica_source(entry["inputs"]) or "")
    found = replace(server(state, entry["outputs"]["identifier"]), binaries=source.binaries)
    replication.start(
        found, source, parameters(state, rds.PARAMETER_GROUP, entry["inputs"]), replication_password(state)
    )


def _cache(state: StateDir, entry: Entry) -> None:
    shape = cache.topology(entry["inputs"])
    nodes = [node(state, entry["id"], name, shape.cluster) for name in entry["outputs"]["memberClusters"]]
    wanted = parameters(state, cache.PARAMETER_GROUP, entry["inputs"])
    memory = cache.memory_of(entry["inputs"])
    each(nodes, lambda one: one.start(wanted, memory, (one.folder / FIRST_USERS).read_text())[0])
    form(nodes, shape) if shape.cluster else replicate(nodes)
