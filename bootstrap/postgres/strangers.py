"""What differs from the declaration but is not ours to change, each with what mends it. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from bootstrap.access.postgres import EVERY, Kind
from bootstrap.postgres.change import comma, ident
from bootstrap.postgres.desired import PUBLIC, Desired, Given
from bootstrap.postgres.grants import KEYWORD, governed
from bootstrap.postgres.live import Live, LiveObject
from bootstrap.postgres.memberships import leave, undeclared
from bootstrap.postgres.policies import taken
from bootstrap.postgres.removal import undeclared_roles


def strangers(wanted: Desired, live: Live) -> tuple[str, ...]:
    """Return one sentence for each."""
    if "strangers" in wanted.keep:
        return (*_missing(wanted, live), *taken(wanted, live))
    return (
        *(
            [f"database {live.database.name} is in {live.encoding}; copy it into one made with ENCODING 'UTF8'"]
            if live.encoding != "UTF8"
            else []
        ),
        *(
            f"role {name} is marked as managed but no longer declared; drop it when nothing of it is left"
            for name in undeclared_roles(wanted, live)
        ),
        *(
            f"role {role.name} has {comma(excess)}, which only a superuser can take away"
            for role in live.roles.values()
            if role.name in wanted.managed
            and (excess := sorted({"SUPERUSER", "REPLICATION", "BYPASSRLS"} & set(role.excess)))
        ),
        *(
            f"role {row.member} is a member of {row.role}, which only {row.grantor} can end: REVOKE {leave(row, live)}"
            for row in undeclared(wanted, live)
            if not row.revocable
        ),
        *(_foreign(wanted, item) for item in live.objects if not governed(wanted, item)),
        *(sentence for item in live.objects if governed(wanted, item) for sentence in _handed(wanted, live, item)),
        *_missing(wanted, live),
        *taken(wanted, live),
    )


def _foreign(wanted: Desired, item: LiveObject) -> str:
    return (
        f"{item.kind} {item.sql} belongs to {item.owner}, so its privileges are left alone; as {item.owner}: "
        f"ALTER {KEYWORD[item.kind]} {item.sql} OWNER TO {ident(wanted.owner)}"
    )


def _handed(wanted: Desired, live: Live, item: LiveObject) -> Iterator[str]:
    """Privileges that another than the owner granted, and those that may be granted on."""
    on = f"{KEYWORD[item.kind]} {item.sql}"
    for (grantor, grantee), privileges in item.foreign.items():
        excess = privileges - wanted.acl(item.kind, item.schema, item.key, walled=item.walled).get(grantee, frozenset())
        if grantee in wanted.grantees and excess and grantor not in live.becomes:
            who = PUBLIC if grantee == PUBLIC else ident(grantee)
            what = comma(sorted(excess))
            yield f"{grantor} granted {grantee} {what} on {item.sql}; as {grantor}: REVOKE {what} ON {on} FROM {who}"
    for grantee, privileges in item.grantable.items():
        if grantee in wanted.grantees:
            what = comma(sorted(privileges))
            revoke = f"REVOKE GRANT OPTION FOR {what} ON {on} FROM {ident(grantee)} CASCADE"
            yield f"{grantee} may hand on {what} on {item.sql}: {revoke}"


def _missing(wanted: Desired, live: Live) -> Iterator[str]:
    """Declared but not there (yet): the roles come before the schema."""
    known = {(item.kind, item.schema, item.key) for item in live.objects}
    there = {item.schema for item in live.objects}
    for schema in wanted.schemas:
        if schema not in there:
            make = f"CREATE SCHEMA {ident(schema)} AUTHORIZATION {ident(wanted.owner)}"
            yield f"schemas: schema {schema} does not exist yet; a migration makes it: {make}"
    for given in wanted.given:
        if given.grant.schema_name in there:
            yield from _unknown(given, known, live)
        if "MAINTAIN" in given.privileges and live.version < 170000:
            yield f"{given.path}.privileges: maintain exists from PostgreSQL 17; this server is {live.version // 10000}"


def _unknown(given: Given, known: set[tuple[Kind, str, str]], live: Live) -> Iterator[str]:
    grant = given.grant
    for name in grant.objects:
        if name == EVERY:
            continue
        where = f"{given.path}.{grant.kind}s"
        if (grant.kind, grant.schema_name, name) not in known:
            there = [key for kind, schema, key in known if (kind, schema) == (grant.kind, grant.schema_name)]
            near = next(iter(difflib.get_close_matches(name, there, n=1)), None)
            hint = f" (nearest: `{near}`)" if near else ""
            yield f"{where}: {grant.kind} {grant.schema_name}.{name} does not exist yet{hint}"
        else:
            columns = live.columns.get((grant.schema_name, name), {})
            for column in grant.columns:
                if column not in columns:
                    near = next(iter(difflib.get_close_matches(column, list(columns), n=1)), None)
                    hint = f" (nearest: `{near}`)" if near else ""
                    yield f"{given.path}.columns: {grant.schema_name}.{name} has no column {column} yet{hint}"
