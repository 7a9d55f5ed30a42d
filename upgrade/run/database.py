"""The database's half of the world of an upgrade: on the primary, as the master."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from bootstrap.manifest import Manifest
from bootstrap.postgres import master
from bootstrap.postgres.warned import warned
from bootstrap.secrets import AwsStore, LoginError, SecretStore
from upgrade.deployed import MANIFEST
from upgrade.run.errors import DatabaseError, NoManifestError
from upgrade.run.world import Row


class Database:
    """A session that is opened when it is needed, and again after a server has restarted."""

    def __init__(self, manifest: Manifest | None, how: str, migrations: Path, store: SecretStore | None = None) -> None:
        """Ask nobody yet.

        :param manifest: None where whoever runs it has named none.
        :param how: how to get one.
        :param migrations: the folder of the application's migrations.
        """
        self._manifest, self._how, self._store, self._migrations = manifest, how, store, migrations
        self._conn: psycopg.Connection[Any] | None = None

    def ask(self, statement: str) -> Sequence[Row]:
        """The rows of a query, each column as text."""
        with self._said():
            rows = self._session().execute(statement.encode()).fetchall()
        return [tuple(None if each is None else str(each) for each in row) for row in rows]

    def execute(self, statement: str, role: str | None) -> None:
        """One statement, as the master or a role; what the server warns of is an error."""
        with self._said(), warned(conn := self._session()) as warnings:
            try:
                if role is not None:
                    conn.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
                conn.execute(statement.encode())
            finally:
                if not conn.closed:
                    conn.execute("RESET ROLE")
        if warnings:
            raise DatabaseError(f"{statement}: {'; '.join(warnings)}")

    def differences(self) -> Sequence[str]:
        """What a bootstrap would change, and what it would leave otherwise than declared."""
        from bootstrap.dry_run import dry_run

        with self._said():
            found = dry_run(self._known(), migrations=self._migrations, store=self._store)
        return (*map(str, found.changes), *found.differences)

    def close(self) -> None:
        """End the session."""
        if self._conn is not None:
            self._conn.close()
            self._conn = None

    def _known(self) -> Manifest:
        if self._manifest is None:
            raise NoManifestError(f"this step looks into the database: `{self._how}`, then say --manifest {MANIFEST}.")
        return self._manifest

    def _session(self) -> psycopg.Connection[Any]:
        if self._conn is None or self._conn.closed:
            self._conn = self._open()
            # ANALYZE of a large table takes its time; whoever queues behind a lock that it waits for does not.
            self._conn.execute("SET statement_timeout = 0")
            self._conn.execute("SET lock_timeout = '10s'")
        return self._conn

    def _open(self) -> psycopg.Connection[Any]:
        known = self._known()
        store = self._store or AwsStore(known.region, known.aws_endpoint)
        return master.look(known.postgres, store).conn

    @contextmanager
    def _said(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            broken = isinstance(error, psycopg.OperationalError) and (self._conn is None or self._conn.broken)
            if broken:
                self.close()
            said = " ".join((error.diag.message_primary or str(error)).split())
            raise DatabaseError(f"PostgreSQL: {said}", passing=broken) from None
        except LoginError as error:
            # A server that restarts refuses nobody: it does not answer, or says that it starts up.
            raise DatabaseError(str(error), passing=not error.refused) from None
