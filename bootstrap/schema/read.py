"""Read a server's schema in the shape of the definition: one query for each family, letting PostgreSQL write it out.

Joined, not asked for table by table: a thousand tables are two round trips. Left out are what belongs to an extension,
the books of the migrations and what `ServerSchema.left_out` counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Identifier, Literal

from bootstrap.books import TABLE
from bootstrap.errors import BootstrapError
from bootstrap.postgres import SCHEMA
from bootstrap.schema.catalog import columns, relations, scope
from bootstrap.schema.catalog.draft import Draft, Row
from bootstrap.schema.catalog.families import FILLED, filled
from bootstrap.schema.definition import Schema

_PUBLIC = "standard public schema"
"""The comment that the schema `public` has from initdb on; pg_dump says so where it is gone."""


@dataclass(frozen=True, kw_only=True)
class ServerSchema:
    """What a server has."""

    schema: Schema
    server: int
    """Version of the server, as server_version_num has it."""
    today: date
    """On the server's clock, in UTC."""
    shipped: frozenset[str]
    """Extensions that could be installed; only those asked for are looked up."""
    left_out: dict[str, int]
    """What the schema has that a definition does not hold, by kind, with how many there are."""
    unread: str = ""
    """Where the login may not read which migration the database is at: the sentence that says so, with the grant."""


class UnreadableError(BootstrapError, ValueError):
    """No schema can be read from this server: the message says why."""


OLDEST = 15
"""The first major version that is read: pg_dump's oldest catalogs here, and the oldest that RDS keeps."""


def supported(version: int) -> None:
    """Raise UnreadableError for a server whose catalogs are too old; `version` is as server_version_num has it."""
    if version < OLDEST * 10000:
        raise UnreadableError(
            f"this server is PostgreSQL {version // 10000}, and a schema is read from PostgreSQL {OLDEST} on: "
            "restore a dump of it into a newer server and read that"
        )


def read(conn: psycopg.Connection[Any], *, extensions: Iterable[str] = ()) -> ServerSchema:
    """Read the schema that `conn` sees, as one snapshot, in two round trips.

    Within a transaction of the caller's it sees what that has done, and leaves its settings as they are. Raise
    UnreadableError for a server that is too old.
    """
    supported(conn.info.server_version)
    own = conn.info.transaction_status == TransactionStatus.IDLE
    begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" if own else "SAVEPOINT reading"
    try:
        first = [begin, scope.PIN, scope.SCHEMAS, scope.EXTENSIONS, scope.BOOKS, FILLED, scope.CLOCK]
        *_, schemas, installed, books, (there,), ((today,),) = _execute(conn, "; ".join(first))
        draft = Draft(server=conn.info.server_version)
        _place_schemas(draft, schemas)
        _place_extensions(draft, installed, schemas)
        families = filled(there)
        available = SQL("SELECT name FROM pg_available_extensions WHERE name = ANY({})")
        more = [available.format(Literal(list(extensions))).as_string(conn), _version(conn, books)]
        text = ";\n".join([*more, *(family.query for family in families)])
        ours = [oid for oid, _, extended, _ in schemas if not extended]
        text = text.replace(":schemas", _oids(ours)).replace(":books", _oids([oid for oid, _ in books]))
        shipped, version, *results = _execute(conn, text)
    finally:
        if own and not conn.closed:
            conn.rollback()
        elif not conn.closed:  # takes back the settings as well
            conn.execute("ROLLBACK TO SAVEPOINT reading; RELEASE SAVEPOINT reading")
    for family, rows in zip(families, results, strict=True):
        family.place(draft, rows)
    columns.without_columns(draft)
    columns.inherited_not_null(draft)
    relations.lay_out(draft)
    head: Schema = {"version": version[0][0]} if version else {}
    return ServerSchema(
        schema={**head, **_in_order(draft.schema)},
        server=draft.server,
        today=today,
        shipped=frozenset(name for (name,) in shipped),
        left_out=draft.left_out,
        unread=_unread(conn, books),
    )


def _unread(conn: psycopg.Connection[Any], books: Sequence[Row]) -> str:
    readable = [each for _, each in books if each is not None]  # of the table with the version alone
    if not readable or any(readable):
        return ""
    user = conn.info.user
    return (
        f"{user} may not read {SCHEMA}.{TABLE}, which says at which migration the database is: "
        f"GRANT SELECT ON {SCHEMA}.{TABLE} TO {Identifier(user).as_string(conn)}"
    )


def _version(conn: psycopg.Connection[Any], books: Sequence[Row]) -> str:
    if not any(readable for _, readable in books):
        return "SELECT WHERE false"
    return SQL("SELECT version FROM {} WHERE NOT dirty").format(Identifier(SCHEMA, TABLE)).as_string(conn)


def _place_schemas(draft: Draft, rows: Sequence[Row]) -> None:
    for oid, name, extended, comment in rows:
        if extended or (name == "public" and comment == _PUBLIC):
            continue
        told = comment if comment is not None or name != "public" else ""
        draft.add("schema", name, {} if told is None else {"comment": told}, ("pg_namespace", oid))


def _place_extensions(draft: Draft, rows: Sequence[Row], schemas: Sequence[Row]) -> None:
    own = {oid for oid, _, extended, _ in schemas if extended}
    for _, name, schema, schema_oid in rows:
        entry: Any = {} if schema_oid in own else {"schema": schema}
        draft.schema.setdefault("extensions", {})[name] = entry


def _in_order(schema: Schema) -> Schema:
    """The kinds in the order in which the file has them, each sorted by name."""
    found: Any = schema
    made: Any = {kind: found[kind] for kind in Schema.__annotations__ if found.get(kind)}
    for kind in ("types", "functions"):
        if kind in made:
            made[kind] = dict(sorted(made[kind].items()))
    return made  # type: ignore[no-any-return]  # the families give it this shape; a test dumps and loads it


def _oids(oids: list[int]) -> str:
    return f"'{{{','.join(map(str, oids))}}}'::oid[]"


def _execute(conn: psycopg.Connection[Any], query: str) -> list[list[Row]]:
    """Send statements whole and return the rows of each that has any."""
    with conn.cursor(row_factory=tuple_row) as cursor:
        cursor.execute(query.encode())
        results = []
        while True:
            if cursor.description is not None:
                results.append(cursor.fetchall())
            if not cursor.nextset():
                return results
