"""What a local tier is not: printed at the end of every `up`, so that nobody takes it for AWS."""

from __future__ import annotations

from collections.abc import Mapping

from local.handlers import cache, rds
from local.handlers.recorded import PROXY
from local.handlers.registry import HANDLERS
from local.postgres.binaries import unlike
from local.state import StateDir


def listed(state: StateDir, servers: Mapping[str, tuple[str, ...]]) -> list[str]:
    """One sentence each, without repetition."""
    entries = list(state.resources.values())
    found = [
        "connections are plain text on loopback; AWS takes TLS only, and clients there check the certificate",
        "availability zones, Multi-AZ standbys and automatic failover are AWS's own: none here",
        "automated backups go back as far as their size allows, not for a retention; nothing takes daily snapshots",
        "deletion protection is not enforced: what the stack no longer declares is removed with its data",
    ]
    for entry in entries:
        declared, actual = entry["inputs"].get("engineVersion"), entry["outputs"].get("engineVersionActual")
        if entry["type"] == rds.TYPE and (major := rds.major(entry["inputs"])):
            runs = int(str(actual).partition(".")[0])
            if runs != major:
                found.append(f"PostgreSQL is {actual} here; the stack declares {declared}{unlike(major, runs)}")
        if entry["type"] == PROXY:
            found.append("no proxy runs: applications use the server itself, where nothing is pooled or pinned")
        if entry["type"] == cache.TYPE:
            found.append("the caches' reader endpoint is the primary; each replica has a port of its own")
            engine = entry["inputs"].get("engine") or "redis"
            if declared and not str(actual).startswith(str(declared)):
                found.append(f"caches run server version {actual} here; the stack declares {engine} {declared}")
    for sentences in servers.values():
        found.extend(sentences)
    recorded = sorted({_short(e["type"]) for e in entries if e["type"] in HANDLERS and HANDLERS[e["type"]].recorded})
    if recorded:
        found.append(f"recorded only, nothing runs: {', '.join(recorded)}")
    return list(dict.fromkeys(found))


def _short(kind: str) -> str:
    module, name = kind.split(":")[1:]
    return f"{module.partition('/')[0]}.{name}"
