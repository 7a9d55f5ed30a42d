"""The SQL of the books: golang-migrate's one row, and our history."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import MISSING, fields

from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from bootstrap.books import HISTORY, TABLE
from bootstrap.migrate.ledger import NIL, Event

# The events' fields are the history's columns.
COLUMNS = tuple(f.name for f in fields(Event))

LOOK = SQL("""
SELECT current_database(), pg_backend_pid(), pg_is_in_recovery(),
       (SELECT array_agg(attname::text) FROM pg_attribute
         WHERE attrelid = to_regclass({history}) AND attnum > 0 AND NOT attisdropped),
       (SELECT json_object_agg(attname, format_type(atttypid, atttypmod)) FROM pg_attribute
         WHERE attrelid = to_regclass({table}) AND attnum > 0 AND NOT attisdropped)
""")

# Kept apart from schema_migrations because golang-migrate truncates that at every step.
CREATE = SQL("""
CREATE TABLE IF NOT EXISTS {table} (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL);
CREATE TABLE IF NOT EXISTS {history} (
    id         bigint           GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind       text             NOT NULL CHECK (kind IN ('up', 'down', 'force', 'adopt')),
    version    bigint           NOT NULL,
    before     bigint           NOT NULL,
    checksum   text             NOT NULL,
    seconds    double precision,
    who        text             NOT NULL DEFAULT session_user,
    at         timestamptz      NOT NULL DEFAULT clock_timestamp(),
    tool       text             NOT NULL
);
ALTER TABLE {history}
    ALTER COLUMN seconds DROP NOT NULL,
    ADD COLUMN IF NOT EXISTS whole    boolean NOT NULL DEFAULT false,
    ADD COLUMN IF NOT EXISTS error    text    NOT NULL DEFAULT '',
    ADD COLUMN IF NOT EXISTS system   text    NOT NULL DEFAULT '',
    ADD COLUMN IF NOT EXISTS timeline integer;
COMMENT ON TABLE {history} IS 'What datatier migrate did, in order; schema_migrations says where that led';
COMMENT ON COLUMN {history}.seconds IS 'NULL: it did not reach its end'
""")


def set_version(schema: str, version: int, *, dirty: bool) -> list[Composable]:
    """As golang-migrate leaves it: one row, or none for no version and clean.

    DELETE where it says TRUNCATE: no file to make and unlink, and readers need not wait.
    """
    table = Identifier(schema, TABLE)
    parts: list[Composable] = [SQL("DELETE FROM {}").format(table)]
    if version != NIL or dirty:
        insert = SQL("INSERT INTO {} (version, dirty) VALUES ({}, {})")
        parts.append(insert.format(table, Literal(version), Literal(dirty)))
    return parts


def add_line(schema: str, e: Event, system: str, timeline: int | None) -> Composed:
    """An event at the end of the history."""
    names = ("kind", "version", "before", "checksum", "seconds", "whole", "error", "tool", "system", "timeline")
    values = (e.kind, e.version, e.before, e.checksum, e.seconds, e.whole, e.error, e.tool, system, timeline)
    return SQL("INSERT INTO {} ({}) VALUES ({})").format(
        Identifier(schema, HISTORY), SQL(", ").join(map(Identifier, names)), SQL(", ").join(map(Literal, values))
    )


# The lock is held, so that the attempt is the last line that there is.
_ATTEMPT = SQL("id = (SELECT max(id) FROM {})")


def end_line(schema: str) -> Composed:
    """The attempt has reached its end."""
    table = Identifier(schema, HISTORY)
    end = SQL("UPDATE {} SET seconds = extract(epoch FROM clock_timestamp() - at) WHERE {} RETURNING seconds")
    return end.format(table, _ATTEMPT.format(table))


def fail_line(schema: str, error: str) -> Composed:
    """The attempt has failed."""
    table = Identifier(schema, HISTORY)
    return SQL("UPDATE {} SET error = {} WHERE {}").format(table, Literal(error), _ATTEMPT.format(table))


def select_version(schema: str) -> Composed:
    """Query for the one row."""
    return SQL("SELECT version, dirty FROM {} LIMIT 1").format(Identifier(schema, TABLE))


def select_events(schema: str, there: Collection[str]) -> Composed:
    """Query for what reached its end, and for the attempt that wrote the version as it is; `there` are the columns.

    One transaction writes both, so that their xmin is the same until somebody else writes the version.
    """
    defaults = {f.name: Literal(f.default) for f in fields(Event) if f.default is not MISSING}
    columns = [Identifier(c) if c in there else defaults[c] for c in COLUMNS]
    return SQL(
        "SELECT {} FROM {} h WHERE seconds IS NOT NULL OR xmin = (SELECT xmin FROM {} LIMIT 1) ORDER BY id"
    ).format(SQL(", ").join(columns), Identifier(schema, HISTORY), Identifier(schema, TABLE))
