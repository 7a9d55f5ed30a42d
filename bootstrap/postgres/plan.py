"""The differences between what is declared and what the server has, in the order in which they can be applied. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from bootstrap.postgres.change import Change, ident, literal, setting
from bootstrap.postgres.desired import Desired, Membership, Role
from bootstrap.postgres.grants import defaults, grants
from bootstrap.postgres.live import MARK, Live, LiveRole
from bootstrap.postgres.memberships import membership, strays
from bootstrap.postgres.policies import policies


def plan(wanted: Desired, live: Live) -> tuple[Change, ...]:
    """Return the changes that make `live` as `wanted`; none when it is."""
    return (
        *_roles(wanted, live),
        *_mastery(wanted, live),
        *_ownership(wanted, live),
        *(change for member in wanted.memberships for change in membership(member, live)),
        *strays(wanted, live),
        *grants(wanted, live),
        *defaults(wanted, live),
        *policies(wanted, live),
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
            yield from _attributes(wanted, role, has)
        if (has is None or has.mark != MARK) and "marks" not in wanted.keep:
            comment = f"COMMENT ON ROLE {ident(role.name)} IS {literal(MARK)}"
            yield Change(action="mark", subject=subject, sql=comment)
        yield from _settings(role, has)


def _attributes(wanted: Desired, role: Role, has: LiveRole) -> Iterator[Change]:
    if has.login != role.login:
        yield _alter(role.name, "LOGIN" if role.login else "NOLOGIN", takes_away=not role.login)
    if has.connection_limit != role.connection_limit:
        yield _alter(role.name, f"CONNECTION LIMIT {role.connection_limit}")
    # SUPERUSER, REPLICATION and BYPASSRLS need a superuser to take away: see `strangers`.
    if "attributes" not in wanted.keep:
        for attribute in sorted({"CREATEDB", "CREATEROLE"} & set(has.excess)):
            yield _alter(role.name, f"NO{attribute}", takes_away=True)


def _alter(name: str, what: str, *, takes_away: bool = False) -> Change:
    return Change(action="alter", subject=f"role {name}", sql=f"ALTER ROLE {ident(name)} {what}", takes_away=takes_away)


def _settings(role: Role, has: LiveRole | None) -> Iterator[Change]:
    live = has.settings if has else {}
    for key, value in role.settings:
        if key not in live or setting(key, live[key]) != setting(key, value):
            sql = f"ALTER ROLE {ident(role.name)} SET {ident(key)} = {setting(key, value)}"
            yield Change(action="set", subject=f"role {role.name}", sql=sql)
    for key in sorted(set(live) - {key for key, _ in role.settings}):
        yield Change(
            action="reset", subject=f"role {role.name}", sql=f"ALTER ROLE {ident(role.name)} RESET {ident(key)}"
        )


def _mastery(wanted: Desired, live: Live) -> Iterator[Change]:
    """Whoever grants on the owner's objects and sets its default privileges must be a member of it."""
    if "owner" not in wanted.keep and live.user != wanted.owner:
        yield from membership(Membership(role=wanted.owner, member=live.user), live)


def _ownership(wanted: Desired, live: Live) -> Iterator[Change]:
    if live.database.owner != wanted.owner and "owner" not in wanted.keep:
        sql = f"ALTER DATABASE {live.database.sql} OWNER TO {ident(wanted.owner)}"
        yield Change(action="own", subject=f"database {live.database.name}", sql=sql)
