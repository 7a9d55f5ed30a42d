"""The ledger in PostgreSQL: golang-migrate's table and locks, and our own history beside it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from bootstrap.migrate.errors import FileError, LockedError
from bootstrap.migrate.explain import check_table, explained
from bootstrap.migrate.ledger import NIL, Event, Session, State
from bootstrap.migrate.lock import Keys, holders, lock_keys, try_lock, unlock
from bootstrap.migrate.send import send
from bootstrap.migrate.source import MigrationFile

TABLE = "schema_migrations"
HISTORY = "datatier_migrations"

_POLL = 0.2  # seconds

_EVENT = ("kind", "version", "before", "checksum", "seconds", "who", "at", "tool")

# RESET ALL leaves the role alone. Never DISCARD ALL, which would release the lock.
_RESET = (SQL("RESET SESSION AUTHORIZATION"), SQL("RESET ROLE"), SQL("RESET ALL"))

_LOOK = SQL("""
SELECT current_database(),
       to_regclass({history}) IS NOT NULL,
       (SELECT json_object_agg(attname, format_type(atttypid, atttypmod))
          FROM pg_attribute
         WHERE attrelid = to_regclass({table}) AND attnum > 0 AND NOT attisdropped)
""")

# Kept apart from schema_migrations because golang-migrate truncates that at every step.
_CREATE = SQL("""
CREATE TABLE IF NOT EXISTS {table} (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL);
CREATE TABLE IF NOT EXISTS {history} (
    id         bigint           GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind       text             NOT NULL CHECK (kind IN ('up', 'down', 'force', 'adopt')),
    version    bigint           NOT NULL,
    before     bigint           NOT NULL,
    checksum   text             NOT NULL,
    seconds    double precision NOT NULL,
    who        text             NOT NULL DEFAULT session_user,
    at         timestamptz      NOT NULL DEFAULT clock_timestamp(),
    tool       text             NOT NULL
);
COMMENT ON TABLE {history} IS 'What datatier migrate did, in order; schema_migrations says where that led'
""")


class PostgresLedger:
    """Ledger on an autocommit connection, which belongs to the ledger while it holds the lock.

    Not through a transaction pooler or RDS Proxy: the lock belongs to the server session.
    """

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        if not connection.autocommit:
            raise ValueError(
                "migrations need psycopg.connect(..., autocommit=True): files bring their own transactions"
            )
        self._connection = connection
        self._session = Session()
        self._database = ""
        self._exists = (False, False)

    def use(self, session: Session) -> None:
        self._session = session

    def read(self) -> State:
        """Two round trips, in a transaction of their own, so that no setting has to be taken back."""
        schema = self._session.schema
        names = {"table": Literal(f'"{schema}".{TABLE}'), "history": Literal(f'"{schema}".{HISTORY}')}
        fix = f"GRANT USAGE ON SCHEMA {schema} and SELECT ON {TABLE}, {HISTORY} to this login"
        try:
            with explained("cannot read the version", fix):
                begin = [SQL("BEGIN READ ONLY"), *self._pinned(local=True), _LOOK.format(**names)]
                self._database, history, columns = self._execute(SQL("; ").join(begin))[0][0]
                self._exists = (columns is not None, history)
                if columns is not None:
                    check_table(f"{schema}.{TABLE}", columns)
                return self._read()
        finally:
            if not self._connection.closed:
                self._connection.rollback()

    def _read(self) -> State:
        table, history = self._exists
        empty = SQL("SELECT WHERE false")
        version = SQL("SELECT version, dirty FROM {} LIMIT 1").format(self._name(TABLE)) if table else empty
        fields = SQL(", ").join(map(Identifier, _EVENT))
        events = SQL("SELECT {} FROM {} ORDER BY id").format(fields, self._name(HISTORY)) if history else empty
        rows, lines = self._execute(SQL("; ").join([version, events, SQL("COMMIT")]))
        at, dirty = rows[0] if rows else (NIL, False)
        known = tuple(Event(**dict(zip(_EVENT, line, strict=True))) for line in lines)
        return State(version=None if at == NIL else at, dirty=dirty, events=known)

    @contextmanager
    def locked(self, wait: float) -> Iterator[None]:
        keys = self._keys()
        limit = time.monotonic() + wait
        with explained("cannot take the migration lock"):
            while not self._execute(try_lock(keys))[0][0][0]:
                if time.monotonic() >= limit:
                    raise _locked(wait, self._execute(holders(keys))[0])
                time.sleep(_POLL)
        try:
            with explained("cannot set up the session for migrations"):
                self._execute(SQL("; ").join([*_RESET, *self._pinned()]))
            yield
        finally:
            if not self._connection.closed:
                self._connection.rollback()
                self._execute(SQL("; ").join([*_RESET, unlock(keys)]))

    def prepare(self) -> None:
        if all(self._exists):
            return
        fix = f"GRANT USAGE, CREATE ON SCHEMA {self._session.schema} TO {self._session.role or 'this login'}"
        with explained(f"cannot create {TABLE} and {HISTORY}", fix):
            self._execute(_CREATE.format(table=self._name(TABLE), history=self._name(HISTORY)))
        self._exists = (True, True)

    def mark(self, target: int) -> None:
        self._write(target, dirty=True)

    def run(self, file: MigrationFile) -> None:
        send(self._connection, file)
        if self._connection.info.transaction_status is not TransactionStatus.IDLE:
            self._connection.rollback()
            fix = "end every BEGIN of the file with COMMIT; what came after it has been rolled back"
            raise FileError("the file leaves a transaction open", fix, file=str(file.path))
        keys = self._keys()
        rows = self._execute(SQL("; ").join([*_RESET, *self._pinned(), holders(keys)]))[0]
        if {key for key, own, *_ in rows if own} != set(keys):
            fix = "take DISCARD ALL or pg_advisory_unlock out of it; it has run to its end"
            raise FileError("the file released the migration lock", fix, file=str(file.path))

    def settle(self, version: int, *events: Event) -> None:
        self._write(version, events, dirty=False)

    def _write(self, version: int, events: Sequence[Event] = (), *, dirty: bool) -> None:
        """One transaction, one round trip. As golang-migrate does: the empty table means no version, and clean."""
        parts: list[Composable] = [SQL("BEGIN"), SQL("TRUNCATE {}").format(self._name(TABLE))]
        if version != NIL or dirty:
            insert = SQL("INSERT INTO {} (version, dirty) VALUES ({}, {})")
            parts.append(insert.format(self._name(TABLE), Literal(version), Literal(dirty)))
        for e in events:
            insert = SQL("INSERT INTO {} (kind, version, before, checksum, seconds, tool) VALUES ({})")
            values = SQL(", ").join(map(Literal, (e.kind, e.version, e.before, e.checksum, e.seconds, e.tool)))
            parts.append(insert.format(self._name(HISTORY), values))
        owner = self._session.role or "this login"
        fix = f"GRANT SELECT, INSERT, TRUNCATE ON {TABLE}, {HISTORY} TO {owner}, or make {owner} their owner"
        try:
            with explained("cannot write the version", fix):
                self._execute(SQL("; ").join([*parts, SQL("COMMIT")]))
        finally:
            if not self._connection.closed:
                self._connection.rollback()

    def _pinned(self, *, local: bool = False) -> list[Composable]:
        """Return the settings under which every file runs."""
        # The search path, because `"$user", public` would move the books into a schema that a migration names like
        # the role (golang-migrate's tutorial).
        session, set_ = self._session, SQL("SET LOCAL" if local else "SET")
        parts: list[Composable] = [
            SQL("{} search_path = {}").format(set_, Identifier(session.schema)),
            SQL("{} lock_timeout = {}").format(set_, Literal(f"{session.lock_timeout * 1000:.0f}ms")),
            SQL("{} statement_timeout = {}").format(set_, Literal(f"{session.statement_timeout * 1000:.0f}ms")),
        ]
        if not local:  # a query whose client has died must end, and the lock with it
            parts.append(SQL("SET client_connection_check_interval = '1s'"))
        if session.role is not None:
            parts.append(SQL("{} ROLE {}").format(set_, Identifier(session.role)))
        return parts

    def _keys(self) -> Keys:
        if not self._database:
            self._database = self._execute(SQL("SELECT current_database()"))[0][0][0]
        return lock_keys(self._database, self._session.schema, TABLE)

    def _name(self, table: str) -> Identifier:
        return Identifier(self._session.schema, table)

    def _execute(self, query: SQL | Composed) -> list[list[Any]]:
        """Send statements whole and return the rows of each that has any."""
        with self._connection.cursor(row_factory=tuple_row) as cursor:
            cursor.execute(query)
            results = []
            while True:
                if cursor.description is not None:
                    results.append(cursor.fetchall())
                if not cursor.nextset():
                    return results


def _locked(wait: float, rows: Sequence[Sequence[Any]]) -> LockedError:
    what = f"another migration has held the lock for {wait:g} s"
    if not rows:
        return LockedError(what, "run the command again")
    _, _, pid, user, application = rows[0]
    who = f"process {pid}, user {user}{f', {application}' if application else ''}"
    return LockedError(f"{what} ({who})", f"wait for it or, if it is stuck, end it: SELECT pg_terminate_backend({pid})")
