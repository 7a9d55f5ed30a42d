"""A database from its archive: made under a name that nobody uses, filled, proved row by row, and only then named."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier
from pydantic import JsonValue

from keep.errors import KeepError
from keep.manifest import PostgresCopy
from keep.postgres import archive, asked, extensions, loading, naming, proof, properties, roles, steps
from keep.postgres.archive import Entry
from keep.postgres.fingerprint import fingerprint
from keep.postgres.programs import libpq
from keep.postgres.reader import reader
from keep.postgres.snapshot import pinned
from keep.postgres.target import TargetServer
from keep.postgres.unfinished import sweep, unfinished

Look = Callable[[psycopg.Connection[Any]], tuple[str, ...]]
"""Does something in a database as its administrator; returns what is wrong, one sentence each."""


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
    name: str | None
    """What the database is called in the end; None where it is only proved and then dropped."""
    replace: bool = False
    """Whether a database of that name is there, and steps aside."""
    before: Look | None = None
    """Makes the declared roles, before anything belongs to them."""
    after: Look | None = None
    """Brings access about and proves it, once the rows are proved."""


@dataclass(kw_only=True)
class Restored:
    """What was restored."""

    database: str | None
    tables: int
    rows: int
    seconds: dict[str, float] = field(default_factory=dict)
    """Seconds of each phase."""
    notes: list[str] = field(default_factory=list)
    before: str | None = None
    """What the database is called now that had the name before."""

    def data(self) -> dict[str, JsonValue]:
        """Return it as `--json` prints it."""
        return {
            "database": self.database,
            "tables": self.tables,
            "rows": self.rows,
            "seconds": round(sum(self.seconds.values()), 3),
            "phases": [{"name": name, "seconds": seconds} for name, seconds in self.seconds.items()],
            "notes": list(self.notes),
            "before": self.before,
        }


def restore(work: Work) -> Restored:
    """Restore and prove a database. Raise AskedError for what cannot be, KeepError where it is not what it was.

    Then nothing of it is left, and a database that was to be replaced is as it was.
    """
    done = Restored(database=work.name, tables=work.copy.tables, rows=work.copy.rows)
    with work.server.connect(work.server.door) as door:
        done.notes += [f"removed {name}, which a restore that was killed had left" for name in sweep(door)]
        asked.check(door, work.copy)
        if work.name is not None:
            naming.check(door, work.name, replace=work.replace)
        program, entries = _opened(work, door)
        how = properties.creation(archive.script(program, work.archive, properties.made(entries), work.folder))
        with _no_new_roles(door, work), unfinished(door, how) as name:
            _fill(work, program, entries, name, done)
            settings = archive.script(program, work.archive, properties.others(entries), work.folder)
            properties.apply(door, settings, work.copy.database, name)
            _prove(work, name, done)
            if work.name is not None:
                with _phase(done, "serve"):
                    done.before = naming.settle(work.server, door, name, work.name, replace=work.replace)
        if work.name is None and door.execute("SELECT FROM pg_database WHERE datname = %s", (name,)).fetchone():
            raise KeepError(f"the database {name} could not be removed: DROP DATABASE {name} WITH (FORCE)")
    return done


def _opened(work: Work, door: psycopg.Connection[Any]) -> tuple[str, tuple[Entry, ...]]:
    """The pg_restore that reads the archive and knows the server, and the whole table of contents."""
    with work.archive.open("rb") as file:
        wrote = archive.dumped_by(file.read(512), work.archive.name)
    program = work.server.programs("pg_restore", max(door.info.server_version // 10000, wrote))
    return program, archive.listed(program, work.archive)


def _fill(work: Work, program: str, entries: tuple[Entry, ...], name: str, done: Restored) -> None:
    with work.server.connect(name) as conn:
        with _phase(done, "roles"):
            if wrong := work.before(conn) if work.before else ():
                raise KeepError(f"the roles cannot be made: {'; '.join(wrong)}")
            if made := roles.ensure(conn, work.copy.roles):
                done.notes.append(f"roles that nobody declares were made without login: {', '.join(made)}")
        role = _role(conn, work.copy)
        with _phase(done, "restore"):
            if role:
                conn.execute(SQL("ALTER DATABASE {} OWNER TO {}").format(Identifier(name), Identifier(role)))
            _load(
                work, program, [each for each in entries if each.kind not in properties.OF_DATABASE], libpq(conn), role
            )
        with _phase(done, "statistics"), conn.transaction():
            if role:
                conn.execute(SQL("SET LOCAL ROLE {}").format(Identifier(role)))
            conn.execute("SET LOCAL statement_timeout = 0")
            conn.execute("ANALYZE")


def _load(work: Work, program: str, entries: Sequence[Entry], environment: Mapping[str, str], role: str | None) -> None:
    def load(chosen: Sequence[Entry], *, jobs: int, role: str | None) -> None:
        if not chosen:
            return
        kept = archive.kept(chosen, work.folder)
        loading.load(program, environment, work.archive, kept, jobs=jobs, role=role)

    if role:  # RDS's master, or one like it
        made = [each for each in entries if extensions.first(each)]
        named = [each for each in made if each.kind == "EXTENSION"]
        load([each for each in made if each not in named], jobs=1, role=None)
        if work.server.reserve:
            script = archive.script(program, work.archive, named, work.folder)
            work.server.reserve(environment["PGDATABASE"], extensions.wanted(script))
        load(named, jobs=1, role=None)
        entries = [each for each in entries if each not in made and not extensions.comment(each)]
    sections = {
        each.number: section for section in steps.SECTIONS for each in archive.listed(program, work.archive, section)
    }
    for step in steps.steps(entries, sections):
        load(step.entries, jobs=loading.jobs(os.cpu_count()) if step.side_by_side else 1, role=role)


def _prove(work: Work, name: str, done: Restored) -> None:
    with work.server.connect(name) as conn:
        with _phase(done, "prove"), pinned(conn, reader(conn, work.copy.owner)):
            wrong = list(proof.differences(work.proof, proof.prove(conn)))
            same = work.copy.schema_fingerprint is None or fingerprint(conn) == work.copy.schema_fingerprint
        if not same and conn.info.server_version // 10000 == work.copy.major:
            wrong.append("the definition of its schema is not the one that was copied")
        elif not same:
            done.notes.append("another major version writes the schema's definition otherwise: it was not compared")
        if work.after and not wrong:
            with _phase(done, "access"):
                wrong += work.after(conn)
    if wrong:
        raise KeepError(f"what was restored is not what was copied, and is removed: {'; '.join(wrong)}")


def _role(conn: psycopg.Connection[Any], copy: PostgresCopy) -> str | None:
    """As whom to work: a superuser as itself, everybody else as the owner, whose tables no policy guards from it."""
    return None if conn.info.parameter_status("is_superuser") == "on" else copy.owner


@contextmanager
def _no_new_roles(door: psycopg.Connection[Any], work: Work) -> Iterator[None]:
    """Drop the roles that were made meanwhile, unless what they were made for stays."""
    there = _roles(door)
    try:
        yield
        if work.name is not None:
            return
    except BaseException:
        if not door.closed:
            _drop(door, _roles(door) - there)
        raise
    _drop(door, _roles(door) - there)


def _roles(door: psycopg.Connection[Any]) -> set[str]:
    return {name for (name,) in door.execute("SELECT rolname FROM pg_roles")}


def _drop(door: psycopg.Connection[Any], names: set[str]) -> None:
    for name in sorted(names):
        try:
            door.execute(SQL("DROP ROLE {}").format(Identifier(name)))
        except psycopg.Error:  # another restore uses it by now
            continue


@contextmanager
def _phase(done: Restored, name: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    done.seconds[name] = round(done.seconds.get(name, 0.0) + time.monotonic() - began, 3)
