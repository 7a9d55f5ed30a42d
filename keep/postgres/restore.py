"""A database from its archive: made under a name that nobody uses, filled, proved row by row, and only then named."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from keep.errors import KeepError
from keep.manifest import PostgresCopy
from keep.postgres import archive, asked, loading, naming, proof, properties
from keep.postgres.programs import libpq
from keep.postgres.snapshot import exported
from keep.postgres.source import fingerprint
from keep.postgres.target import TargetServer
from keep.postgres.unfinished import sweep, unfinished


@dataclass(frozen=True, kw_only=True)
class Work:
    """What is restored, and into what."""

    copy: PostgresCopy
    proof: proof.Proof
    archive: Path
    """The archive, unpacked and verified."""
    folder: Path
    """A private folder for what is needed meanwhile."""
    server: TargetServer
    name: str
    """What the database is called in the end."""
    replace: bool = False
    """Whether a database of that name is there, and steps aside."""
    prepare: Callable[[psycopg.Connection[Any]], None] | None = None
    """Make the roles, in the new database as the administrator, before anything belongs to them."""
    finish: Callable[[psycopg.Connection[Any]], tuple[str, ...]] | None = None
    """Bring access about in the restored database; return what is wrong with it then."""


@dataclass(kw_only=True)
class Restored:
    """What was restored."""

    database: str
    tables: int
    rows: int
    seconds: dict[str, float] = field(default_factory=dict)
    """Seconds of each phase."""
    notes: list[str] = field(default_factory=list)
    before: str | None = None
    """What the database is called now that had the name before."""


def restore(work: Work) -> Restored:
    """Restore and prove a database. Raise AskedError for what cannot be, KeepError where it is not what it was.

    Then nothing of it is left, and a database that was to be replaced is as it was.
    """
    done = Restored(database=work.name, tables=work.copy.tables, rows=work.copy.rows)
    with work.server.connect(work.server.door) as door:
        swept = sweep(door)
        done.notes += [f"removed {name}, which a restore that was killed had left" for name in swept]
        asked.check(door, work.copy)
        naming.check(door, work.name, replace=work.replace)
        with work.archive.open("rb") as file:
            wrote = archive.dumped_by(file.read(512), work.archive.name)
        major = door.info.server_version // 10000
        program = work.server.programs("pg_restore", max(major, wrote))
        entries = archive.listed(program, work.archive)
        how = properties.creation(archive.script(program, work.archive, properties.made(entries), work.folder))
        with unfinished(door, how) as name:
            _fill(work, program, entries, name, done)
            settings = archive.script(program, work.archive, properties.others(entries), work.folder)
            properties.apply(door, settings, work.copy.database, name)
            _prove(work, name, done)
            with _phase(done, "serve"):
                done.before = naming.settle(work.server, door, name, work.name, replace=work.replace)
    return done


def _fill(work: Work, program: str, entries: tuple[archive.Entry, ...], name: str, done: Restored) -> None:
    with work.server.connect(name) as conn:
        if work.prepare:
            with _phase(done, "roles"):
                work.prepare(conn)
        environment, jobs = libpq(conn), loading.jobs(os.cpu_count())
        inside = [each for each in entries if each.kind not in properties.OF_DATABASE]
        role = None if _superuser(conn) else work.copy.owner
        with _phase(done, "restore"):
            if role:
                # Extensions are the administrator's to make, on RDS too, and the schemas that they are in.
                first = [each for each in inside if asked.of_administrator(each)]
                conn.execute(SQL("ALTER DATABASE {} OWNER TO {}").format(Identifier(name), Identifier(role)))
                if first:
                    chosen = archive.kept(first, work.folder)
                    loading.load(program, environment, work.archive, chosen, jobs=1)
                inside = [each for each in inside if each not in first]
            chosen = archive.kept(inside, work.folder)
            loading.load(program, environment, work.archive, chosen, jobs=jobs, role=role)
        with _phase(done, "statistics"), conn.transaction():
            if role:
                conn.execute(SQL("SET LOCAL ROLE {}").format(Identifier(role)))
            conn.execute("SET LOCAL statement_timeout = 0")
            conn.execute("ANALYZE")


def _prove(work: Work, name: str, done: Restored) -> None:
    with _phase(done, "prove"), work.server.connect(name) as conn:
        wrong = list(work.finish(conn)) if work.finish else []
        role = None if _superuser(conn) else work.copy.owner
        with exported(conn, role):
            wrong += proof.differences(work.proof, proof.prove(conn))
            same = work.copy.schema_fingerprint is None or fingerprint(conn) == work.copy.schema_fingerprint
        if not same and conn.info.server_version // 10000 == work.copy.major:
            wrong.append("the definition of its schema is not the one that was copied")
        elif not same:
            done.notes.append("the schema's definition is written otherwise by another major version: not compared")
    if wrong:
        raise KeepError(f"what was restored is not what was copied, and is removed: {'; '.join(wrong)}")


def _superuser(conn: psycopg.Connection[Any]) -> bool:
    return conn.info.parameter_status("is_superuser") == "on"


@contextmanager
def _phase(done: Restored, name: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    done.seconds[name] = round(done.seconds.get(name, 0.0) + time.monotonic() - began, 3)
