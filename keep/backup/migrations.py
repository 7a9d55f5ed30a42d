"""Migrations that a backup has not seen: run before the database takes the place that the application expects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg

from bootstrap.migrate import MigrationRunner, PostgresLedger, Source
from bootstrap.migrate.errors import FileError, MigrateError
from keep.errors import KeepError
from keep.postgres.work import Look


def brought_up(folder: Path, owner: str) -> Look:
    """Return what applies the files of a folder that a database lacks, as its owner.

    Where they cannot be begun (a file that failed before the copy, one that is missing here) nothing is done, and said
    why: the database is as it was then. A file that fails raises KeepError.
    """

    def migrate(conn: psycopg.Connection[Any]) -> tuple[str, ...]:
        try:
            runner = MigrationRunner(Source.load(folder), PostgresLedger(conn), role=owner)
            left = runner.plan_up()
        except MigrateError as error:
            return (f"no migration was run: {error}",)
        if not left:
            return ()
        try:
            done = runner.up()
        except FileError as error:
            name = Path(error.file).name
            raise KeepError(
                f"every row is as it was, but the migration {name} does not run on it, so it is removed: {error.reason}"
            ) from None
        names = ", ".join(each.name for each in done)
        return (f"migrations that the backup had not seen were run: {names}", *runner.notes)

    return migrate


def told(folder: Path) -> Look:
    """Return what says how many files of a folder a database lacks, and runs none."""

    def look(conn: psycopg.Connection[Any]) -> tuple[str, ...]:
        try:
            runner = MigrationRunner(Source.load(folder), PostgresLedger(conn))
            left = runner.plan_up()
        except MigrateError as error:
            return (f"no migration could be run on it: {error}",)
        if not left:
            return ()
        at = runner.version().version
        names = ", ".join(each.migration.name for each in left)
        return (f"it is at migration {at or 'none'}, as it was; not run: {names}",)

    return look
