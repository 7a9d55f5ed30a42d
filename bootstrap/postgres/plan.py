"""The differences between what is declared and what the server has, in the order in which they can be applied. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from bootstrap.postgres.change import Change, ident, literal
from bootstrap.postgres.desired import Desired, Membership, Role
from bootstrap.postgres.grants import defaults, grants, takes_over
from bootstrap.postgres.live import MARK, Live, LiveRole
from bootstrap.postgres.memberships import membership, strays
from bootstrap.postgres.policies import policies
from bootstrap.postgres.settings import same, value


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
            yield from _attributes(wanted, role, has, live)
        if (has is None or has.mark != MARK) and "marks" not in wanted.keep:
            comment = f"COMMENT ON ROLE {ident(role.name)} IS {literal(MARK)}"
            yield Change(action="mark", subject=subject, sql=comment)
        yield from _settings(role, has, live)


def _attributes(wanted: Desired, role: Role, has: LiveRole, live: Live) -> Iterator[Change]:
    if has.login != role.login and not shut_out(role, live):
        yield _alter(role.name, "LOGIN" if role.login else "NOLOGIN", takes_away=not role.login)
    if has.connection_limit != role.connection_limit:
        yield _alter(role.name, f"CONNECTION LIMIT {role.connection_limit}")
    # SUPERUSER, REPLICATION and BYPASSRLS need a superuser to take away, and nobody takes from itself what it works
    # with: see `strangers`.
    for attribute in sorted({"CREATEDB", "CREATEROLE"} & set(has.excess)) if role.name != live.user else ():
        if not wanted.excepted(role.name, attribute):
            yield _alter(role.name, f"NO{attribute}", takes_away=True)


def shut_out(role: Role, live: Live) -> bool:
    """Whether a login that shall be none is in use: somebody is logged in as it, which is told and left."""
    return not role.login and role.name in live.roles and live.roles[role.name].login and role.name in live.sessions


def _alter(name: str, what: str, *, takes_away: bool = False) -> Change:
    return Change(action="alter", subject=f"role {name}", sql=f"ALTER ROLE {ident(name)} {what}", takes_away=takes_away)


def _settings(role: Role, has: LiveRole | None, live: Live) -> Iterator[Change]:
    subject, alter = f"role {role.name}", f"ALTER ROLE {ident(role.name)}"
    there = {key.lower(): (key, text) for key, text in (has.settings if has else {}).items()}
    for key, text in role.settings:
        name = key.lower()
        if name not in there or not same(name, there[name][1], text, live.forms):
            yield Change(action="set", subject=subject, sql=f"{alter} SET {ident(key)} = {value(key, text)}")
    for name in sorted(there.keys() - {key.lower() for key, _ in role.settings}):
        yield Change(action="reset", subject=subject, sql=f"{alter} RESET {ident(there[name][0])}")


def _mastery(wanted: Desired, live: Live) -> Iterator[Change]:
    """Whoever grants on the owner's objects and sets its default privileges must be a member of it."""
    if "owner" not in wanted.keep and live.user != wanted.owner:
        yield from membership(Membership(role=wanted.owner, member=live.user), live)


def _ownership(wanted: Desired, live: Live) -> Iterator[Change]:
    if takes_over(wanted, live):
        sql = f"ALTER DATABASE {live.database.sql} OWNER TO {ident(wanted.owner)}"
        yield Change(action="own", subject=f"database {live.database.name}", sql=sql)
