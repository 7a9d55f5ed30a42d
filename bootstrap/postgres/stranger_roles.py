"""Roles that the declaration does not know and that reach what it governs; what declared ones are too much. Pure.

A role reaches it by a privilege here, by membership in one that does, by an attribute or a predefined role that no ACL
mentions, or by a login where everybody may connect. Who rules another database of the server has such attributes for
that one's sake, and is reported only where it can come in here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from bootstrap.postgres.change import ident, literal
from bootstrap.postgres.desired import PUBLIC, RDS_IAM, Desired
from bootstrap.postgres.facts import Fact
from bootstrap.postgres.live import Live, LiveMembership, LiveRole
from bootstrap.postgres.memberships import facts, leave, words
from bootstrap.postgres.server_roles import POWERFUL, of_server

_REACHING = frozenset({"SUPERUSER", "BYPASSRLS", "REPLICATION"})


def role_facts(wanted: Desired, live: Live, touching: set[str]) -> Iterator[Fact]:
    """Return the facts about roles themselves, where `touching` have something here already."""
    strangers = {
        role.name: role
        for role in live.roles.values()
        if role.name not in wanted.managed and role.name != live.user and not of_server(role.name, live.maker)
    }
    above: defaultdict[str, defaultdict[str, list[LiveMembership]]] = defaultdict(lambda: defaultdict(list))
    for row in live.memberships:
        above[row.member][row.role].append(row)
    reached = _reached(wanted, live, strangers, touching, above)
    concerned = wanted.managed | {wanted.owner} | reached
    for name in sorted(reached):
        yield from _stranger(strangers[name])
        for of, rows in above[name].items():
            if of in concerned or (of_server(of, live.maker) and of != RDS_IAM):
                yield Fact(role=name, what=words(of, rows), mend=f"REVOKE {leave(rows[0], live)}")
    for role in live.roles.values():
        if role.name in wanted.managed:
            yield from _declared(role, live)
    yield from facts(wanted, live)


def _reached(
    wanted: Desired,
    live: Live,
    strangers: Mapping[str, LiveRole],
    touching: set[str],
    above: Mapping[str, Mapping[str, object]],
) -> set[str]:
    ours = wanted.managed | {wanted.owner}
    found = {name for name in strangers if name in touching or name == wanted.owner}
    open_ = "CONNECT" in wanted.acl("database", "").get(PUBLIC, ())
    can_connect = _with_members(
        {who for who, what in live.database.privileges.items() if "CONNECT" in what and who != PUBLIC}
        | {live.database.owner},
        live,
    )
    rulers = _with_members(set(live.rulers), live)
    for name, role in strangers.items():
        powers, roles = set(role.excess), set(above.get(name, ()))
        inside = name in can_connect or (open_ and role.login)
        mighty = "CREATEROLE" in powers or roles & POWERFUL
        if roles & ours or powers & _REACHING or inside or (mighty and name not in rulers):
            found.add(name)
    return _with_members(found, live) & strangers.keys()


def _with_members(roles: set[str], live: Live) -> set[str]:
    found = set(roles)
    while more := {row.member for row in live.memberships if row.role in found} - found:
        found |= more
    return found


def _stranger(role: LiveRole) -> Iterator[Fact]:
    alter = f"ALTER ROLE {ident(role.name)}"
    if role.login:
        yield Fact(role=role.name, what="login", mend=f"{alter} NOLOGIN")
    for power in role.excess:
        yield Fact(role=role.name, what=power, mend=f"{alter} NO{power}")


def _declared(role: LiveRole, live: Live) -> Iterator[Fact]:
    """Attributes that only a superuser can take away, or nobody from itself; a password that ends."""
    alter = f"ALTER ROLE {ident(role.name)}"
    for power in role.excess:
        plain = power in {"CREATEDB", "CREATEROLE"}
        sentence = f"role {role.name} has {power}, which only a superuser can take away"
        if plain and role.name == live.user:
            sentence = (
                f"role {role.name} has {power}, which it does not take from itself; as another: {alter} NO{power}"
            )
        yield Fact(role=role.name, what=power, sentence=sentence, planned=plain and role.name != live.user)
    if role.valid_until is not None:
        what = f"valid until {role.valid_until}"
        yield Fact(role=role.name, what=what, mend=f"{alter} VALID UNTIL {literal('infinity')}")
