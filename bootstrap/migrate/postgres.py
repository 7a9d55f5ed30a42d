"""The ledger in PostgreSQL: golang-migrate's table and locks, and our own history."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any, LiteralString

import psycopg
from psycopg import errors as pg
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from bootstrap.books import HISTORY, TABLE
from bootstrap.lock_holders import Holder, end_intruders, named, query
from bootstrap.migrate import books
from bootstrap.migrate.books import COLUMNS, CREATE, LOOK
from bootstrap.migrate.errors import FileError, LedgerError, LockedError
from bootstrap.migrate.explain import check_table, explained
from bootstrap.migrate.ledger import NIL, Event, LedgerState, Session
from bootstrap.migrate.lock import Keys, lock_keys, migrators, try_lock, unlock
from bootstrap.migrate.place import BEHIND, IDENTITY, POSITION, refusal
from bootstrap.migrate.send import Books, RefusedError, send, send_whole

_POLL = 0.2  # seconds

# RESET ALL leaves the role alone. Never DISCARD ALL, which would release the lock.
_RESET = (SQL("RESET SESSION AUTHORIZATION"), SQL("RESET ROLE"), SQL("RESET ALL"))


_READING: tuple[LiteralString, ...] = ("standard_conforming_strings = on", "client_encoding = 'UTF8'")


class PostgresLedger:
    """Ledger on an autocommit connection, which belongs to the ledger while it holds the lock.

    Not through a pooler or RDS Proxy: the lock and the settings belong to the server session.
    """

    def __init__(self, connection: psycopg.Connection[Any], master: psycopg.Connection[Any] | None = None) -> None:
        """`master` is another session in the same database, which may end those of logins that hold the lock idly."""
        if not connection.autocommit:
            raise ValueError(
                "migrations need psycopg.connect(..., autocommit=True): files bring their own transactions"
            )
        self._connection = connection
        self._master = master
        self.ended: list[str] = []
        """Whose sessions were ended, because they held the lock and could not have migrated."""
        self._session = Session()
        self._database = ""
        self._pid, self._standby = 0, False
        self._table, self._history = False, frozenset[str]()  # what there is of them
        self._server: tuple[str, int | None] = ("", None)
        self._marked: Event | None = None

    def use(self, session: Session) -> None:
        self._session = session

    def read(self) -> LedgerState:
        """Two round trips, in a transaction of their own, so that no setting has to be taken back."""
        schema = self._session.schema
        names = {"table": Literal(f'"{schema}".{TABLE}'), "history": Literal(f'"{schema}".{HISTORY}')}
        fix = f"GRANT USAGE ON SCHEMA {schema} and SELECT ON {TABLE}, {HISTORY} to this login"
        try:
            with explained("cannot read the version", fix):
                begin = [SQL("BEGIN READ ONLY"), *self._pinned(local=True), LOOK.format(**names)]
                self._database, self._pid, self._standby, history, columns = self._execute(SQL("; ").join(begin))[0][0]
                self._table, self._history = columns is not None, frozenset(history or ())
                if columns is not None:
                    check_table(f"{schema}.{TABLE}", columns)
                return self._read()
        finally:
            if not self._connection.closed:
                self._connection.rollback()

    def _read(self) -> LedgerState:
        nothing = SQL("SELECT WHERE false")
        schema = self._session.schema
        version = books.select_version(schema) if self._table else nothing
        events = books.select_events(schema, self._history) if self._table and self._history else nothing
        rows, lines = self._execute(SQL("; ").join([version, events, SQL("COMMIT")]))
        at, dirty = rows[0] if rows else (NIL, False)
        known = [Event(**dict(zip(COLUMNS, line, strict=True))) for line in lines]
        attempt = next((e for e in known if e.seconds is None), None)
        system, timeline = self._server
        return LedgerState(
            version=None if at == NIL else at,
            dirty=dirty,
            events=tuple(e for e in known if e.seconds is not None),
            attempt=attempt if dirty else None,
            system=system,
            timeline=timeline,
        )

    def ready(self) -> None:
        info = self._connection.info
        error = refusal(info.host, info.backend_pid, self._pid, standby=self._standby)
        if error is not None:
            raise error

    @contextmanager
    def locked(self, wait: float) -> Iterator[None]:
        keys = self._keys()
        limit = time.monotonic() + wait
        with explained("cannot take the migration lock"):
            while not self._execute(try_lock(keys))[0][0][0]:
                if time.monotonic() >= limit:
                    who, mend = named(self._holders(keys))
                    raise LockedError(f"another migration has held the lock for {wait:g} s{who}", mend)
                reported = end_intruders(self._master, keys, self._entitled()) if self._master is not None else []
                self.ended += reported
                if not reported:  # otherwise at once, before they are back
                    time.sleep(_POLL)
        failing = True
        try:
            with explained("cannot set up the session for migrations"):
                self._execute(SQL("; ").join([*_RESET, *self._pinned()]))
            self._server = self._identity()
            yield
            failing = False
        finally:
            if not self._connection.closed:
                self._connection.rollback()
                held = self._execute(SQL("; ").join([*_RESET, unlock(keys)]))[0][0]
                if not all(held) and not failing:
                    raise LockedError("the migration lock was lost on the way", "see datatier migrate status")

    def _identity(self) -> tuple[str, int | None]:
        try:
            system, timeline = self._execute(IDENTITY)[0][0]
        except pg.InsufficientPrivilege:  # only for explanations
            return "", None
        return system, timeline

    def prepare(self) -> None:
        if self._table and self._history.issuperset(COLUMNS):
            return
        fix = f"GRANT USAGE, CREATE ON SCHEMA {self._session.schema} TO {self._session.role or 'this login'}"
        with explained(f"cannot create {TABLE} and {HISTORY}", fix):
            # IF NOT EXISTS would tell the client of what there is already.
            quiet = SQL("SET LOCAL client_min_messages = warning")
            create = CREATE.format(table=self._name(TABLE), history=self._name(HISTORY))
            self._execute(SQL("; ").join([SQL("BEGIN"), quiet, create, SQL("COMMIT")]))
        self._table, self._history = True, frozenset(COLUMNS)

    def mark(self, event: Event) -> None:
        self._write(*self._marking(event))
        self._marked = event

    def _marking(self, event: Event) -> list[Composable]:
        """Not flushed by itself, but by the server within three times wal_writer_delay (0.6 s).

        Whatever of the file reaches the disk comes after it in the same log: a crash that loses the mark has lost the
        file too, and leaves a clean version (PostgreSQL's documentation, Asynchronous Commit).
        """
        early = SQL("SET LOCAL synchronous_commit = off")
        return [early, *self._set_version(event.target, dirty=True), self._insert(replace(event, seconds=None))]

    def run(self, event: Event, path: str, body: bytes) -> float:
        marked, self._marked = self._marked, None
        try:
            if event.whole and marked != event:
                try:
                    return self._in_one(event, path, body)
                except RefusedError:
                    self._leave()
            if marked != event:
                self.mark(event)
            send(self._connection, path, body, whole=event.whole)
            return self._settled_after(event, path)
        except FileError:
            self._recover()
            raise

    def _in_one(self, event: Event, path: str, body: bytes) -> float:
        """Mark, run and settle a file that is one transaction, in one round trip and with one flush."""
        before = [SQL("BEGIN"), *self._marking(event), SQL("COMMIT")]
        settled = self._set_version(event.target, dirty=False)
        after = [*_RESET, *self._pinned(), *settled, self._end_line(), SQL("COMMIT")]
        with explained("cannot write the version", self._fix()):
            return float(send_whole(self._connection, path, body, self._joined(before), self._joined(after)) or 0)

    def _joined(self, parts: list[Composable]) -> Books:
        return SQL("; ").join([*parts, SQL("")]).as_bytes(self._connection), len(parts)

    def _settled_after(self, event: Event, path: str) -> float:
        """Say so after a file that had transactions of its own."""
        if self._connection.info.transaction_status is not TransactionStatus.IDLE:
            fix = "end every BEGIN of the file with COMMIT; what came after it has been rolled back"
            raise FileError("the file leaves a transaction open", fix, file=path)
        keys = self._keys()
        self._execute(SQL("; ").join([*_RESET, *self._pinned()]))
        if {holder.key for holder in self._holders(keys) if holder.own} != set(keys):
            fix = "take DISCARD ALL or pg_advisory_unlock out of it; it has run to its end"
            raise FileError("the file released the migration lock", fix, file=path)
        return float(self._write(*self._set_version(event.target, dirty=False), self._end_line())[0][0][0])

    def _recover(self) -> None:
        """Leave a failed file's transaction, and take back what it has set, so that its end can be written down."""
        self._leave()
        if not self._connection.closed:
            with suppress(psycopg.Error):
                self._execute(SQL("; ").join([*_RESET, *self._pinned()]))

    def _leave(self) -> None:
        if not self._connection.closed:
            with suppress(psycopg.Error):
                self._connection.rollback()

    def _end_line(self) -> Composed:
        return books.end_line(self._session.schema)

    def fail(self, event: Event, error: str) -> None:
        line = books.fail_line(self._session.schema, error)
        self._write(*self._set_version(event.target, dirty=True), line)

    def settle(self, version: int, *events: Event) -> None:
        self._write(*self._set_version(version, dirty=False), *map(self._insert, events))

    def position(self) -> str:
        return str(self._execute(POSITION)[0][0][0])

    def behind(self, position: str) -> tuple[str, ...]:
        # As the login: the owner of the schema has no business with statistics.
        parts = [SQL("BEGIN; SET LOCAL ROLE NONE"), BEHIND.format(position=Literal(position)), SQL("COMMIT")]
        rows = self._execute(SQL("; ").join(parts))[0]
        if any(hidden for hidden, _ in rows):
            fix = "GRANT pg_read_all_stats to it, or leave the limit on replica lag out"
            raise LedgerError("this login may not see how far the replicas are", fix)
        return tuple(name for _, name in rows)

    def _set_version(self, version: int, *, dirty: bool) -> list[Composable]:
        return books.set_version(self._session.schema, version, dirty=dirty)

    def _insert(self, event: Event) -> Composed:
        return books.add_line(self._session.schema, event, *self._server)

    def _write(self, *parts: Composable) -> list[list[Any]]:
        """One transaction, one round trip."""
        try:
            with explained("cannot write the version", self._fix()):
                return self._execute(SQL("; ").join([SQL("BEGIN"), *parts, SQL("COMMIT")]))
        finally:
            if not self._connection.closed:
                self._connection.rollback()

    def _fix(self) -> str:
        owner = self._session.role or "this login"
        return f"GRANT SELECT, INSERT, UPDATE, DELETE ON {TABLE}, {HISTORY} TO {owner}, or make {owner} their owner"

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
        # lexer.py knows no other way of reading strings, and files are UTF-8 whatever the login is set to.
        parts += [SQL(f"{{}} {setting}").format(set_) for setting in _READING]
        if not local:  # a query whose client has died must end, and the lock with it
            parts.append(SQL("SET client_connection_check_interval = '1s'"))
        if session.role is not None:
            parts.append(SQL("{} ROLE {}").format(set_, Identifier(session.role)))
        return parts

    def _keys(self) -> Keys:
        if not self._database:
            self._database = self._execute(SQL("SELECT current_database()"))[0][0][0]
        return lock_keys(self._database, self._session.schema, TABLE)

    def _holders(self, keys: Keys) -> list[Holder]:
        return [Holder(*row) for row in self._execute(query(keys, self._entitled()))[0]]

    def _entitled(self) -> Composed:
        return migrators(self._session.schema, TABLE)

    def _name(self, table: str) -> Identifier:
        return Identifier(self._session.schema, table)

    def _execute(self, statements: SQL | Composed) -> list[list[Any]]:
        """Send statements whole and return the rows of each that has any."""
        with self._connection.cursor(row_factory=tuple_row) as cursor:
            cursor.execute(statements)
            results = []
            while True:
                if cursor.description is not None:
                    results.append(cursor.fetchall())
                if not cursor.nextset():
                    return results
