"""The rehearsal of migrations on an empty database: up, the new ones down, up again; each time the catalog is read.

What it finds is data. Nothing but the database that it is given is touched, and that one is left migrated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import psycopg
from pydantic import JsonValue

from bootstrap import schema
from bootstrap.declared_extensions import DeclaredExtension
from bootstrap.errors import BootstrapError
from bootstrap.migrate import AppliedFile, MigrateError, MigrationRunner, PostgresLedger, Source
from bootstrap.migrate.errors import FileError, ProblemsError
from bootstrap.postgres import extensions
from bootstrap.schema.changes import SchemaChange, changes

Phase = Literal["up", "down", "up again", "definition"]
# RAISE EXCEPTION without a code of its own: what docs/migrations.md has a down file say that cannot be.
_RAISED = "P0001"
# Rules that a folder breaks which has no way down: golang-migrate's users often write none.
_NO_WAY_DOWN = ("missing-down", "empty")


class NotEmptyError(BootstrapError):
    """The database holds something; a rehearsal is for an empty one."""


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """One thing that came out wrong."""

    phase: Phase
    what: str
    failed: bool = False
    """Whether a file failed; otherwise something differs."""


@dataclass(kw_only=True)
class Rehearsal:
    """What the migrations above `since` did."""

    since: int
    new: tuple[str, ...]
    """Names of those that are rehearsed."""
    server: int = 0
    applied: list[AppliedFile] = field(default_factory=list)
    """Every run of theirs, with its seconds."""
    changes: tuple[SchemaChange, ...] = ()
    """What they make of the schema."""
    irreversible: str = ""
    """What a down file says that refuses to run; empty where all can be undone."""
    notes: tuple[str, ...] = ()
    troubles: list[Trouble] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether a file could not be run."""
        return any(trouble.failed for trouble in self.troubles)

    @property
    def ok(self) -> bool:
        """Whether it went as it should."""
        return not self.troubles

    def as_json(self) -> dict[str, JsonValue]:
        """The stable form for machines."""
        return {"ok": self.ok, **asdict(self)}


def rehearse(
    conn: psycopg.Connection[Any],
    source: Source,
    *,
    since: int,
    role: str | None = None,
    definition: Path | None = None,
    wanted: Sequence[DeclaredExtension] = (),
    say: Callable[[str], None] | None = None,
) -> Rehearsal:
    """Rehearse the migrations above `since`; 0 stands for all. `conn` acts as `role`.

    `wanted` are the extensions that the application declares; `conn` makes those that it may.

    Raise NotEmptyError. A file that fails ends the rehearsal and is reported in it.
    """
    say = say or (lambda _: None)
    _empty(conn)
    notes = extensions.ensure(conn, wanted, role).differences
    made = Rehearsal(since=since, new=tuple(m.name for m in source.migrations if m.version > since), notes=notes)
    runner = MigrationRunner(source, PostgresLedger(conn), role=role)
    with _reported(made, "up"):
        runner.up(sum(m.version <= since for m in source.migrations))
        before = schema.read(conn)
        made.server = before.server
        say(f"{len(source.migrations) - len(made.new)} migrations of the base applied")
        made.applied += runner.up()
        after = schema.read(conn)
        made.changes = changes(_bare(before.schema), _bare(after.schema))
        say(f"{len(made.new)} new ones applied: {len(made.changes)} objects differ")
    if not made.failed and made.new:
        _back(conn, runner, made, before.schema, after.schema)
        say("undone and applied again" if not made.irreversible else "not undone: a down file refuses to run")
    if definition and not made.failed:
        made.troubles += _defined(conn, definition, source.last)
    return made


def _back(
    conn: psycopg.Connection[Any], runner: MigrationRunner, made: Rehearsal, before: schema.Schema, after: schema.Schema
) -> None:
    at: list[int] = []
    with _reported(made, "down"):
        try:
            made.applied += runner.down(len(made.new), lambda step, _: at.append(step.before))
        except FileError as error:
            if error.sqlstate != _RAISED:
                raise
            made.irreversible = _short(error)
            runner.force(at[-1])  # it has refused before it did anything
        except ProblemsError as error:
            if any(problem.rule not in _NO_WAY_DOWN for problem in error.problems):
                raise
            made.irreversible = error.what  # refused before anything was undone
        else:
            made.troubles += _differing("down", before, schema.read(conn).schema)
    if made.failed:
        return
    with _reported(made, "up again"):
        made.applied += runner.up()
        made.troubles += _differing("up again", after, schema.read(conn).schema)


def _differing(phase: Phase, wanted: schema.Schema, found: schema.Schema) -> Iterator[Trouble]:
    for change in changes(_bare(wanted), _bare(found)):
        yield Trouble(phase=phase, what=str(change))


def _defined(conn: psycopg.Connection[Any], path: Path, version: int) -> Iterator[Trouble]:
    expected = schema.load(path)
    if expected.get("version", version) != version:
        what = f"it is that of migration {expected['version']}, the last one is {version}: datatier schema dump"
        yield Trouble(phase="definition", what=what)
    for each in schema.judge(conn, _bare(expected)).counted:
        if each.kind == "partition" and each.severity == "WARN" and each.what == "missing":
            continue  # an upkeep makes it, and not always a migration
        yield Trouble(phase="definition", what=f"{each.kind} {each.object}: {each.what}")


def _bare(found: schema.Schema) -> schema.Schema:
    """Without the number of the migration, which differs by nature."""
    bare = found.copy()
    bare.pop("version", None)
    return bare


def _empty(conn: psycopg.Connection[Any]) -> None:
    row = conn.execute(
        """SELECT string_agg(relname, ', ') FROM (SELECT relname FROM pg_class
           WHERE relkind IN ('r', 'p', 'v', 'm') AND relnamespace NOT IN (SELECT oid FROM pg_namespace
               WHERE nspname LIKE 'pg\\_%' OR nspname = 'information_schema')
             AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid
                               AND deptype = 'e')
           ORDER BY relname LIMIT 3) AS found"""
    ).fetchone()
    if row and row[0]:
        raise NotEmptyError(
            f"the database `{conn.info.dbname}` is not empty ({row[0]}): a rehearsal undoes migrations; "
            "name a database made for it, or none"
        )


@contextmanager
def _reported(made: Rehearsal, phase: Phase) -> Iterator[None]:
    try:
        yield
    except MigrateError as error:
        made.troubles.append(Trouble(phase=phase, what=_short(error), failed=True))


def _short(error: MigrateError) -> str:
    """What went wrong, by the file's name alone; how to mend a database is nothing to one that is thrown away."""
    return error.what.replace(f"{Path(error.file).parent}/", "") if isinstance(error, FileError) else error.what
