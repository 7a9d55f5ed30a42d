"""The differences between what is declared and what the server has, in the order in which they can be applied. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Literal

from bootstrap.postgres.change import Change, comma, ident, literal
from bootstrap.postgres.desired import PUBLIC, SCHEMA, Desired, Kind, Membership, Privileges, Role
from bootstrap.postgres.live import MARK, Live, LiveMembership, LiveRole

_DEFAULT_KINDS: dict[str, tuple[Kind, str]] = {
    "r": ("table", "TABLES"),
    "S": ("sequence", "SEQUENCES"),
    "f": ("function", "FUNCTIONS"),
}
# In the order SQL books print them, so that a plan reads well.
_ROW = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN")
_ORDER = (*_ROW, "USAGE", "EXECUTE", "CONNECT", "TEMPORARY", "CREATE")
KEYWORD = {
    "table": "TABLE",
    "partition": "TABLE",
    "sequence": "SEQUENCE",
    "function": "ROUTINE",
    "schema": "SCHEMA",
    "database": "DATABASE",
}


def plan(wanted: Desired, live: Live) -> tuple[Change, ...]:
    """Return the changes that make `live` as `wanted`; none when it is."""
    return (
        *_roles(wanted, live),
        *_membership(Membership(role=wanted.owner, member=live.user), live),
        *_ownership(wanted, live),
        *(change for member in wanted.memberships for change in _membership(member, live)),
        *_strays(wanted, live),
        *_grants(wanted, live),
        *_defaults(wanted, live),
    )


def _roles(wanted: Desired, live: Live) -> Iterator[Change]:
    for role in wanted.roles:
        subject = f"role {role.name}"
        has = live.roles.get(role.name)
        if has is None:
            kind = f"LOGIN CONNECTION LIMIT {role.connection_limit}" if role.login else "NOLOGIN"
            yield Change(action="create", subject=subject, sql=f"CREATE ROLE {ident(role.name)} {kind}")
            if not role.login and role.connection_limit != -1:
                yield _alter(role.name, f"CONNECTION LIMIT {role.connection_limit}")
        else:
            yield from _attributes(role, has)
        if has is None or has.mark != MARK:
            comment = f"COMMENT ON ROLE {ident(role.name)} IS {literal(MARK)}"
            yield Change(action="mark", subject=subject, sql=comment)
        yield from _settings(role, has)


def _attributes(role: Role, has: LiveRole) -> Iterator[Change]:
    if has.login != role.login:
        yield _alter(role.name, "LOGIN" if role.login else "NOLOGIN", takes_away=not role.login)
    if has.connection_limit != role.connection_limit:
        yield _alter(role.name, f"CONNECTION LIMIT {role.connection_limit}")
    # SUPERUSER, REPLICATION and BYPASSRLS need a superuser to take away: see `strangers`.
    for attribute in sorted({"CREATEDB", "CREATEROLE"} & set(has.excess)):
        yield _alter(role.name, f"NO{attribute}", takes_away=True)


def _alter(name: str, what: str, *, takes_away: bool = False) -> Change:
    return Change(action="alter", subject=f"role {name}", sql=f"ALTER ROLE {ident(name)} {what}", takes_away=takes_away)


def _settings(role: Role, has: LiveRole | None) -> Iterator[Change]:
    live = has.settings if has else {}
    for key, value in role.settings:
        if live.get(key) != value:
            sql = f"ALTER ROLE {ident(role.name)} SET {ident(key)} = {literal(value)}"
            yield Change(action="set", subject=f"role {role.name}", sql=sql)
    for key in sorted(set(live) - {key for key, _ in role.settings}):
        yield Change(
            action="reset", subject=f"role {role.name}", sql=f"ALTER ROLE {ident(role.name)} RESET {ident(key)}"
        )


def _membership(wanted: Membership, live: Live) -> Iterator[Change]:
    rows = [m for m in live.memberships if (m.role, m.member) == (wanted.role, wanted.member)]
    subject = f"member {wanted.member} of {wanted.role}"
    # Row of the creator's automatic membership: ADMIN only, made by the bootstrap superuser, not ours to change.
    if not any(row.inherit and row.set for row in rows):
        # All three are written, for whatever is left out keeps its value or falls back to a default (PG 16).
        options = " WITH ADMIN FALSE, INHERIT TRUE, SET TRUE" if live.version >= 160000 else ""
        sql = f"GRANT {ident(wanted.role)} TO {ident(wanted.member)}{options}"
        yield Change(action="join", subject=subject, sql=sql)
    for row in rows:
        if row.admin and row.revocable and wanted.member != live.user:
            sql = f"REVOKE ADMIN OPTION FOR {leave(row, live)}"
            yield Change(action="leave", subject=subject, sql=sql, takes_away=True)


def _strays(wanted: Desired, live: Live) -> Iterator[Change]:
    for row in undeclared(wanted, live):
        if row.revocable:
            yield Change(
                action="leave",
                subject=f"member {row.member} of {row.role}",
                sql=f"REVOKE {leave(row, live)}",
                takes_away=True,
            )


def undeclared(wanted: Desired, live: Live) -> Iterator[LiveMembership]:
    """Memberships of our roles that nobody declared."""
    declared = {(m.role, m.member) for m in wanted.memberships}
    for row in live.memberships:
        if row.member in wanted.managed and (row.role, row.member) not in declared:
            yield row


def leave(row: LiveMembership, live: Live) -> str:
    # Without the grantor PostgreSQL 16 looks for a grant of our own and merely warns that there is none.
    by = f" GRANTED BY {ident(row.grantor)}" if live.version >= 160000 and row.grantor else ""
    return f"{ident(row.role)} FROM {ident(row.member)}{by}"


def _ownership(wanted: Desired, live: Live) -> Iterator[Change]:
    if live.database.owner != wanted.owner:
        sql = f"ALTER DATABASE {live.database.sql} OWNER TO {ident(wanted.owner)}"
        yield Change(action="own", subject=f"database {live.database.name}", sql=sql)


def _grants(wanted: Desired, live: Live) -> Iterator[Change]:
    give: defaultdict[tuple[Kind, str, Privileges], list[str]] = defaultdict(list)
    take: defaultdict[tuple[Kind, str, Privileges], list[str]] = defaultdict(list)
    for item in (live.database, *live.objects):
        if item.kind in {"database", "schema"} or item.owner == wanted.owner:
            for grantee, should, does in _compared(wanted, item.kind, item.name, item.privileges):
                if should - does:
                    give[item.kind, grantee, should - does].append(item.sql)
                if does - should:
                    take[item.kind, grantee, does - should].append(item.sql)
    for on, objects in take.items():
        yield _grant("REVOKE", on, objects)
    for on, objects in give.items():
        yield _grant("GRANT", on, objects)


def _compared(
    wanted: Desired, kind: Kind, name: str, has: Mapping[str, Privileges]
) -> Iterator[tuple[str, Privileges, Privileges]]:
    for grantee in wanted.grantees:
        yield grantee, wanted.privileges(kind, grantee, name), has.get(grantee, frozenset())


def _grant(verb: Literal["GRANT", "REVOKE"], on: tuple[Kind, str, Privileges], objects: list[str]) -> Change:
    kind, grantee, privileges = on
    to = "TO" if verb == "GRANT" else "FROM"
    what = comma(sorted(privileges, key=_ORDER.index))
    many = f"{len(objects)} {kind}s" if len(objects) > 1 else f"{kind} {objects[0]}"
    return Change(
        action="grant" if verb == "GRANT" else "revoke",
        subject=f"{what} on {many} {to.lower()} {grantee}",
        sql=f"{verb} {what} ON {KEYWORD[kind]} {comma(objects)} {to} {_grantee(grantee)}",
        takes_away=verb == "REVOKE",
    )


def _grantee(name: str) -> str:
    return PUBLIC if name == PUBLIC else ident(name)


def _defaults(wanted: Desired, live: Live) -> Iterator[Change]:
    """What shall hold for objects that the owner makes later."""
    # EXECUTE is PUBLIC's by a hard-wired rule that only a global entry replaces; entries IN SCHEMA can only add.
    functions = live.defaults.get(("", "f"), {PUBLIC: frozenset({"EXECUTE"})})
    if functions.get(PUBLIC):
        yield _default(wanted.owner, "", "REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC")
    for letter, (kind, plural) in _DEFAULT_KINDS.items():
        has = live.defaults.get((SCHEMA, letter), {})
        for grantee, should, does in _compared(wanted, kind, "", has):
            if does - should:
                what = comma(sorted(does - should, key=_ORDER.index))
                yield _default(wanted.owner, SCHEMA, f"REVOKE {what} ON {plural} FROM {_grantee(grantee)}")
            if should - does:
                what = comma(sorted(should - does, key=_ORDER.index))
                yield _default(wanted.owner, SCHEMA, f"GRANT {what} ON {plural} TO {_grantee(grantee)}")


def _default(owner: str, schema: str, what: str) -> Change:
    where = f" IN SCHEMA {ident(schema)}" if schema else ""
    return Change(
        action="default",
        subject=f"objects {owner} will make",
        sql=f"ALTER DEFAULT PRIVILEGES FOR ROLE {ident(owner)}{where} {what}",
        takes_away=what.startswith("REVOKE"),
    )
