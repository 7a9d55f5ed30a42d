"""The differences between what is declared and what the server has, in the order in which they can be applied. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from bootstrap.access.names import SIBLINGS
from bootstrap.action import Action
from bootstrap.postgres import schemas
from bootstrap.postgres.change import ident, literal, statement
from bootstrap.postgres.desired import PUBLIC, Desired, Membership, Role
from bootstrap.postgres.grants import defaults, grants, takes_over
from bootstrap.postgres.live import MARK, Live, LiveRole
from bootstrap.postgres.memberships import membership, strays
from bootstrap.postgres.policies import policies
from bootstrap.postgres.removal import removals
from bootstrap.postgres.settings import same, value


def plan(wanted: Desired, live: Live) -> tuple[Action, ...]:
    """Return what makes `live` as `wanted`, what drops roles that are no longer declared at the end."""
    database = live.database.name
    wanted = _founded(wanted, live)
    return tuple(
        replace(each, target=database, identity=_whose(each, wanted))
        for each in (*_declared(wanted, live), *removals(wanted, live))
    )


def _founded(wanted: Desired, live: Live) -> Desired:
    """An owner that is kept as it is has to be there: on a new server it is made and put in charge as any other."""
    if "owner" not in wanted.keep or wanted.owner in live.roles:
        return wanted
    return replace(wanted, keep=wanted.keep - {"owner"}, roles=(Role(name=wanted.owner), *wanted.roles))


def _declared(wanted: Desired, live: Live) -> tuple[Action, ...]:
    lacking = schemas.missing(wanted, live)
    later = schemas.with_made(wanted, live, lacking)
    return (
        *_roles(wanted, live),
        *_mastery(wanted, live),
        *_ownership(wanted, live),
        *schemas.creation(wanted, live),
        *schemas.made(wanted, lacking),
        *(change for member in wanted.joined(live.version) for change in membership(member, live)),
        *strays(wanted, live),
        *grants(wanted, later),
        *defaults(wanted, later),
        *policies(wanted, live),
    )


def _roles(wanted: Desired, live: Live) -> Iterator[Action]:
    for role in wanted.roles:
        subject = f"role {role.name}"
        has = live.roles.get(role.name)
        if has is None:
            kind = f"LOGIN CONNECTION LIMIT {role.connection_limit}" if role.login else "NOLOGIN"
            yield statement("create", subject, f"CREATE ROLE {ident(role.name)} {kind}")
            if not role.login and role.connection_limit != -1:
                yield _alter(role.name, f"CONNECTION LIMIT {role.connection_limit}")
        else:
            yield from () if role.present else _logging_in(role, has, live)
            yield from _powers(wanted, role, has, live)
        if has is None or (has.mark != MARK and "marks" not in wanted.keep):
            comment = f"COMMENT ON ROLE {ident(role.name)} IS {literal(MARK)}"
            yield statement("mark", subject, comment)
        if not role.present:
            yield from _settings(role, has, live)


def _logging_in(role: Role, has: LiveRole, live: Live) -> Iterator[Action]:
    if has.login != role.login and not shut_out(role, live):
        yield _alter(role.name, "LOGIN" if role.login else "NOLOGIN", takes_away=not role.login)
    if has.connection_limit != role.connection_limit:
        yield _alter(role.name, f"CONNECTION LIMIT {role.connection_limit}")


def _powers(wanted: Desired, role: Role, has: LiveRole, live: Live) -> Iterator[Action]:
    # SUPERUSER, REPLICATION and BYPASSRLS need a superuser to take away, and nobody takes from itself what it works
    # with: see `strangers`.
    for attribute in sorted({"CREATEDB", "CREATEROLE"} & set(has.excess)) if role.name != live.user else ():
        if not wanted.excepted(role.name, attribute):
            yield _alter(role.name, f"NO{attribute}", takes_away=True)


def shut_out(role: Role, live: Live) -> bool:
    """Whether a login that should not be one is in use: somebody is logged in as it, so it is reported and left."""
    return not role.login and role.name in live.roles and live.roles[role.name].login and role.name in live.sessions


def _alter(name: str, what: str, *, takes_away: bool = False) -> Action:
    return statement("alter", f"role {name}", f"ALTER ROLE {ident(name)} {what}", takes_away=takes_away)


def _settings(role: Role, has: LiveRole | None, live: Live) -> Iterator[Action]:
    subject, alter = f"role {role.name}", f"ALTER ROLE {ident(role.name)}"
    there = {key.lower(): (key, text) for key, text in (has.settings if has else {}).items()}
    for key, text in role.settings:
        name = key.lower()
        if name not in there or not same(name, there[name][1], text, live.forms):
            yield statement("set", subject, f"{alter} SET {ident(key)} = {value(key, text)}")
    for name in sorted(there.keys() - {key.lower() for key, _ in role.settings}):
        yield statement("reset", subject, f"{alter} RESET {ident(there[name][0])}")


def _mastery(wanted: Desired, live: Live) -> Iterator[Action]:
    """Whoever grants on the owner's objects and sets its default privileges must be a member of it."""
    if "owner" not in wanted.keep and live.user != wanted.owner:
        yield from membership(Membership(role=wanted.owner, member=live.user), live)


def _ownership(wanted: Desired, live: Live) -> Iterator[Action]:
    if takes_over(wanted, live):
        sql = f"ALTER DATABASE {live.database.sql} OWNER TO {ident(wanted.owner)}"
        yield statement("own", f"database {live.database.name}", sql)


def _whose(action: Action, wanted: Desired) -> str:
    """The identity, or the owner, that an action is about; the last one named is who gets it."""
    logins = {f"{name}_{sibling}": name for name in wanted.identities for sibling in SIBLINGS}
    words: list[str] = re.findall(r"\w+", action.subject)
    names = [logins.get(word, word) for word in words]
    if action.verb == "drop":
        return names[-1]
    known = dict.fromkeys(name for name in names if name in wanted.managed or name in {PUBLIC, wanted.owner})
    if action.verb in {"join", "leave"} and known:
        return str(next(iter(known)))
    return str(next(iter(known))) if len(known) == 1 else ""
