"""Privileges: what to grant and to revoke, objects and grantees with the same difference in one statement. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from bootstrap.access.postgres import Kind
from bootstrap.action import Action
from bootstrap.postgres import SCHEMA
from bootstrap.postgres.change import comma, ident, statement
from bootstrap.postgres.desired import MAINTAIN_SINCE, PUBLIC, Acl, Desired, Privileges
from bootstrap.postgres.live import Live, LiveObject

Verb = Literal["REVOKE", "GRANT"]
_NONE: Privileges = frozenset()
EXECUTE: Privileges = frozenset({"EXECUTE"})
_DEFAULT_KINDS: dict[str, tuple[Kind, str]] = {
    "r": ("table", "TABLES"),
    "S": ("sequence", "SEQUENCES"),
    "f": ("function", "FUNCTIONS"),
}
# In the order SQL books print them, so that a plan reads well.
_ROW = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN")
_ORDER = (*_ROW, "USAGE", "EXECUTE", "CONNECT", "TEMPORARY", "CREATE")
KEYWORD = {"table": "TABLE", "sequence": "SEQUENCE", "function": "ROUTINE", "schema": "SCHEMA", "database": "DATABASE"}


def grants(wanted: Desired, live: Live) -> Iterator[Action]:
    """Return the changes on what there is, those that take first."""
    return _Comparison(wanted, live).changes()


def takes_over(wanted: Desired, live: Live) -> bool:
    """Whether the plan makes the declared owner the database's."""
    return live.database.owner != wanted.owner and "owner" not in wanted.keep


def governed(wanted: Desired, item: LiveObject) -> bool:
    """Whether the privileges on an object are ours to change."""
    if item.kind == "schema":  # `public` belongs to whoever owns the database (pg_database_owner)
        return item.name == SCHEMA or item.owner == wanted.owner
    return item.kind == "database" or item.owner == wanted.owner


@dataclass
class _Groups:
    """Objects that differ in the same way, and for each difference the groups that have it."""

    members: list[list[str]] = field(default_factory=list)
    numbers: dict[tuple[Kind, object], int] = field(default_factory=dict)
    wants: defaultdict[tuple[Kind, Verb, Privileges, str], list[int]] = field(default_factory=lambda: defaultdict(list))


class _Comparison:
    def __init__(self, wanted: Desired, live: Live) -> None:
        self._wanted = wanted
        self._live = live
        # Key: identities of two mappings, which the declaration and the server's state share among objects alike.
        self._seen: dict[tuple[int, int], _Difference] = {}
        self._wiped: set[tuple[str, str, str, str]] = set()

    def changes(self) -> Iterator[Action]:
        groups = _Groups()
        handed: list[Action] = []
        for item in (self._live.database, *self._live.objects):
            if governed(self._wanted, item):
                self._object(item, groups, handed)
        merged: defaultdict[tuple[Kind, Verb, Privileges, tuple[int, ...]], list[str]] = defaultdict(list)
        for (kind, verb, privileges, grantee), numbers in groups.wants.items():
            merged[kind, verb, privileges, tuple(numbers)].append(grantee)
        made = [
            (verb, self._made(verb, kind, privileges, [o for number in numbers for o in groups.members[number]], some))
            for (kind, verb, privileges, numbers), grantees in merged.items()
            for some in self._apart(kind, grantees)
        ]
        columns = list(self._columns())
        yield from handed  # first: what was handed on keeps its origin from being revoked
        for first in ("REVOKE", "GRANT"):
            yield from (change for verb, change in made if verb == first)
            yield from (change for verb, change in columns if verb == first)

    def _apart(self, kind: Kind, grantees: list[str]) -> list[list[str]]:
        """Grantees that get a statement together: the database's present owner has one of its own."""
        owner = self._live.database.owner
        if kind != "database" or owner not in grantees or len(grantees) == 1:
            return [grantees]
        return [[name for name in grantees if name != owner], [owner]]

    def _made(self, verb: Verb, kind: Kind, privileges: Privileges, objects: list[str], grantees: list[str]) -> Action:
        change = _grant(verb, kind, privileges, objects, grantees)
        # What the database's present owner gets for it goes with the change of owner: not without that.
        return replace(change, verb="own") if (kind, grantees) == ("database", [self._live.database.owner]) else change

    def _object(self, item: LiveObject, groups: _Groups, handed: list[Action]) -> None:
        found = self._difference(self._wanted_of(item), item.privileges)
        if any(grantee == item.owner for grantee, _, _ in found):
            found = self._without_owner(item, found)
        if not found:
            return
        if item.foreign:
            handed += self._foreign(item, {grantee: take for grantee, _, take in found})
            own = item.own if item.own is not None else item.privileges
            found = tuple((grantee, give, take & own.get(grantee, _NONE)) for grantee, give, take in found)
        number = groups.numbers.get((item.kind, found))
        if number is None:
            number = groups.numbers[item.kind, found] = len(groups.members)
            groups.members.append([])
            for grantee, give, take in found:
                if take:
                    groups.wants[item.kind, "REVOKE", take, grantee].append(number)
                if give:
                    groups.wants[item.kind, "GRANT", give, grantee].append(number)
        groups.members[number].append(item.sql)
        if (item.schema, item.name) in self._live.columns:
            # Revoking a privilege on a table revokes it on each column too.
            self._wiped |= {(item.schema, item.name, who, p) for who, _, take in found for p in take}

    def _without_owner(self, item: LiveObject, found: _Difference) -> _Difference:
        """An owner needs no grant, and its own entries are not a difference: what is wanted for it is left out as well.

        When the plan takes the database from it, it needs them from then on.
        """
        if item.kind == "database" and takes_over(self._wanted, self._live):
            return found
        return tuple(each for each in found if each[0] != item.owner)

    def _wanted_of(self, item: LiveObject) -> Acl:
        name = item.key if item.kind in {"table", "sequence", "function"} else ""
        return self._wanted.acl(item.kind, item.schema, name, walled=item.walled)

    def _difference(self, should: Acl, does: Acl) -> _Difference:
        found = self._seen.get(key := (id(should), id(does)))
        if found is None:
            found = self._seen[key] = tuple(compared(self._wanted, self._live, should, does))
        return found

    def _foreign(self, item: LiveObject, excess: Mapping[str, Privileges]) -> Iterator[Action]:
        """REVOKE works on what its own role granted: become the grantor where that is allowed."""
        for (grantor, grantee), privileges in item.foreign.items():
            take = privileges & excess.get(grantee, _NONE)
            if take and grantor in self._live.becomes:
                change = _grant("REVOKE", item.kind, take, [item.sql], [grantee])
                sql = f"SET LOCAL ROLE {ident(grantor)}; {change.text}; RESET ROLE"
                yield statement("revoke", change.subject, sql, takes_away=True)

    def _columns(self) -> Iterator[tuple[Verb, Action]]:
        tables = {(t.schema, t.name): t for t in self._live.objects if t.kind == "table"}
        for (schema, table), columns in self._live.columns.items():
            item = tables.get((schema, table))
            if item is None or not governed(self._wanted, item):
                continue
            wanted = self._wanted.columns(schema, table)
            sides: defaultdict[tuple[Verb, str, str], list[str]] = defaultdict(list)
            for column, acl in columns.items():
                left = {
                    w: frozenset(p for p in ps if (schema, table, w, p) not in self._wiped) for w, ps in acl.items()
                }
                for who, give, take in compared(self._wanted, self._live, wanted.get(column, {}), left):
                    for privilege in sorted(take):
                        sides["REVOKE", privilege, who].append(column)
                    for privilege in sorted(give):
                        sides["GRANT", privilege, who].append(column)
            for (verb, privilege, who), names in sides.items():
                yield verb, _column(verb, privilege, names, item.sql, who)


_Difference = tuple[tuple[str, Privileges, Privileges], ...]
"""Grantee, what to give, what to take."""


def compared(wanted: Desired, live: Live, should: Acl, does: Acl) -> Iterator[tuple[str, Privileges, Privileges]]:
    """Return what each grantee lacks and has too much of."""
    unknown = frozenset({"MAINTAIN"}) if live.version < MAINTAIN_SINCE else _NONE
    for grantee in _sorted((should.keys() | does.keys()) & wanted.grantees):
        wants, has = should.get(grantee, _NONE) - unknown, does.get(grantee, _NONE)
        if wants != has:
            yield grantee, wants - has, has - wants


def _sorted(grantees: Iterable[str]) -> list[str]:
    return sorted(grantees, key=lambda name: (name == PUBLIC, name))


def _grant(verb: Verb, kind: Kind, privileges: Privileges, objects: list[str], grantees: list[str]) -> Action:
    what = comma(sorted(privileges, key=_ORDER.index))
    many = f"{len(objects)} {kind}s" if len(objects) > 1 else f"{kind} {objects[0]}"
    return _change(verb, f"{what} on {many}", f"{what} ON {KEYWORD[kind]} {comma(objects)}", grantees)


def _column(verb: Verb, privilege: str, columns: list[str], table: str, grantee: str) -> Action:
    names = comma(map(ident, columns))
    return _change(verb, f"{privilege} of {names} on {table}", f"{privilege} ({names}) ON TABLE {table}", [grantee])


def _change(verb: Verb, subject: str, on: str, grantees: list[str]) -> Action:
    to = "TO" if verb == "GRANT" else "FROM"
    return statement(
        "grant" if verb == "GRANT" else "revoke",
        f"{subject} {to.lower()} {comma(grantees)}",
        f"{verb} {on} {to} {comma(map(_grantee, grantees))}",
        takes_away=verb == "REVOKE",
    )


def _grantee(name: str) -> str:
    return PUBLIC if name == PUBLIC else ident(name)


def defaults(wanted: Desired, live: Live) -> Iterator[Action]:
    """What shall hold for objects that the owner makes later."""
    # EXECUTE is PUBLIC's by a hard-wired rule that only a global entry replaces; entries IN SCHEMA can only add.
    there = {item.name for item in live.objects if item.kind == "schema"}
    schemas = [schema for schema in wanted.schemas if schema in there]
    hard_wired = live.defaults.get(("", "f"), {PUBLIC: EXECUTE}).get(PUBLIC, _NONE) & EXECUTE
    if hard_wired and not all(wanted.future("function", s).get(PUBLIC, _NONE) >= EXECUTE for s in wanted.schemas):
        yield _default(wanted.owner, "", "REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC")
        hard_wired = _NONE
    for schema in schemas:
        for letter, (kind, plural) in _DEFAULT_KINDS.items():
            merged: defaultdict[tuple[Verb, Privileges], list[str]] = defaultdict(list)
            has, should = live.defaults.get((schema, letter), {}), wanted.future(kind, schema)
            if kind == "function" and hard_wired:  # everybody has it, whatever the schema's own entry says
                has, should = (_but_public(acl) for acl in (has, should))
            for grantee, give, take in compared(wanted, live, should, has):
                if take:
                    merged["REVOKE", take].append(grantee)
                if give:
                    merged["GRANT", give].append(grantee)
            for (verb, privileges), grantees in merged.items():
                what = comma(sorted(privileges, key=_ORDER.index))
                to = "TO" if verb == "GRANT" else "FROM"
                yield _default(wanted.owner, schema, f"{verb} {what} ON {plural} {to} {comma(map(_grantee, grantees))}")


def _but_public(acl: Acl) -> Acl:
    return {grantee: privileges for grantee, privileges in acl.items() if grantee != PUBLIC}


def _default(owner: str, schema: str, what: str) -> Action:
    where = f" IN SCHEMA {ident(schema)}" if schema else ""
    return statement(
        "default",
        f"objects {owner} will make",
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {ident(owner)}{where} {what}",
        takes_away=what.startswith("REVOKE"),
    )
