"""Fills a new database from an archive: roles first, then pg_restore in several runs; then the planner's statistics."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from keep.manifest import PostgresCopy
from keep.postgres import archive, extensions, loading, properties, provisional, roles, steps
from keep.postgres.archive import Entry
from keep.postgres.programs import libpq
from keep.postgres.snapshot import unhurried
from keep.postgres.work import DeclaredRoles, Restored, Work

_SUPERUSERS = frozenset({"EVENT TRIGGER", "FOREIGN DATA WRAPPER"})
"""What only a superuser may own (CREATE EVENT TRIGGER, CREATE FOREIGN DATA WRAPPER); RDS lets its master."""


def fill(
    door: psycopg.Connection[Any], work: Work, program: str, entries: Sequence[Entry], name: str, done: Restored
) -> None:
    """Restore entries of the archive into the empty database `name`. Raise AskedError or KeepError."""
    with work.server.connect(name) as conn:
        unhurried(conn)
        with done.phase("roles"):
            _roles(door, conn, work, name, done)
        role = acting(conn, work.copy)
        with done.phase("restore"):
            if role:
                conn.execute(SQL("ALTER DATABASE {} OWNER TO {}").format(Identifier(name), Identifier(role)))
            rest = [each for each in entries if each.kind not in properties.OF_DATABASE]
            unowned = _unowned(conn, rest) if role is None else []
            _load(work, program, rest, libpq(conn), role, unowned)
        done.notes += [_said(each, work.copy, conn.info.user) for each in unowned]


def analyze(work: Work, name: str) -> None:
    """Make the planner's statistics of a database; in a transaction of ours every table would be locked to the end."""
    with work.server.connect(name) as conn:
        unhurried(conn)
        if role := acting(conn, work.copy):
            conn.execute(SQL("SET ROLE {}").format(Identifier(role)))
        conn.execute("ANALYZE")


def _roles(door: psycopg.Connection[Any], conn: psycopg.Connection[Any], work: Work, name: str, done: Restored) -> None:
    declared = work.before(conn) if work.before else DeclaredRoles(names=frozenset(), make=tuple)
    with provisional.making(door, name, declared.names | set(work.copy.roles)) as missing:
        declared.make()
        bare = [each for each in missing if each not in declared.names]
        roles.make(conn, bare)
    if bare:
        done.notes.append(f"roles that nobody declares were made without login: {', '.join(bare)}")


def _unowned(conn: psycopg.Connection[Any], entries: Sequence[Entry]) -> list[Entry]:
    """What only a superuser may own, and whose owner is none on this server."""
    superusers = tuple(f" {name}" for (name,) in conn.execute("SELECT rolname FROM pg_roles WHERE rolsuper"))
    return [each for each in entries if each.kind in _SUPERUSERS and not each.rest.endswith(superusers)]


def _said(entry: Entry, copy: PostgresCopy, user: str) -> str:
    owner = max((each for each in copy.roles if entry.rest.endswith(f" {each}")), key=len, default="")
    what = f"{entry.kind.lower()} {entry.rest.removeprefix('- ').removesuffix(f' {owner}')}"
    return f"{what} belongs to {user}: only a superuser may own it, and {owner or 'its owner'} is none here"


def _load(
    work: Work,
    program: str,
    entries: Sequence[Entry],
    environment: Mapping[str, str],
    role: str | None,
    unowned: Sequence[Entry],
) -> None:
    def load(chosen: Sequence[Entry], *, jobs: int, role: str | None, owned: bool = True) -> None:
        if not chosen:
            return
        kept = archive.kept(chosen, work.folder)
        loading.load(program, environment, work.archive, kept, jobs=jobs, role=role, owned=owned)

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
    numbers = {each.number for each in unowned}
    for step in steps.steps(entries, sections):
        jobs = loading.jobs(os.cpu_count()) if step.side_by_side else 1
        for owned, some in groupby(step.entries, lambda each: each.number not in numbers):
            load(list(some), jobs=jobs, role=role, owned=owned)


def acting(conn: psycopg.Connection[Any], copy: PostgresCopy) -> str | None:
    """As whom to work: a superuser as itself, everybody else as the owner, whose tables no policy guards from it."""
    return None if conn.info.parameter_status("is_superuser") == "on" else copy.owner
