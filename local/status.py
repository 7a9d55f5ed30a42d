"""What is up: the data behind `datatier status` and the quick look before a second `up`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Any, TypeVar

from bootstrap.action import Action
from bootstrap.manifest import Endpoint, Manifest
from bootstrap.postgres.pressure import migration, used_up
from bootstrap.report import MigrationReached
from graph.replica import replica_source
from local import ports
from local.backups.shown import backups_of
from local.emulator import tier_endpoint
from local.handlers import cache, rds
from local.handlers.base import archive, daemon, node, server
from local.postgres.replica import lag_seconds
from local.state import Entry, StateDir
from local.valkey.config import ADMIN
from local.valkey.node import Node

if TYPE_CHECKING:
    import psycopg

T = TypeVar("T")
_PROBE_SECONDS = 2


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
    answers: bool = True
    """Whether it did when it was asked, which `processes` does not do: a process may run and be stuck."""

    @property
    def trouble(self) -> str | None:
        """Why nobody can use it, in words; None where it serves."""
        if self.pid is None:
            return "not running"
        return None if self.answers else "does not answer"

    def mend(self, stack: str) -> str:
        """What brings it back."""
        if self.pid is None:
            return f"`datatier up {stack}` starts it"
        return f"`datatier down {stack}` ends it, `datatier up {stack}` starts it again"


def processes(state: StateDir) -> list[Process]:
    """Every server that the stack should have, running or not."""
    return [
        Process(name, kind, state.ports[name], process.pid if process else None, str(daemon(state, name).log))
        for name, kind in _expected(state)
        for process in [daemon(state, name).process()]
    ]


def seen(state: StateDir) -> list[Process]:
    """The same, each asked whether it answers: takes as long as the slowest, at most some seconds."""
    found = processes(state)
    with ThreadPoolExecutor(max_workers=8) as pool:
        answers = list(pool.map(lambda process: _answers(state, process), found))
    return [replace(process, answers=answer) for process, answer in zip(found, answers, strict=True)]


def _answers(state: StateDir, process: Process) -> bool:
    if process.pid is None:
        return False
    if process.kind == "postgres":
        return _connected(state, process.name, "postgres", lambda _: True) or False
    if process.kind == "emulator":
        connection = HTTPConnection("127.0.0.1", process.port, timeout=_PROBE_SECONDS)
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()
        return True
    group = next(e for e in _entries(state, cache.TYPE) if process.name in e["outputs"]["memberClusters"])
    return node(state, group["id"], process.name, bool(group["outputs"].get("clusterEnabled"))).role() is not None


def _connected(state: StateDir, name: str, database: str, read: Callable[[psycopg.Connection[Any]], T]) -> T | None:
    """What `read` makes of a connection as the administrator; None where the server does not answer."""
    import psycopg

    try:
        with server(state, name).connect(database, _PROBE_SECONDS) as connection:
            return read(connection)
    except psycopg.Error:
        return None


def healthy(state: StateDir) -> list[str]:
    """What is wrong, one sentence each; empty when every server runs, listens and is archived. Milliseconds."""
    if not state.exists or not state.resources:
        return [f"stack {state.stack} is not up"]
    return [
        f"{p.name} is not running" if p.pid is None else f"{p.name} does not listen on port {p.port}"
        for p in processes(state)
        if p.pid is None or not ports.listens(p.port)
    ] + [
        f"{identifier} has no automated backups: its archive was removed"
        for entry in _entries(state, rds.TYPE)
        # Without its program the server keeps all WAL; `up` makes both anew.
        if rds.keeps_backups(entry["inputs"]) and not archive(state, identifier := entry["outputs"]["identifier"]).there
    ]


def manifest(state: StateDir) -> Manifest | None:
    """The manifest of the last bootstrap, with the local endpoints; its secrets are in the emulator."""
    kept = state.kept.get("manifest")
    return Manifest.model_validate(kept) if kept else None


def status(state: StateDir) -> dict[str, Any]:
    """The stack as data; keys are only ever added.

    What is in it was seen just now, but for `access`, and what `unseen` names: that is of `bootstrapped`, a time.
    """
    known = manifest(state)
    report = state.kept.get("report") or {}
    with ThreadPoolExecutor(max_workers=8) as pool:
        servers = pool.submit(seen, state)
        postgres = pool.submit(_postgres, state, known, pool)
        inside = pool.submit(_inside, state, known)
        full = pool.submit(_used_up, state)
        backups = {
            name: pool.submit(backups_of, archive(state, name), server(state, name))
            for name in (entry["outputs"]["identifier"] for entry in _entries(state, rds.TYPE))
            if archive(state, name).folder.is_dir()
        }
        caches = {
            _cache_name(entry, known): pool.submit(_cache, state, entry, known) for entry in _entries(state, cache.TYPE)
        }
        found = inside.result()
        shown = {name: future.result() for name, future in caches.items()}
        changes = [
            *(found.changes if found else ()),
            *(action for _, of_cache in shown.values() for action in of_cache),
        ]
        at = found.migration if found else MigrationReached.model_validate(report.get("migration") or {})
        return {
            "stack": state.stack,
            "up": bool(state.resources) and all(each.trouble is None for each in servers.result()),
            "postgres": {**postgres.result(), "migration": at.model_dump()},
            "redis": {name: cache_shown for name, (cache_shown, _) in shown.items()},
            "access": report.get("access") or {"allowed": 0, "refused": 0, "failed": 0},
            "undeclared": list(found.undeclared) if found else [],
            "drift": [action.data() for action in changes],
            "emulator": _emulator(state) if state.resources else None,
            "processes": [vars(process) for process in servers.result()],
            "differences": state.kept.get("differences", []),
            "bootstrapped": state.kept.get("bootstrapped"),
            "unseen": [] if found or known is None else ["migration", "undeclared"],
            "used_up": full.result(),
            "backups": {name: future.result() for name, future in backups.items()},
            "aside": [
                {key: each[key] for key in ("kind", "identifier", "source", "made_by", "made_at")}
                for each in state.made.values()
            ],
        }


def pressing(state: StateDir) -> list[str]:
    """What is in the way of the next migration or login now, on the servers that answer."""
    found = _used_up(state)
    known = manifest(state)
    primary = _primary(state)
    if known is not None and primary is not None:
        at = _connected(state, primary["outputs"]["identifier"], known.postgres.database, migration)
        if at is not None and at.dirty:
            found.append(f"migration {at.version} is dirty: mend the schema, then `datatier migrate force VERSION`")
    return found


def well(found: Mapping[str, Any]) -> bool:
    """Whether a `status` shows every server answering, a clean schema, each check as declared, and room to log in."""
    clean = not found["postgres"]["migration"]["dirty"] and not found["access"]["failed"]
    return bool(found["up"]) and clean and not found["used_up"]


def _emulator(state: StateDir) -> dict[str, str]:
    found = tier_endpoint(state, state.ports["emulator"])
    return {"endpoint": found.url, "credentials": found.credentials}


def _postgres(state: StateDir, known: Manifest | None, pool: ThreadPoolExecutor) -> dict[str, Any]:
    instances = _entries(state, rds.TYPE)
    primary = _primary(state)
    replicas = [entry for entry in instances if replica_source(entry["inputs"])]
    lags = pool.map(lambda e: lag_seconds(server(state, e["outputs"]["identifier"])), replicas)
    return {
        "primary": {**_address(primary), "database": primary["inputs"].get("dbName")} if primary else None,
        "replicas": [
            {"name": _endpoint_name(known, entry), **_address(entry), "lag_seconds": lag}
            for entry, lag in zip(replicas, lags, strict=True)
        ],
    }


@dataclass(frozen=True)
class _Inside:
    """What the stack's database says of itself now."""

    migration: MigrationReached
    undeclared: tuple[str, ...]
    """What it has that access.yaml does not say."""
    changes: tuple[Action, ...]
    """What `access plan` would change of it."""


def _inside(state: StateDir, known: Manifest | None) -> _Inside | None:
    """None where there is no database yet, or it does not answer."""
    primary = _primary(state)
    if known is None or primary is None:
        return None

    def read(connection: psycopg.Connection[Any]) -> _Inside:
        undeclared, changes = _declared(connection, known, str(primary["inputs"]["username"]))
        return _Inside(migration(connection) or MigrationReached(), undeclared, changes)

    return _connected(state, primary["outputs"]["identifier"], known.postgres.database, read)


def _declared(
    connection: psycopg.Connection[Any], known: Manifest, master: str
) -> tuple[tuple[str, ...], tuple[Action, ...]]:
    """What the database has that access.yaml does not say, and what `access plan` would change, as it is now.

    Passwords are in the emulator, and schema and data are not looked at.
    """
    from bootstrap.access import load_access
    from bootstrap.postgres.compared import compared

    iam = known.postgres.iam_region is not None
    found = compared(connection, load_access(known.access), iam=iam, master=master)
    return found.undeclared, found.changes


def _used_up(state: StateDir) -> list[str]:
    """The limits of connections that are reached, on each server that answers."""
    names = [entry["outputs"]["identifier"] for entry in _entries(state, rds.TYPE)]
    return [
        f"{name}: {each}: {each.mend}" for name in names for each in _connected(state, name, "postgres", used_up) or ()
    ]


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

    A node that does not answer is left out.
    """
    import redis

    from bootstrap.access import load_access
    from bootstrap.errors import BootstrapError
    from bootstrap.redis import node as users_of
    from bootstrap.redis.users import users_of_rules

    if known is None:
        return [], []
    access = load_access(known.access)
    others = access.cache_others(name)
    found: set[str] = set()
    changes: list[Action] = []
    for each in nodes:
        try:
            with each.client(1.0) as client:
                live = users_of.read(client, f"{name}/{each.name}")
                wanted = users_of_rules(access, name, live.users)
                found.update(users_of.undeclared(live, {*(user.name for user in wanted), *others, ADMIN}))
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


def _primary(state: StateDir) -> Entry | None:
    return next((e for e in state.of_type(rds.TYPE) if replica_source(e["inputs"]) is None), None)


def _entries(state: StateDir, kind: str) -> list[Entry]:
    """The resources of a type, a primary before its replicas, then by name: the same order every time."""
    return sorted(
        state.of_type(kind),
        key=lambda e: (replica_source(e["inputs"]) is not None, e["outputs"].get("identifier", e["id"])),
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
