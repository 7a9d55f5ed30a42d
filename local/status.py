"""What is up: the data behind `datatier status` and the quick look before a second `up`."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from bootstrap.action import Action
from bootstrap.manifest import Endpoint, Manifest
from local import ports
from local.emulator import tier_endpoint
from local.handlers import cache, rds
from local.handlers.base import daemon, node, server
from local.postgres.replica import lag_seconds
from local.state import Entry, StateDir
from local.valkey.config import ADMIN
from local.valkey.node import Node


@dataclass(frozen=True)
class Process:
    """One server process of the stack."""

    name: str
    kind: str
    """`postgres`, `cache` or `emulator`."""
    port: int
    pid: int | None
    """None when it does not run."""
    log: str


def processes(state: StateDir) -> list[Process]:
    """Every server that the stack should have, running or not."""
    return [
        Process(name, kind, state.ports[name], process.pid if process else None, str(daemon(state, name).log))
        for name, kind in _expected(state)
        for process in [daemon(state, name).process()]
    ]


def healthy(state: StateDir) -> list[str]:
    """What is wrong, one sentence each; empty when every server runs and listens. Takes milliseconds."""
    if not state.exists or not state.resources:
        return [f"stack {state.stack} is not up"]
    return [
        f"{p.name} is not running" if p.pid is None else f"{p.name} does not listen on port {p.port}"
        for p in processes(state)
        if p.pid is None or not ports.listens(p.port)
    ]


def manifest(state: StateDir) -> Manifest | None:
    """The manifest of the last bootstrap, with the local endpoints; its secrets are in the emulator."""
    kept = state.kept.get("manifest")
    return Manifest.model_validate(kept) if kept else None


def status(state: StateDir) -> dict[str, Any]:
    """The stack as data; keys are only ever added."""
    known = manifest(state)
    report = state.kept.get("report") or {}
    with ThreadPoolExecutor(max_workers=8) as pool:
        postgres = pool.submit(_postgres, state, known, pool)
        database = pool.submit(_database, state, known)
        caches = {
            _cache_name(entry, known): pool.submit(_cache, state, entry, known) for entry in _entries(state, cache.TYPE)
        }
        undeclared, changes = database.result()
        seen = {name: future.result() for name, future in caches.items()}
        changes += [action for _, of_cache in seen.values() for action in of_cache]
        return {
            "stack": state.stack,
            "up": not healthy(state),
            "postgres": {**postgres.result(), "migration": _migration(state, known, report)},
            "redis": {name: shown for name, (shown, _) in seen.items()},
            "access": report.get("access") or {"allowed": 0, "refused": 0, "failed": 0},
            "undeclared": undeclared,
            "drift": [action.data() for action in changes],
            "emulator": _emulator(state) if state.resources else None,
            "processes": [vars(process) for process in processes(state)],
            "differences": state.kept.get("differences", []),
        }


def _emulator(state: StateDir) -> dict[str, str]:
    found = tier_endpoint(state, state.ports["emulator"])
    return {"endpoint": found.url, "credentials": found.credentials}


def _postgres(state: StateDir, known: Manifest | None, pool: ThreadPoolExecutor) -> dict[str, Any]:
    instances = _entries(state, rds.TYPE)
    primary = next((e for e in instances if not e["inputs"].get("replicateSourceDb")), None)
    replicas = [e for e in instances if e["inputs"].get("replicateSourceDb")]
    lags = pool.map(lambda e: lag_seconds(server(state, e["outputs"]["identifier"])), replicas)
    return {
        "primary": {**_address(primary), "database": primary["inputs"].get("dbName")} if primary else None,
        "replicas": [
            {"name": _endpoint_name(known, entry), **_address(entry), "lag_seconds": lag}
            for entry, lag in zip(replicas, lags, strict=True)
        ],
    }


def _migration(state: StateDir, known: Manifest | None, report: dict[str, Any]) -> dict[str, Any]:
    """As the database has it now; as the last bootstrap left it when the database does not answer."""
    import psycopg

    last: dict[str, Any] = report.get("migration") or {"version": None, "dirty": False}
    primary = next((e for e in _entries(state, rds.TYPE) if not e["inputs"].get("replicateSourceDb")), None)
    if known is None or primary is None:
        return last
    try:
        with server(state, primary["outputs"]["identifier"]).connect(known.postgres.database, 2) as connection:
            row = connection.execute("SELECT version, dirty FROM public.schema_migrations").fetchone()
    except psycopg.Error:
        return last
    return {"version": row[0], "dirty": row[1]} if row else last


def _database(state: StateDir, known: Manifest | None) -> tuple[list[str], list[Action]]:
    """What the database has that access.yaml does not say, and what `access plan` would change, as it is now.

    Nothing when the database does not answer. Passwords are in the emulator, and schema and data are not looked at.
    """
    import psycopg

    from bootstrap.access import load_access
    from bootstrap.postgres.desired import desired
    from bootstrap.postgres.facts import told
    from bootstrap.postgres.live import read
    from bootstrap.postgres.plan import plan
    from bootstrap.postgres.unseen import beside
    from bootstrap.reconcile.by_url import active_logins

    primary = next((e for e in _entries(state, rds.TYPE) if not e["inputs"].get("replicateSourceDb")), None)
    if known is None or primary is None:
        return [], []
    try:
        with server(state, primary["outputs"]["identifier"]).connect(known.postgres.database, 2) as connection:
            access = load_access(known.access)
            wanted = desired(access, active_logins(connection, access), iam=known.postgres.iam_region is not None)
            live = read(connection, wanted)
    except psycopg.Error:
        return [], []
    # As the master sees it, who administers all of it.
    live = replace(live, user=str(primary["inputs"]["username"]))
    return list(told(beside(wanted, live).unseen)), list(plan(wanted, live))


def _cache(state: StateDir, entry: Entry, known: Manifest | None) -> tuple[dict[str, Any], list[Action]]:
    cluster = bool(entry["outputs"].get("clusterEnabled"))
    nodes = [node(state, entry["id"], name, cluster) for name in entry["outputs"]["memberClusters"]]
    undeclared, changes = _users(nodes, _cache_name(entry, known), known)
    shown = {
        "cluster_mode": cluster,
        "nodes": [{"name": n.name, "host": "127.0.0.1", "port": n.port, "role": n.role()} for n in nodes],
        "undeclared": undeclared,
    }
    return shown, changes


def _users(nodes: list[Node], name: str, known: Manifest | None) -> tuple[list[str], list[Action]]:
    """Who can log in to a cache now and is not in the declaration of the last bootstrap, and what differs of the rest.

    A node that does not answer is told by its role.
    """
    import redis

    from bootstrap.access import access_string, load_access
    from bootstrap.errors import BootstrapError
    from bootstrap.redis import node as users_of
    from bootstrap.redis.users import User
    from bootstrap.verify.undeclared import on

    if known is None:
        return [], []
    access = load_access(known.access)
    others = access.exceptions.redis.get(name, ())
    wanted = [User(name=n, rules=access_string(rules), password=None) for n, rules in access.cache_users(name).items()]
    declared = {*access.cache_users(name), *others, ADMIN}
    found: set[str] = set()
    changes: list[Action] = []
    for each in nodes:
        try:
            with each.client(1.0) as client:
                live = users_of.read(client, f"{name}/{each.name}")
                found.update(on(live, declared))
                if name in known.caches and known.caches[name].has_users:
                    scope = f"{known.prefix}-{name}"
                    planned = users_of.plan(live, wanted, admin=ADMIN, scope=scope, remove=True, others=others)
                    changes += planned.changes
        except (redis.RedisError, BootstrapError):
            continue
    return sorted(found), changes


def _cache_name(entry: Entry, known: Manifest | None) -> str:
    for name, target in (known.caches if known else {}).items():
        if target.endpoint.port == entry["outputs"]["port"]:
            return name
    return entry["id"]


def _endpoint_name(known: Manifest | None, entry: Entry) -> str:
    replicas: tuple[Endpoint, ...] = known.postgres.replicas if known else ()
    port = entry["outputs"]["port"]
    return next((r.name for r in replicas if r.port == port), str(entry["outputs"]["identifier"]))


def _address(entry: Entry) -> dict[str, Any]:
    return {"host": entry["outputs"]["address"], "port": entry["outputs"]["port"]}


def _entries(state: StateDir, kind: str) -> list[Entry]:
    """The resources of a type, a primary before its replicas, then by name: the same order every time."""
    found = [entry for entry in state.resources.values() if entry["type"] == kind]
    return sorted(
        found, key=lambda e: (bool(e["inputs"].get("replicateSourceDb")), e["outputs"].get("identifier", e["id"]))
    )


def _expected(state: StateDir) -> Iterator[tuple[str, str]]:
    # It is the account: it outlives what was in it.
    if state.resources or daemon(state, "emulator").alive:
        yield "emulator", "emulator"
    for entry in _entries(state, rds.TYPE):
        yield entry["outputs"]["identifier"], "postgres"
    for entry in _entries(state, cache.TYPE):
        for name in entry["outputs"]["memberClusters"]:
            yield name, "cache"
