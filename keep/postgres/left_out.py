"""What of a database is not in pg_dump's archive, or is in it and not proved row by row: a sentence for each kind.

Nothing here is a fault. It is what somebody must know who has nothing but the copy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import tuple_row

_SHOWN = 5
_OURS = """n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')"""
_NAMED = "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"


@dataclass(frozen=True, kw_only=True)
class _Kind:
    names: str
    """Query for what there is of it."""
    sentence: str
    """With `{names}`."""


# In a copy that is restored on its own; pg_dump's page says of each what it does.
LEFT_OUT = (
    _Kind(
        names="SELECT quote_ident(subname) FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid"
        " WHERE d.datname = current_database()",
        sentence="subscription {names}: a copy must not draw from its source's publisher; CREATE SUBSCRIPTION makes it",
    ),
    _Kind(
        names=f"{_NAMED} WHERE c.relkind = 'f' AND {_OURS}",
        sentence="the rows of foreign table {names}, which are on another server",
    ),
    _Kind(
        names="""SELECT format('%I at %I', coalesce(nullif(usename, ''), 'public'), srvname) FROM pg_user_mappings
                 WHERE umoptions IS NULL""",
        sentence="the options of user mapping {names}, which only its user and a superuser see",
    ),
    _Kind(
        names=f"""SELECT DISTINCT quote_ident(t.spcname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                  JOIN pg_tablespace t ON t.oid = c.reltablespace WHERE t.spcname !~ '^pg_' AND {_OURS}""",  # noqa: S608
        sentence="tablespace {names}, which the copy's tables name: where it is missing they lie in the default one",
    ),
    _Kind(
        names=f"""{_NAMED} JOIN pg_index i ON i.indexrelid = c.oid WHERE NOT i.indisvalid AND c.relkind = 'i'
                  AND {_OURS}""",
        sentence="index {names}, which is invalid: CREATE INDEX CONCURRENTLY has failed, drop it",
    ),
    _Kind(
        names=f"""{_NAMED} JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
                  JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid
                  WHERE c.relkind = 'r' AND NOT c.oid = ANY(coalesce(e.extconfig, '{{}}'))
                    AND pg_relation_size(c.oid) > 0""",
        sentence="the rows of {names}, which belongs to an extension that does not have them dumped",
    ),
    _Kind(
        names=f"{_NAMED} WHERE c.relpersistence = 'u' AND c.relkind = 'r' AND pg_is_in_recovery() AND {_OURS}",
        sentence="the rows of unlogged table {names}, which a standby does not have",
    ),
    _Kind(
        names=f"{_NAMED} WHERE c.relpersistence = 'u' AND c.relkind = 'S' AND pg_is_in_recovery() AND {_OURS}",
        sentence="where unlogged sequence {names} is, which a standby does not know: it begins anew",
    ),
)
UNPROVED = (
    _Kind(
        names=f"{_NAMED} WHERE c.relkind = 'm' AND c.relispopulated AND {_OURS}",
        sentence="materialized view {names}: a restore computes it from the tables",
    ),
    _Kind(
        names=f"{_NAMED} JOIN pg_extension e ON c.oid = ANY(e.extconfig) WHERE c.relkind IN ('r', 'p')",
        sentence="configuration table {names} of an extension, of which the dump has what was added to it",
    ),
)
SECRETS = _Kind(
    names="""SELECT format('%I at %I', coalesce(nullif(usename, ''), 'public'), srvname) FROM pg_user_mappings
             WHERE umoptions::text ~* 'password'""",
    sentence="the archive holds the password of user mapping {names} in clear: keep it as you keep that",
)
ALWAYS = (
    "roles, their memberships, settings and passwords, which are the server's: `datatier access apply` makes those "
    "that are declared, with new passwords",
)


def left_out(conn: psycopg.Connection[Any]) -> tuple[str, ...]:
    """Return what of the database is not in the archive of pg_dump."""
    return (*_said(conn, LEFT_OUT), *ALWAYS)


def unproved(conn: psycopg.Connection[Any]) -> tuple[str, ...]:
    """Return what is in the archive and not in the proof."""
    return _said(conn, UNPROVED)


def warnings(conn: psycopg.Connection[Any]) -> tuple[str, ...]:
    """Return what whoever keeps the archive must know."""
    return _said(conn, (SECRETS,))


def _said(conn: psycopg.Connection[Any], kinds: tuple[_Kind, ...]) -> tuple[str, ...]:
    said: list[str] = []
    with conn.cursor(row_factory=tuple_row) as cursor:
        for kind in kinds:
            if names := sorted(row[0] for row in cursor.execute(kind.names.encode())):
                more = f" and {len(names) - _SHOWN} more" if names[_SHOWN:] else ""
                said.append(kind.sentence.format(names=", ".join(names[:_SHOWN]) + more))
    return tuple(said)
