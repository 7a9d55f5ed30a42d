"""The two ways to a new major version, each done for real on a copy: pg_upgrade, and dump and restore."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import psycopg

from keep.backup.access import on_this_computer
from keep.backup.restore import Wish, restore
from keep.errors import KeepError
from keep.postgres.dump import dumped
from keep.postgres.programs import libpq
from keep.postgres.snapshot import exported, unhurried
from local.postgres.binaries import Binaries, client
from local.postgres.server import PostgresServer
from local.scratch import loading
from observe.observation import Row
from rehearse.postgres import after, estimate, pg_upgrade, views
from rehearse.postgres.plans import Plan
from rehearse.postgres.servers import Bench, target
from rehearse.postgres.statements import plans
from rehearse.postgres.work import MajorUpgrade
from rehearse.report import Obstacle, RehearsedWay
from rehearse.timed import UNDECLARED, Timed


@dataclass(kw_only=True)
class Before:
    """The copy on a server of the old version."""

    server: PostgresServer
    size: int = 0
    """Bytes of the database there."""
    statistics: after.Statistics = (0, 0)
    plans: dict[str, Plan] = field(default_factory=dict)
    """Id of a statement -> its plan."""
    uses: tuple[views.Use, ...] = ()
    """What its views read of the catalog."""
    without: frozenset[str] = frozenset()
    """Extensions that this computer's server of that version does not have, or that pg_upgrade here cannot load."""


@dataclass(kw_only=True)
class Tried:
    """One way as it came out, and the plans of the statements on the new server."""

    way: RehearsedWay
    plans: dict[str, Plan] = field(default_factory=dict)
    obstacles: tuple[Obstacle, ...] = ()


def lacking(work: MajorUpgrade, found: Binaries) -> frozenset[str]:
    """The extensions of the copy that a server of this computer cannot make."""
    return frozenset(name for name in work.copy.extensions if found.source(name) is None)


def unloadable(work: MajorUpgrade, new: Binaries) -> frozenset[str]:
    """The extensions that a server can make and pg_upgrade cannot take along.

    It loads `$libdir/NAME` (check_loadable_libraries), where only the server's own are: another package's, which
    CREATE EXTENSION finds by dynamic_library_path, are not.
    """
    return frozenset(name for name in work.copy.extensions if new.source(name) != new.package)


def old_server(bench: Bench, work: MajorUpgrade, statements: Sequence[Row]) -> Before:
    """Bring the copy into a server of the old version, proved there. Raise AskedError or KeepError."""
    without = lacking(work, bench.old) | (unloadable(work, bench.new) if "pg_upgrade" in work.ways else frozenset())
    made = Before(server=bench.server("old", bench.old), without=without)
    made.server.start(loading(work.copy.extensions, bench.old.major))
    tried = on_this_computer(made.server.port)
    wish = Wish(server=target(made.server), name=work.database, without=without, access=work.access, tried=tried)
    restore(work.place, work.manifest, wish)
    with made.server.connect(work.database) as conn:
        made.size = after.size(conn)
        made.statistics = after.statistics(conn)
        made.uses = views.uses(conn)
        made.plans = plans(conn, statements, work.facts.planner if work.facts else {})
    return made


def by_pg_upgrade(bench: Bench, work: MajorUpgrade, before: Before, statements: Sequence[Row]) -> Tried:
    """Both clusters down, `--check` first; then the copy of the old one is the new one's. The old one stays down."""
    done = Timed()
    before.server.stop()
    new = bench.server("new", bench.new)
    obstacles = _catalog(new, work, before)
    new.stop()
    for check in (True, False):
        said = bench.upgrade(before.server, new, check=check)
        if check:
            done.add(
                "check",
                said.seconds,
                "pg_upgrade --check, which may be run while the old server is in use",
                offline=False,
            )
        else:
            for each in said.phases:
                done.add(each.name, each.seconds)
        if said.status:
            why = pg_upgrade.refusal(said, new.data)
            way = RehearsedWay(way="pg_upgrade", ok=False, refused=why, phases=tuple(done.phases))
            return Tried(way=way, obstacles=obstacles)
    with done.phase("start"):
        new.start(loading(work.copy.extensions, bench.new.major))
    try:
        with new.connect(work.database) as conn:
            after.planner(conn, before.statistics, done)
            after.rows(conn, work, done)
            after.access(conn, work.access, on_this_computer(new.port), done)
            after.all_of(conn, work, done)
            found = plans(conn, _planned(statements, before), work.facts.planner if work.facts else {})
    finally:
        new.stop()
    downtime = estimate.by_pg_upgrade(done.phases, source=work.copy.size, here=before.size)
    ok = all(each.ok is not False for each in done.checks)
    way = RehearsedWay(way="pg_upgrade", ok=ok, phases=tuple(done.phases), checks=tuple(done.checks), downtime=downtime)
    return Tried(way=way, plans=found, obstacles=obstacles)


def by_dump(bench: Bench, work: MajorUpgrade, before: Before | None, statements: Sequence[Row]) -> Tried:
    """A server of the new version next to the old one: dump, restore, prove."""
    done = Timed()
    if before is not None:
        before.server.start(loading(work.copy.extensions, bench.old.major))
        with done.phase("dump"), before.server.connect(work.database) as conn:
            unhurried(conn)
            with exported(conn, None) as snapshot:
                deque(dumped(client("pg_dump", bench.old.major), libpq(conn), snapshot.id, None), maxlen=0)
        before.server.stop()
    new = bench.server("restored", bench.new)
    obstacles = _catalog(new, work, before)
    try:
        wish = Wish(
            server=target(new),
            name=work.database,
            without=lacking(work, bench.new),
            access=work.access,
            tried=on_this_computer(new.port),
        )
        restored = restore(work.place, work.manifest, wish)
        for name, seconds in restored.seconds.items():
            done.add(_NAMES.get(name, name), seconds, offline=name not in ("prove", "access"))
        done.check("rows", True, after.same(work))
        declared = work.access
        said = f"applied; {len(declared.postgres_users)} identities tried" if declared else UNDECLARED
        done.check("access", True if declared else None, said)
        with new.connect(work.database) as conn:
            after.all_of(conn, work, done)
            found = plans(conn, _planned(statements, before), work.facts.planner if work.facts else {})
    except (KeepError, psycopg.Error) as error:
        way = RehearsedWay(way="dump", ok=False, refused=str(error), phases=tuple(done.phases))
        return Tried(way=way, obstacles=obstacles)
    finally:
        new.stop()
    size = before.size if before else None
    downtime = estimate.by_dump(done.phases, source=work.copy.size, here=size) if before else None
    ok = all(each.ok is not False for each in done.checks)
    way = RehearsedWay(way="dump", ok=ok, phases=tuple(done.phases), checks=tuple(done.checks), downtime=downtime)
    return Tried(way=way, plans=found, obstacles=obstacles)


def _catalog(new: PostgresServer, work: MajorUpgrade, before: Before | None) -> tuple[Obstacle, ...]:
    """Start an empty server of the new version and ask its catalog for what views of the old one read."""
    new.start(loading(work.copy.extensions, new.binaries.major))
    if before is None:
        return ()
    with new.connect() as conn:
        return views.gone(before.uses, views.columns(conn), str(new.binaries.major))


def _planned(statements: Sequence[Row], before: Before | None) -> list[Row]:
    """Those that the old server could plan: there is nothing to hold another one against."""
    return [each for each in statements if before is not None and str(each["id"]) in before.plans]


_NAMES = {"prove": "proof", "statistics": "analyze"}
"""Phase of a restore -> what it is called here."""
