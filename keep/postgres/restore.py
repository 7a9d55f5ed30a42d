"""A database from its archive: made under a name that nobody uses, filled, proved row by row, and only then named."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg

from keep.errors import DamagedError, KeepError
from keep.manifest import PostgresCopy
from keep.postgres import archive, asked, extensions, loading, naming, proof, properties, proving, selective
from keep.postgres.archive import Entry
from keep.postgres.filling import analyze, fill
from keep.postgres.fingerprint import fingerprint
from keep.postgres.reader import reader
from keep.postgres.snapshot import pinned, unhurried
from keep.postgres.unfinished import sweep, unfinished
from keep.postgres.work import Goal, Restored, Work


def restore(work: Work) -> Restored:
    """Restore and prove a database. Raise AskedError for what cannot be, DamagedError where it is not what it was.

    KeepError where the server could not go on. Then nothing of it is left, and a database that was to be replaced is as
    it was.
    """
    with _broken_off():
        return _restored(work)


def ask(goal: Goal, copy: PostgresCopy) -> list[str]:
    """Raise AskedError for what can be known to be impossible before anything of the backup is read.

    What restores that were killed have left takes room: it goes first. Return what that was, one sentence each.
    """
    with _broken_off(), goal.server.connect(goal.server.door) as door:
        swept = [f"removed {name}, which a restore that was killed had left" for name in sweep(door)]
        _asked(goal, copy, door)
    return swept


@contextmanager
def _broken_off() -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        said = (error.diag.message_primary or str(error)).strip().splitlines()
        raise KeepError(f"the server has broken the restore off: {said[0] if said else type(error).__name__}") from None


def _asked(goal: Goal, copy: PostgresCopy, door: psycopg.Connection[Any]) -> bool:
    """Whether there is a database that steps aside."""
    asked.check(door, copy, goal.without)
    if not goal.tables:
        asked.room(door, copy.size)
    return goal.name is not None and naming.check(goal.server, door, goal.name, replace=goal.replace)


def _restored(work: Work) -> Restored:
    done = Restored(database=work.name, tables=work.copy.tables, rows=work.copy.rows)
    with work.server.connect(work.server.door) as door:
        unhurried(door)
        there = _asked(work, work.copy, door)
        program, entries = _opened(work, door)
        entries = tuple(each for each in entries if not extensions.of(each, work.without))
        done.notes += [f"without the extension {name}, which the server does not have" for name in sorted(work.without)]
        only, entries = _chosen(work, entries, done)
        if only is not None:  # how large each table is the archive does not say
            asked.room(door, round(work.copy.size * done.rows / max(1, work.copy.rows)))
        how = properties.creation(archive.script(program, work.archive, properties.made(entries), work.folder))
        with unfinished(door, how) as name:
            fill(door, work, program, entries, name, done)
            settings = archive.script(program, work.archive, properties.others(entries), work.folder)
            done.notes += properties.apply(door, settings, work.copy.database, name)
            _prove(work, name, only, done)
            if work.name is not None:
                with done.phase("serve"):
                    done.before = naming.settle(work.server, door, name, work.name, replace=there)
                    if done.before and not work.replace and naming.clear(work.server, door, done.before):
                        done.before = None
        if work.name is None and door.execute("SELECT FROM pg_database WHERE datname = %s", (name,)).fetchone():
            raise KeepError(f"the database {name} could not be removed: DROP DATABASE {name} WITH (FORCE)")
    return done


def _chosen(work: Work, entries: tuple[Entry, ...], done: Restored) -> tuple[frozenset[str] | None, tuple[Entry, ...]]:
    """Of the tables that are wanted alone: names of those that are proved, and what is restored of the archive."""
    if not work.tables:
        return None, entries
    chosen = selective.select(entries, work.tables)
    only = frozenset(name for name in work.proof.tables if selective.label(name) in chosen.tables)
    done.notes += chosen.remarks
    done.tables, done.rows = len(only), sum(work.proof.tables[name].rows for name in only)
    return only, (*properties.of_database(entries), *chosen.entries)


def _opened(work: Work, door: psycopg.Connection[Any]) -> tuple[str, tuple[Entry, ...]]:
    """The pg_restore that reads the archive and knows the server, and the whole table of contents."""
    with work.archive.open("rb") as file:
        wrote = archive.dumped_by(file.read(512), work.archive.name)
    program = work.server.programs("pg_restore", max(door.info.server_version // 10000, wrote))
    return program, archive.listed(program, work.archive)


def _prove(work: Work, name: str, only: frozenset[str] | None, done: Restored) -> None:
    with work.server.connect(name) as conn, ThreadPoolExecutor(1, thread_name_prefix="statistics") as beside:
        statistics = beside.submit(analyze, work, name)
        with done.phase("prove"):
            role = reader(conn, work.copy.owner)
            found = proving.prove(lambda: work.server.connect(name), role, loading.jobs(os.cpu_count()))
            if only is None:
                wrong = list(proof.differences(work.proof, found))
            else:
                wrong = list(selective.differences(work.proof, found, only))
            same = only is not None or bool(work.without) or _as_copied(conn, role, work.copy.schema_fingerprint)
        with done.phase("statistics"):  # what they take beyond the proof
            statistics.result()
        if not same and conn.info.server_version // 10000 == work.copy.major:
            wrong.append("the definition of its schema is not the one that was copied")
        elif not same:
            done.notes.append("another major version writes the schema's definition otherwise: it was not compared")
        if wrong:
            raise DamagedError(f"what was restored is not what was copied, and is removed: {'; '.join(wrong)}")
        if work.migrate:
            with done.phase("migrations"):
                done.notes += work.migrate(conn)
        if work.after:
            with done.phase("access"):
                wrong += work.after(conn)
    if wrong:
        raise DamagedError(f"every row is as it was, but access is not, so it is removed: {'; '.join(wrong)}")


def _as_copied(conn: psycopg.Connection[Any], role: str | None, was: str | None) -> bool:
    with pinned(conn, role):
        return was in (None, fingerprint(conn))
