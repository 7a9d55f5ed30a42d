"""Read a server's schema in the shape of the definition: one query for each family, letting PostgreSQL write it out.

Joined, not asked for table by table: a thousand tables are two round trips. Left out are what belongs to an extension,
the books of the migrations and what `ServerSchema.left_out` counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Identifier, Literal

from bootstrap.migrate.books import TABLE
from bootstrap.postgres.desired import SCHEMA
from bootstrap.schema.catalog import (
    columns,
    comments,
    constraints,
    functions,
    hangings,
    indexes,
    left_out,
    needs,
    objects,
    operators,
    relations,
    scope,
    search,
    sequences,
    types,
)
from bootstrap.schema.catalog.draft import Draft, Row
from bootstrap.schema.definition import Schema

Place = Callable[[Draft, Sequence[Row]], None]

_made = objects.objects
_FAMILIES: tuple[tuple[str, Place], ...] = (
    (types.TYPES, types.types),
    (types.LABELS, types.labels),
    (types.DOMAINS, types.domains),
    (types.RANGES, types.ranges),
    (types.BASES, types.bases),
    (relations.RELATIONS, relations.relations),
    (relations.INHERITED, relations.inherited),
    (columns.COLUMNS, columns.columns),
    (sequences.SEQUENCES, sequences.sequences),
    (constraints.CONSTRAINTS, constraints.constraints),
    (indexes.INDEXES, indexes.indexes),
    (indexes.STATISTICS, indexes.statistics),
    (hangings.TRIGGERS, hangings.triggers),
    (hangings.RULES, hangings.rules),
    (hangings.VIEW_RULES, hangings.view_rules),
    (hangings.POLICIES, hangings.policies),
    (functions.FUNCTIONS, functions.functions),
    (functions.AGGREGATES, functions.aggregates),
    (objects.COLLATIONS, _made("collation", "pg_collation")),
    (objects.LANGUAGES, _made("language", "pg_language")),
    (objects.TRANSFORMS, _made("transform", "pg_transform")),
    (objects.ACCESS_METHODS, _made("access method", "pg_am")),
    (operators.OPERATORS, _made("operator", "pg_operator")),
    (operators.FAMILIES, _made("operator family", "pg_opfamily")),
    (operators.CLASSES, _made("operator class", "pg_opclass")),
    (operators.MEMBERS, operators.members),
    (operators.CASTS, _made("cast", "pg_cast")),
    (objects.CONVERSIONS, _made("conversion", "pg_conversion")),
    (search.PARSERS, _made("text search parser", "pg_ts_parser")),
    (search.TEMPLATES, _made("text search template", "pg_ts_template")),
    (search.DICTIONARIES, _made("text search dictionary", "pg_ts_dict")),
    (search.CONFIGURATIONS, _made("text search configuration", "pg_ts_config")),
    (objects.WRAPPERS, _made("foreign data wrapper", "pg_foreign_data_wrapper")),
    (objects.SERVERS, _made("server", "pg_foreign_server")),
    (objects.STATISTICS, _made("statistics", "pg_statistic_ext")),
    (objects.PUBLICATIONS, _made("publication", "pg_publication")),
    (objects.EVENT_TRIGGERS, _made("event trigger", "pg_event_trigger")),
    (comments.COMMENTS, comments.comments),
    (needs.EXTENDED, needs.extended),
    (types.ALIASES, types.aliases),
    (needs.DEPENDENCIES, needs.needs),
    (left_out.LEFT_OUT, left_out.left_out),
)
"""In an order in which each finds what it hangs on."""

_PUBLIC = "standard public schema"
"""The comment that the schema `public` has from initdb on; pg_dump says so where it is gone."""

_NOT_NULL = 180000
"""From this version on NOT NULL is a constraint in pg_constraint."""


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


def read(conn: psycopg.Connection[Any], *, extensions: Iterable[str] = ()) -> ServerSchema:
    """Read the schema that `conn` sees, as one snapshot, in two round trips.

    Within a transaction of the caller's it sees what that has done, and leaves its settings changed until it ends.
    """
    own = conn.info.transaction_status == TransactionStatus.IDLE
    begin = ["BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"] if own else []
    try:
        first = [*begin, scope.PIN, scope.SCHEMAS, scope.EXTENSIONS, scope.BOOKS, scope.CLOCK]
        *_, schemas, installed, books, ((today,),) = _execute(conn, "; ".join(first))
        shipped, version, draft = _families(conn, schemas, installed, books, extensions)
    finally:
        if own and not conn.closed:
            conn.rollback()
    head: Schema = {"version": version[0][0]} if version else {}
    return ServerSchema(
        schema={**head, **_in_order(draft.schema)},
        server=conn.info.server_version,
        today=today,
        shipped=frozenset(name for (name,) in shipped),
        left_out=draft.left_out,
    )


def _families(
    conn: psycopg.Connection[Any],
    schemas: Sequence[Row],
    installed: Sequence[Row],
    books: Sequence[Row],
    extensions: Iterable[str],
) -> tuple[list[Row], list[Row], Draft]:
    draft = Draft(server=conn.info.server_version)
    _place_schemas(draft, schemas)
    _place_extensions(draft, installed, schemas)
    families = list(_FAMILIES)
    if draft.server >= _NOT_NULL:
        after = next(number for number, (query, _) in enumerate(families) if query == columns.COLUMNS)
        families.insert(after + 1, (columns.NOT_NULL, columns.not_null))
    ours = [oid for oid, _, extended, _ in schemas if not extended]
    names = {":schemas": _oids(ours), ":books": _oids([oid for oid, _ in books])}
    available = SQL("SELECT name FROM pg_available_extensions WHERE name = ANY({})").format(Literal(list(extensions)))
    version_of = SQL("SELECT version FROM {} WHERE NOT dirty").format(Identifier(SCHEMA, TABLE))
    if not any(mine for _, mine in books):
        version_of = SQL("SELECT WHERE false").format()
    more = [each.as_string(conn) for each in (available, version_of)]
    text = ";\n".join([*more, *(query for query, _ in families)])
    for name, value in names.items():
        text = text.replace(name, value)
    shipped, version, *results = _execute(conn, text)
    for (_, place), rows in zip(families, results, strict=True):
        place(draft, rows)
    columns.without_columns(draft)
    columns.inherited_not_null(draft)
    relations.lay_out(draft)
    return shipped, version, draft


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
