"""What is asked of a database that came out of an upgrade: its rows, migrations, schema, extensions, access."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from bootstrap import schema
from bootstrap.access import Access
from bootstrap.migrate import MigrateError, MigrationRunner, PostgresLedger, Source
from bootstrap.postgres.pressure import migration
from bootstrap.reconcile.by_url import desired_by_url
from keep.backup.access import brought_about
from keep.postgres import proof
from keep.postgres.reader import reader
from keep.postgres.snapshot import pinned
from rehearse.postgres.work import MajorUpgrade
from rehearse.timed import UNDECLARED, Timed
from upgrade.queries import UPDATE_EXTENSIONS

Tried = Callable[[psycopg.Connection[Any], Access], tuple[str, ...]]
_SHOWN = 5
_STATISTICS = """
SELECT count(DISTINCT (s.starelid, s.staattnum)), (SELECT count(*) FROM pg_statistic_ext_data) FROM pg_statistic s
JOIN pg_class c ON c.oid = s.starelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
"""
# libc's C, C.UTF-8 and POSIX and the builtin provider sort by bytes, the others as their library does.
_SORTED = """
SELECT count(DISTINCT i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN unnest(i.indcollation) AS used(oid)
JOIN pg_collation l ON l.oid = used.oid JOIN pg_database d ON d.datname = current_database()
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_toast'
  AND CASE WHEN l.collprovider = 'd' THEN d.datlocprovider ELSE l.collprovider END <> 'b'
  AND CASE WHEN l.collprovider = 'd' THEN d.datcollate ELSE coalesce(l.collcollate, '') END
      NOT IN ('C', 'POSIX', 'C.UTF-8', 'C.utf8')
"""
Statistics = tuple[int, int]
"""Columns with statistics, and extended statistics with data."""


def statistics(conn: psycopg.Connection[Any]) -> Statistics:
    """What the planner knows of the database's own tables."""
    columns, extended = conn.execute(_STATISTICS).fetchone() or (0, 0)
    return int(columns), int(extended)


def size(conn: psycopg.Connection[Any]) -> int:
    """Bytes of the database."""
    (found,) = conn.execute("SELECT pg_database_size(current_database())").fetchone() or (0,)
    return int(found)


def rows(conn: psycopg.Connection[Any], work: MajorUpgrade, done: Timed) -> None:
    """Read every row, sequence and large object, and hold them against the proof of the source."""
    with done.phase("proof", offline=False), pinned(conn, reader(conn, None)):
        wrong = proof.differences(work.proof, proof.prove(conn))
    done.check("rows", not wrong, _few(wrong) or same(work))


def same(work: MajorUpgrade) -> str:
    """What a proof that holds says."""
    counted = ((len(work.proof.tables), "table"), (len(work.proof.sequences), "sequence"))
    what = " and ".join(f"{count} {word}{'s' if count != 1 else ''}" for count, word in counted)
    return f"{work.proof.rows:,} rows in {what}, each as it was"


def access(conn: psycopg.Connection[Any], declared: Access | None, tried: Tried, done: Timed) -> None:
    """Bring the declaration about and try every login of it."""
    if declared is None:
        done.check("access", None, UNDECLARED)
        return
    with done.phase("access", offline=False):
        wrong = brought_about(conn, desired_by_url(conn, declared)).wrong or tried(conn, declared)
    done.check("access", not wrong, _few(wrong) or f"applied; {len(declared.postgres_users)} identities tried")


def extensions(conn: psycopg.Connection[Any], work: MajorUpgrade, done: Timed) -> None:
    """An upgrade leaves extensions at the version that they had: update them, as the plan of an upgrade does."""
    wrong: list[str] = []
    was = _versions(conn)
    with done.phase("extensions"):
        for _, statement in conn.execute(UPDATE_EXTENSIONS.encode()).fetchall():
            try:
                conn.execute(str(statement).encode())
            except psycopg.Error as error:
                wrong.append(f"{statement}: {error.diag.message_primary}")
    now = _versions(conn)
    updated = [_updated(name, was.get(name, ""), now[name], work) for name in sorted(now) if now[name] != was.get(name)]
    lacking = sorted(set(work.copy.extensions) - set(now))
    said = [f"updated {', '.join(updated)}" if updated else "each is at the version that this server brings"]
    said += [f"not there: {', '.join(lacking)}"] if lacking else []
    done.check("extensions", False if wrong else None if lacking else True, "; ".join(wrong or said))


def _versions(conn: psycopg.Connection[Any]) -> dict[str, str]:
    return dict(conn.execute("SELECT extname, extversion FROM pg_extension").fetchall())


def _updated(name: str, was: str, now: str, work: MajorUpgrade) -> str:
    source = work.copy.extensions.get(name, was)
    # A dump makes an extension at the version that the server brings.
    return f"{name} {was} -> {now}" + (f" (the source has {source})" if source != was else "")


def collations(conn: psycopg.Connection[Any], work: MajorUpgrade, done: Timed) -> None:
    """Indexes whose order a library decides: the same data sorted by another version of it are not in order."""
    (count,) = conn.execute(_SORTED).fetchone() or (0,)
    if not count:
        done.check("collations", True, "no index of text is sorted by a library: none has to be built again")
        return
    was = work.copy.collation_version or "a library without a version"
    done.check(
        "collations",
        None,
        f"{count} indexes of text are sorted by {work.copy.collation} (there {was}): where the new server's library is "
        "another version, REINDEX them, then ALTER DATABASE ... REFRESH COLLATION VERSION (PostgreSQL, ALTER "
        "COLLATION); pg_amcheck --heapallindexed finds those that are out of order",
    )


def migrations(conn: psycopg.Connection[Any], work: MajorUpgrade, done: Timed) -> None:
    """The books of migrations say what they said, and those that are pending can be run."""
    found, was = migration(conn), work.copy.migration
    if was is None:
        done.check("migrations", None, "the database keeps no books of migrations")
        return
    if found != was:
        done.check(
            "migrations", ok=False, detail=f"it was at version {was.version} and is at {found and found.version}"
        )
        return
    if work.migrations is None:
        done.check("migrations", True, f"at version {was.version}, as before; no folder was named to run more")
        return
    role = work.access.owner if work.access else None
    try:
        with done.phase("migrations", offline=False):
            run = MigrationRunner(Source.load(work.migrations), PostgresLedger(conn), role=role).up()
    except MigrateError as error:
        done.check("migrations", ok=False, detail=str(error))
        return
    pending = f"; the pending {', '.join(each.name for each in run)} ran" if run else ", and none is pending"
    done.check("migrations", True, f"at version {was.version}, as before{pending}")


def definition(conn: psycopg.Connection[Any], folder: Path | None, done: Timed) -> None:
    """The committed definition holds on the new server."""
    path = schema.beside(folder) if folder else None
    if path is None:
        done.check("schema", None, "there is no committed definition to hold it against")
        return
    with done.phase("definition", offline=False):
        judged = schema.judge(conn, schema.load(path))
    if judged.other_migration:
        done.check("schema", None, "the committed definition is that of another migration")
        return
    wrong = [f"{each.kind} {each.object}: {each.what}" for each in judged.wrong]
    done.check("schema", not wrong, _few(wrong) or f"as committed{f'; {judged.note}' if judged.note else ''}")


def planner(conn: psycopg.Connection[Any], before: Statistics | None, done: Timed) -> None:
    """Whether the planner's statistics came along, and how long collecting them takes."""
    if before is not None:
        now = statistics(conn)
        kept = f"of {before[0]} columns with statistics {now[0]} came along"
        extended = f", of {before[1]} extended ones {now[1]}" if before[1] else ""
        lost = now[0] < before[0] or now[1] < before[1]
        mend = ": ANALYZE before the application comes back" if lost else ""
        done.check("statistics", None if lost else True, f"{kept}{extended}{mend}")
        with done.phase("analyze", "" if lost else "not needed before the application is back", offline=lost):
            conn.execute("ANALYZE")


def all_of(conn: psycopg.Connection[Any], work: MajorUpgrade, done: Timed) -> None:
    """What is asked whichever way the database came."""
    extensions(conn, work, done)
    collations(conn, work, done)
    migrations(conn, work, done)
    definition(conn, work.migrations, done)


def _few(wrong: tuple[str, ...] | list[str]) -> str:
    more = f"; and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
    return "; ".join(wrong[:_SHOWN]) + more
