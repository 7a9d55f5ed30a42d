"""The ledger in PostgreSQL: golang-migrate's table and locks, and our own history beside it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors as pg
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from bootstrap.migrate.errors import FileError, LedgerError, LockedError
from bootstrap.migrate.ledger import NIL, Event, Session, State
from bootstrap.migrate.lock import lock_keys
from bootstrap.migrate.position import line_and_column
from bootstrap.migrate.source import MigrationFile

TABLE = "schema_migrations"
HISTORY = "datatier_migrations"

_POLL = 0.2  # seconds; polled because a waiter blocked in pg_advisory_lock deadlocks with CREATE INDEX CONCURRENTLY
_GOLANG_MIGRATE = {"version": "bigint", "dirty": "boolean"}

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
    """Ledger on an autocommit connection, which belongs to the ledger from `open` until its context ends.

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

    @contextmanager
    def open(self, session: Session) -> Iterator[None]:
        self._session = session
        with _explained("cannot set up the session for migrations"):
            self._execute(self._settings())
        try:
            yield
        finally:
            if not self._connection.closed:
                self._connection.rollback()
                self._execute(SQL("RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL"))

    def read(self) -> State:
        schema = self._session.schema
        names = {"table": Literal(f'"{schema}".{TABLE}'), "history": Literal(f'"{schema}".{HISTORY}')}
        with _explained("cannot read the version", f"GRANT USAGE ON SCHEMA {schema} TO this login"):
            self._database, history, columns = self._execute(_LOOK.format(**names))[0][0]
        self._exists = (columns is not None, history)
        if columns is not None:
            _check_table(schema, columns)
        queries = []
        if columns is not None:
            queries.append(SQL("SELECT version, dirty FROM {} LIMIT 1").format(self._name(TABLE)))
        if history:
            fields = SQL("SELECT kind, version, before, checksum, seconds, who, at, tool FROM {} ORDER BY id")
            queries.append(fields.format(self._name(HISTORY)))
        with _explained("cannot read the version", f"GRANT SELECT ON {TABLE}, {HISTORY} TO this login"):
            results = self._execute(SQL("; ").join(queries)) if queries else []
        rows = results.pop(0) if columns is not None else []
        names_ = ("kind", "version", "before", "checksum", "seconds", "who", "at", "tool")
        events = tuple(Event(**dict(zip(names_, row, strict=True))) for row in (results[0] if history else []))
        version, dirty = rows[0] if rows else (NIL, False)
        return State(version=None if version == NIL else version, dirty=dirty, events=events)

    @contextmanager
    def locked(self, wait: float) -> Iterator[None]:
        first, second = (Literal(key) for key in self._keys())
        # CASE evaluates in order: the second key is tried only under the first, which is given back without it.
        attempt = SQL(
            "SELECT CASE WHEN NOT pg_try_advisory_lock({a}) THEN false"
            " WHEN pg_try_advisory_lock({b}) THEN true ELSE NOT pg_advisory_unlock({a}) END"
        ).format(a=first, b=second)
        limit = time.monotonic() + wait
        while not self._execute(attempt)[0][0][0]:
            if time.monotonic() >= limit:
                raise LockedError(f"another migration has held the lock for {wait:g} s{self._holder()}", _WAIT)
            time.sleep(_POLL)
        try:
            yield
        finally:
            if not self._connection.closed:
                self._connection.rollback()
                self._execute(SQL("SELECT pg_advisory_unlock({}), pg_advisory_unlock({})").format(second, first))

    def prepare(self) -> None:
        if all(self._exists):
            return
        fix = f"GRANT USAGE, CREATE ON SCHEMA {self._session.schema} TO {self._session.role or 'this login'}"
        with _explained(f"cannot create {TABLE} and {HISTORY}", fix):
            self._execute(_CREATE.format(table=self._name(TABLE), history=self._name(HISTORY)))
        self._exists = (True, True)

    def mark(self, target: int) -> None:
        self._write(target, dirty=True)

    def run(self, file: MigrationFile) -> None:
        self._execute(self._settings())
        try:
            with self._connection.cursor() as cursor:
                # Without parameters psycopg uses the simple protocol: the file goes whole, % is left alone, and
                # its statements are one transaction unless it has its own. Files are the project's own code.
                cursor.execute(file.body)
        except psycopg.Error as error:
            raise _file_error(file, error) from error
        if self._connection.info.transaction_status is not TransactionStatus.IDLE:
            self._connection.rollback()
            fix = "end every BEGIN of the file with COMMIT; what came after it has been rolled back"
            raise FileError("the file leaves a transaction open", fix, file=str(file.path))
        self._execute(self._settings())
        self._check_held(file)

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
            with _explained("cannot write the version", fix):
                self._execute(SQL("; ").join([*parts, SQL("COMMIT")]))
        finally:
            if not self._connection.closed:
                self._connection.rollback()

    def _settings(self) -> Composed:
        """Undo what a file may have left, then pin what every file runs under.

        Never DISCARD ALL, which would release the lock. The search path is pinned because `"$user", public` would
        make the books move into a schema that a migration names like the role (golang-migrate's tutorial).
        """
        session = self._session
        parts: list[Composable] = [
            SQL("RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL"),
            SQL("SET search_path = {}").format(Identifier(session.schema)),
            SQL("SET lock_timeout = {}").format(Literal(f"{int(session.lock_timeout * 1000)}ms")),
            SQL("SET statement_timeout = {}").format(Literal(f"{int(session.statement_timeout * 1000)}ms")),
        ]
        if session.role is not None:
            parts.append(SQL("SET ROLE {}").format(Identifier(session.role)))
        return SQL("; ").join(parts)

    def _keys(self) -> tuple[int, int]:
        if not self._database:
            self._database = self._execute(SQL("SELECT current_database()"))[0][0][0]
        return lock_keys(self._database, self._session.schema, TABLE)

    def _check_held(self, file: MigrationFile) -> None:
        query = SQL(
            "SELECT count(DISTINCT objid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND pid = pg_backend_pid() AND classid = 0 AND objsubid = 1 AND objid = ANY ({}::oid[])"
        ).format(Literal([str(key) for key in self._keys()]))
        if self._execute(query)[0][0][0] != len(self._keys()):
            fix = "take DISCARD ALL or pg_advisory_unlock out of it; it has run to its end, so force its version"
            raise FileError("the file released the migration lock", fix, file=str(file.path))

    def _holder(self) -> str:
        """Who holds a key, as far as this login may see."""
        query = SQL(
            "SELECT a.pid, a.usename, a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
            " WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 0 AND l.objsubid = 1"
            " AND l.objid = ANY ({}::oid[]) AND l.database ="
            " (SELECT oid FROM pg_database WHERE datname = current_database()) LIMIT 1"
        ).format(Literal([str(key) for key in self._keys()]))
        if not (rows := self._execute(query)[0]):
            return ""
        pid, user, application = rows[0]
        return f" (process {pid}, user {user}{f', {application}' if application else ''})"

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


_WAIT = "wait for it to end, or end it with SELECT pg_terminate_backend(PID) if it is stuck"


def _check_table(schema: str, columns: dict[str, str]) -> None:
    """Refuse a table of this name that is not golang-migrate's; columns of one's own beside its two do no harm."""
    if _GOLANG_MIGRATE.items() <= columns.items():
        return
    tool = "dbmate or Rails" if columns.get("version", "").startswith("character varying") else "another tool"
    layout = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    raise LedgerError(
        f"{schema}.{TABLE} ({layout}) belongs to {tool}, not to golang-migrate",
        f"once that tool is out of use: ALTER TABLE {schema}.{TABLE} RENAME TO {TABLE}_before; "
        "then datatier migrate force V with the version that the schema is at",
    )


@contextmanager
def _explained(what: str, fix: str = "") -> Iterator[None]:
    """Turn PostgreSQL's refusal into one that says what was being done and what mends it."""
    try:
        yield
    except pg.InsufficientPrivilege as error:
        raise LedgerError(f"{what}: {error.diag.message_primary}", fix) from error
    except (pg.InvalidParameterValue, pg.UndefinedObject) as error:
        raise LedgerError(f"{what}: {error.diag.message_primary}", "make the role first, with the bootstrap") from error
    except pg.ReadOnlySqlTransaction as error:
        raise LedgerError(f"{what}: this is a read-only server", "connect to the primary") from error


def _file_error(file: MigrationFile, error: psycopg.Error) -> FileError:
    line, column = line_and_column(file.body.decode("utf-8", "replace"), error.diag.statement_position)
    what = error.diag.message_primary or str(error).splitlines()[0]
    for extra in (error.diag.message_detail, error.diag.message_hint, error.diag.context):
        if extra:
            what += f" ({extra})"
    fix = "mend the file; the database stays dirty until datatier migrate force, which the next run explains"
    return FileError(what, fix, file=str(file.path), line=line, column=column, sqlstate=error.sqlstate or "")
