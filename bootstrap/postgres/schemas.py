"""Schemas: those that are declared and missing, and whether migrators may make others. Pure.

Tools send CREATE SCHEMA IF NOT EXISTS, for which PostgreSQL asks for CREATE on the database even where the schema is
there (CreateSchemaCommand looks at the privilege first). A database's owner has it without a grant, until it is revoked
from it; the master has it as the owner's member, and needs it of its own once the owner has it no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bootstrap.action import Action
from bootstrap.postgres.change import ident, statement
from bootstrap.postgres.desired import Desired
from bootstrap.postgres.grants import takes_over
from bootstrap.postgres.live import Live, LiveObject


def creation(wanted: Desired, live: Live) -> Iterator[Action]:
    """Return what gives the owner CREATE on the database, or takes it."""
    if not wanted.migrated:
        return
    owns = live.database.owner == wanted.owner or takes_over(wanted, live)
    should = owns if wanted.makes_schemas is None else wanted.makes_schemas
    # A new owner of the database has what the old one had (aclnewowner).
    has = live.owner_creates or takes_over(wanted, live)
    on, subject = f"CREATE ON DATABASE {live.database.sql}", f"CREATE on database {live.database.name}"
    if should and not has:
        yield statement("grant", f"{subject} to {wanted.owner}", f"GRANT {on} TO {ident(wanted.owner)}")
    if not should and has:
        if owns and "CREATE" not in live.database.privileges.get(live.user, ()) and live.user != wanted.owner:
            yield statement("grant", f"{subject} to {live.user}", f"GRANT {on} TO {ident(live.user)}")
        revoke = f"REVOKE {on} FROM {ident(wanted.owner)}"
        yield statement("revoke", f"{subject} from {wanted.owner}", revoke, takes_away=True)


def missing(wanted: Desired, live: Live) -> tuple[str, ...]:
    """Return the declared schemas that shall be made."""
    there = {item.schema for item in live.objects if item.kind == "schema"}
    return tuple(schema for schema in wanted.schemas if schema not in there) if wanted.missing_schemas else ()


def made(wanted: Desired, schemas: tuple[str, ...]) -> Iterator[Action]:
    """Return what makes them, the owner's."""
    for schema in schemas:
        sql = f"CREATE SCHEMA {ident(schema)} AUTHORIZATION {ident(wanted.owner)}"
        yield statement("create", f"schema {schema}", sql)


def with_made(wanted: Desired, live: Live, schemas: tuple[str, ...]) -> Live:
    """Return the server as it is once they are made."""
    new = (
        LiveObject(kind="schema", name=schema, sql=ident(schema), owner=wanted.owner, privileges={}, schema=schema)
        for schema in schemas
    )
    return replace(live, objects=(*live.objects, *new)) if schemas else live
