"""A PostgreSQL database that is live, as an application: its baseline, its declaration, what its stacks should know."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from bootstrap import schema
from bootstrap.access_import import UnsayableError, import_database
from bootstrap.errors import AskedError
from bootstrap.postgres.change import ident
from knowledge.postgres.migration_tables import migration_tool
from scaffold.live.baseline import Baseline, baseline
from scaffold.live.facts import ServerFacts, read_facts
from scaffold.live.notes import Note

SECONDS = 60
"""How long one statement may take; reading a thousand tables takes a tenth of it."""
# Whoever reads waits for nobody, and nobody for it: catalogs are read in the mode that every SELECT takes.
_ONLY_LOOK = (
    "SET default_transaction_read_only = on; SET lock_timeout = '1s'; SET jit = off; "
    f"SET statement_timeout = '{SECONDS}s'; SET idle_in_transaction_session_timeout = '{SECONDS}s'"
)
_POLICIES = """SELECT schemaname::text, tablename::text, policyname::text, format('%I.%I', schemaname, tablename),
    quote_ident(policyname), roles::text[] FROM pg_policies"""
_OURS = "public.schema_migrations"


@dataclass(frozen=True, kw_only=True)
class LiveDatabase:
    """What was read."""

    name: str
    baseline: Baseline
    declaration: dict[str, Any]
    """Of access.yaml."""
    facts: ServerFacts
    notes: tuple[Note, ...]


def read_database(conn: psycopg.Connection[Any]) -> LiveDatabase:
    """Read all of it; nothing is written, and no lock is taken that anybody feels.

    Raise UnreadableError for a server that is too old, AskedError for a login that may not see enough.
    """
    conn.execute(_ONLY_LOOK)
    try:
        live = schema.read(conn)
        imported = import_database(conn, alone=True)
        facts = read_facts(conn)
        policies = conn.execute(_POLICIES).fetchall()
    except UnsayableError as error:
        raise AskedError(f"{error}: log in as who governs the roles, on RDS the master user") from None
    except psycopg.errors.InsufficientPrivilege as error:
        said = error.diag.message_primary or "permission denied"
        raise AskedError(
            f"{conn.info.user} may not read all of {conn.info.dbname} ({said}): log in as the master, or as a "
            f"superuser GRANT pg_read_all_settings, pg_read_all_stats TO {ident(conn.info.user)}"
        ) from None
    except (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled) as error:
        said = str(error.diag.message_primary)
        raise AskedError(f"{conn.info.dbname} was not read ({said}): somebody changes its tables; try again") from None
    _refuse_owner(str(imported.declaration["owner"]), conn.info.dbname)
    definition, books = _without_books(schema.definition_of(live))
    declaration, lost = _declaration(imported.declaration, policies)
    made = baseline(definition, facts.major, lost, _head(facts))
    notes = (
        *(Note(place="access", text=_sentence(text)) for text in imported.left_out),
        *made.notes,
        *(Note(place="migration", text=text) for text in books),
        *_left_out(live),
    )
    return LiveDatabase(name=conn.info.dbname, baseline=made, declaration=declaration, facts=facts, notes=notes)


def _refuse_owner(owner: str, database: str) -> None:
    """Raise AskedError where what is there belongs to a role of RDS's own, which no application can act as."""
    if owner.startswith("rds"):
        raise AskedError(
            f"what is in {database} belongs to {owner}, a name that RDS keeps for its own roles: give it an owner, "
            f"CREATE ROLE app_owner NOLOGIN; ALTER DATABASE {ident(database)} OWNER TO app_owner; and "
            "ALTER TABLE ... OWNER TO app_owner for each table, then run init again"
        )


def _sentence(text: str) -> str:
    return " ".join(text.split())


def _head(facts: ServerFacts) -> Iterator[str]:
    yield f"It was PostgreSQL {facts.major}" + (
        f", with the extensions {', '.join(f'{name} {version}' for name, version in sorted(facts.extensions.items()))}."
        if facts.extensions
        else "."
    )


def _without_books(found: schema.Schema) -> tuple[schema.Schema, tuple[str, ...]]:
    """The definition without what cannot stand beside our own books, and a sentence for each tool's that was found."""
    told: list[str] = []
    tables: dict[str, Any] = dict(found.get("tables", {}))
    for title, entry in found.get("tables", {}).items():
        bare = title.rpartition(".")[2].strip('"')
        if (tool := migration_tool(bare, entry.get("columns", {}))) is None:
            continue
        if title == _OURS:
            del tables[title]
            told.append(
                f"{title} is where {tool} keeps what it has applied, and datatier's own table is called so: it stays "
                f"out. Let {tool} use another name, or let it go (docs/migration-tools.md)"
            )
        else:
            told.append(
                f"{title} is where {tool} keeps what it has applied. It stays in, so that the catalogs are equal; it "
                f"is empty in a new database, where {tool} has to be told that all of this is applied already "
                "(docs/migration-tools.md)"
            )
    return ({**found, "tables": tables} if len(tables) != len(found.get("tables", {})) else found), tuple(told)


def _declaration(
    imported: Mapping[str, Any], policies: Sequence[tuple[Any, ...]]
) -> tuple[dict[str, Any], dict[str, frozenset[str]]]:
    """The declaration less the policies that are for nobody in it, and those: table -> names, as SQL has them."""
    known = {*imported.get("identities", ()), imported["owner"], "public"}
    lost: defaultdict[str, set[str]] = defaultdict(set)
    gone: set[tuple[str, str, str]] = set()
    for schema_name, table, name, table_sql, name_sql, roles in policies:
        if not known.issuperset(roles):
            lost[table_sql].add(name_sql)
            gone.add((schema_name, table, name))
    kept: list[dict[str, Any]] = []
    for entry in imported.get("policies", ()):
        where = entry.get("schema", "public"), entry["table"]
        rules = {name: rule for name, rule in entry.get("rules", {}).items() if (*where, name) not in gone}
        kept.append({**entry, "rules": rules} if rules else {k: v for k, v in entry.items() if k != "rules"})
    return {**imported, **({"policies": kept} if kept else {})}, {table: frozenset(n) for table, n in lost.items()}


_WHAT_TO_DO = {
    "invalid indexes": "a CREATE INDEX CONCURRENTLY left them when it failed: drop or REINDEX them",
    "user mappings": "they hold another server's password: CREATE USER MAPPING by hand, where the servers are",
    "subscriptions": "they hold another server's password: CREATE SUBSCRIPTION by hand, as the master",
}


def _left_out(live: schema.ServerSchema) -> Iterator[Note]:
    for kind, number in live.left_out.items():
        mend = _WHAT_TO_DO.get(kind, "docs/schema-coverage.md says why a definition does not hold them")
        yield Note(place="migration", text=f"left out: {number} {kind}; {mend}")
