"""The one table, view or sequence that a name means, whichever way it is written."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from observe.errors import QuestionError
from observe.postgres.relations import NAMED

if TYPE_CHECKING:
    import psycopg

# Written plainly (`shop.Order Items`, `orders`) or as SQL quotes it. Not by regclass, which fails on an odd name, and
# folds what is not quoted.
_NAMED = NAMED.replace("%", "%%")
_RELATIONS = f"""
SELECT c.oid::bigint, {_NAMED}, c.relkind, pg_table_is_visible(c.oid),
       %(name)s::text IN (c.relname::text, quote_ident(c.relname), n.nspname || '.' || c.relname, {_NAMED}) AS meant
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'm', 'v', 'f', 'S') AND n.nspname !~ '^pg_(toast|temp|toast_temp)'
 ORDER BY 2
"""
_KINDS = {
    "r": "table",
    "p": "partitioned table",
    "m": "materialized view",
    "v": "view",
    "f": "foreign table",
    "S": "sequence",
}


@dataclass(frozen=True, kw_only=True)
class Relation:
    """A relation of the connected database."""

    oid: int
    name: str
    """With its schema, as a statement names it."""
    kind: str
    """`table`, `partitioned table`, `view`, ..."""


def find(conn: psycopg.Connection[Any], name: str) -> Relation:
    """The relation of that name; where several schemas have one, the one that the search path finds.

    Raise QuestionError, with near names.
    """
    rows = conn.execute(_RELATIONS.encode(), {"name": name}).fetchall()
    meant = [row for row in rows if row[4]]
    visible = [row for row in meant if row[3]]
    for found in (meant, visible):
        if len(found) == 1:
            ((oid, named, kind, *_),) = found
            return Relation(oid=oid, name=named, kind=_KINDS[kind])
    if meant:
        raise QuestionError(f"`{name}` is in several schemas: {', '.join(row[1] for row in meant)}. Name one.")
    ours = [str(row[1]) for row in rows if not row[1].startswith(("pg_catalog.", "information_schema."))]
    by_text = {text: each for each in ours for text in (each.partition(".")[2], each)}
    near = dict.fromkeys(by_text[text] for text in get_close_matches(name, by_text, n=3))
    hint = f" Did you mean {', '.join(near)}?" if near else ""
    raise QuestionError(f"no table `{name}` in the database {conn.info.dbname}.{hint}")
