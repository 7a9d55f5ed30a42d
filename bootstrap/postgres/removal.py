"""Roles that bear our mark and are no longer declared: what may be dropped, and what stands in the way. Pure.

A mark says little: anybody may read it, and other databases of the server have marked roles of their own. So a role
goes only when this database alone knows it: it has privileges here, or is a login of one that has. It must own nothing;
what it was granted is revoked by name. DROP OWNED, which would take what it made along, is never used.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from bootstrap.access.names import SIBLINGS, logins
from bootstrap.action import Action
from bootstrap.postgres.change import comma, ident, statement
from bootstrap.postgres.desired import Acl, Desired
from bootstrap.postgres.grants import KEYWORD
from bootstrap.postgres.live import MARK, Live, Remain

_PLURALS = {"r": "TABLES", "S": "SEQUENCES", "f": "FUNCTIONS", "T": "TYPES", "n": "SCHEMAS"}


def undeclared_roles(wanted: Desired, live: Live) -> tuple[str, ...]:
    """Return the marked roles that nobody declares, logins before what they are members of."""
    declared = wanted.managed | {wanted.owner}
    names = {n for n, role in live.roles.items() if role.mark is not None and n not in declared}
    marked = {n for n in names if (live.roles[n].mark or "").startswith(MARK)}
    return tuple(sorted(marked, key=lambda name: (not _group_of(name, marked), name)))


def droppable(left: Iterable[Action]) -> Iterator[str]:
    """Say which roles could go, where what is `left` to do is not done."""
    for subject in dict.fromkeys(action.subject for action in left if action.verb == "drop"):
        yield f"{subject} is marked as managed but no longer declared: `datatier access apply` drops it"


def removals(wanted: Desired, live: Live) -> tuple[Action, ...]:
    """Return what drops every role that can go."""
    return tuple(change for name in _going(wanted, live) for change in _removal(name, wanted, live))


def named(wanted: Desired, live: Live) -> frozenset[str]:
    """Return the roles that bear our mark and of which `removals` or `staying` say everything."""
    return frozenset(undeclared_roles(wanted, live)) - _elsewhere(wanted, live)


def staying(wanted: Desired, live: Live) -> tuple[str, ...]:
    """Say of every other one what is in the way; another database's roles are its own business."""
    going = set(_going(wanted, live))
    names = undeclared_roles(wanted, live)
    elsewhere = _elsewhere(wanted, live)
    return tuple(
        f"role {name} is marked as managed but no longer declared; drop it when nothing of it is left"
        + _reasons(name, live)
        for name in names
        if name not in going | elsewhere
    )


def _elsewhere(wanted: Desired, live: Live) -> set[str]:
    """Roles of another database's declaration, which have nothing here, and their logins."""
    names = undeclared_roles(wanted, live)
    found = {n for n in names if (places := _places(n, live)) and not places & {"", live.database.name}}
    return found | {n for n in names if _group_of(n, set(names)) in found}


def _places(name: str, live: Live) -> set[str]:
    return {r.place for r in live.remains if r.role == name}


def _going(wanted: Desired, live: Live) -> tuple[str, ...]:
    names = undeclared_roles(wanted, live)
    # A login is known by the role it belongs to; should that one stay, so does the login.
    # Whoever is logged in as one is not to be shut out by a plan.
    free = {n for n in names if live.roles[n].administered and not _blockers(n, live) and not _in_use(n, live)}
    here = {r.role for r in live.remains if r.place == live.database.name or r.ours}
    known = {name for name in free & here if _belongs(name, wanted, live)}
    return tuple(n for n in names if n in known or (n in free and _group_of(n, set(names)) in known))


def _belongs(name: str, wanted: Desired, live: Live) -> bool:
    """Whether a role was an identity of ours: nothing else of the server is a member of it."""
    members = {row.member for row in live.memberships if row.role == name}
    return members <= {*logins(name), live.user} | wanted.managed


def _group_of(name: str, names: set[str]) -> str:
    group, _, sibling = name.rpartition("_")
    return group if sibling in SIBLINGS and group in names else ""


def _in_use(name: str, live: Live) -> bool:
    """Whether somebody is logged in as a role, or by a login of its own."""
    return bool({name, *logins(name)} & live.sessions)


def _blockers(name: str, live: Live) -> list[Remain]:
    return [r for r in live.remains if r.role == name and not (r.ours and r.place in {"", live.database.name})]


def _reasons(name: str, live: Live) -> str:
    blockers = _blockers(name, live)
    if _in_use(name, live):
        return ": somebody is logged in as it"
    if not blockers:
        return "" if not live.roles[name].administered else f": DROP ROLE {ident(name)}"
    counted: Counter[str] = Counter()
    for each in blockers:
        counted[each.place] += each.count
    places = comma(f"{count} in {place or 'the server'}" for place, count in sorted(counted.items()))
    reported = comma(dict.fromkeys(r.what for r in blockers if r.what))
    return f" ({places}{': ' + reported if reported else ''})"


def _removal(name: str, wanted: Desired, live: Live) -> Iterator[Action]:
    by_kind: dict[str, list[str]] = {}
    for item in (live.database, *live.objects):
        if name in item.privileges:
            by_kind.setdefault(KEYWORD[item.kind], []).append(item.sql)
    for keyword, objects in by_kind.items():
        yield _change(name, f"REVOKE ALL ON {keyword} {comma(objects)} FROM {ident(name)}")
    for (schema, table), columns in live.columns.items():
        if held := [column for column, acl in columns.items() if name in acl]:
            on = f"{ident(schema)}.{ident(table)}"
            yield _change(name, f"REVOKE ALL ({comma(map(ident, held))}) ON TABLE {on} FROM {ident(name)}")
    yield from _defaults(name, wanted, live.defaults)
    yield _change(name, f"DROP ROLE {ident(name)}")


def _defaults(name: str, wanted: Desired, defaults: Mapping[tuple[str, str], Acl]) -> Iterator[Action]:
    for (schema, letter), acl in defaults.items():
        if name in acl and letter in _PLURALS:
            where = f" IN SCHEMA {ident(schema)}" if schema else ""
            who = f"ALTER DEFAULT PRIVILEGES FOR ROLE {ident(wanted.owner)}{where}"
            yield _change(name, f"{who} REVOKE ALL ON {_PLURALS[letter]} FROM {ident(name)}")


def _change(name: str, sql: str) -> Action:
    return statement("drop", f"role {name}", sql, takes_away=True)
