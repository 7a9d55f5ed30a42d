"""Probes of an identity with grants of its own: every table by every verb, expected as the declaration has it. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from bootstrap.access import Access
from bootstrap.postgres import SCHEMA
from bootstrap.postgres.change import ident
from bootstrap.postgres.desired import MAINTAIN, MONITOR, PUBLIC, Desired, desired
from bootstrap.report import Expected
from bootstrap.verify.statements import Probe, TriedTable, maintenance, many, owners_alone, truncation

_VERBS = {"SELECT": "read", "INSERT": "insert into", "UPDATE": "update", "DELETE": "delete from"}
# Privileges that change nothing of what is tried.
_UNTRIED = frozenset({"connect", "usage", "execute"})
# Read statistics and settings, or work on tables without reading them (PostgreSQL, Predefined Roles).
_NO_TABLE = frozenset({MONITOR, MAINTAIN})


def has_given(access: Access, identity: str) -> bool:
    """Whether an identity has more, or other, than a ready-made profile; what everybody may counts."""
    postgres = access.postgres_users[identity]
    if postgres.privileges == "custom" or postgres.grants or postgres.member_of:
        return True
    # A migrator may all of that as a member of the owner.
    return postgres.privileges != "migrator" and any(set(grant.privileges) - _UNTRIED for grant in access.public)


def given_probes(
    access: Access, identity: str, found: tuple[TriedTable, ...], *, replica: bool, version: int
) -> Iterator[Probe]:
    """Return what to try under a login of `identity`; what does not follow from the declaration is left out."""
    wanted = desired(access, {})
    names, all_known = _closure(wanted, identity)
    own = tuple(table for table in found if table.owner == access.owner)
    for verb, words in _VERBS.items():
        sides: dict[Expected, list[TriedTable]] = {"allowed": [], "refused": []}
        for table in own:
            acl = wanted.acl("table", SCHEMA, table.name)
            may = any(verb in acl.get(name, ()) for name in names)
            if not may and any(_by_column(wanted, table, name, verb) for name in names):
                continue  # partly: neither allowed nor refused as a whole
            writes_here = verb == "SELECT" or not replica
            if may or all_known:
                sides["allowed" if may and writes_here else "refused"].append(table)
        for expected, tables in sides.items():
            if tables:
                statements = tuple(_statement(verb, table) for table in tables)
                yield Probe(action=f"{words} {many(tables)}", expected=expected, statements=statements)
    yield from _columns(wanted, names, own)
    if not all_known or access.owner in names:
        return
    if not any("CREATE" in wanted.acl("schema", SCHEMA).get(name, ()) for name in names):
        create = f"CREATE TABLE {ident(SCHEMA)}.datatier_probe (id int)"
        yield Probe(action="create a table", expected="refused", statements=(create,))
    if own and not replica:
        yield from owners_alone(own[0])
        if not any("TRUNCATE" in wanted.acl("table", SCHEMA, own[0].name).get(name, ()) for name in names):
            yield truncation(own[0])
    if not replica and not any("TEMPORARY" in wanted.acl("database", "").get(name, ()) for name in names):
        create = "CREATE TEMPORARY TABLE datatier_probe (id int)"
        yield Probe(action="create a temporary table", expected="refused", statements=(create,))
    maintains = access.postgres_users[identity].privileges == "maintainer"
    if maintains and not replica:
        yield from maintenance(own, version)
    becomes: Expected = "allowed" if maintains else "refused"
    yield Probe(action=f"become {access.owner}", expected=becomes, statements=(f"SET ROLE {ident(access.owner)}",))
    yield Probe(action="create a role", expected="refused", statements=("CREATE ROLE datatier_probe",))


def _closure(wanted: Desired, identity: str) -> tuple[set[str], bool]:
    """Every role whose privileges it has, everybody's among them, and whether it is declared what all of them may."""
    names = {identity, PUBLIC}
    # A maintainer has nothing of the owner until it becomes it.
    apart = {(identity, wanted.owner)} if wanted.identities[identity] == "maintainer" else set()
    while more := {m.role for m in wanted.memberships if m.member in names and (m.member, m.role) not in apart} - names:
        names |= more
    return names, names - {PUBLIC} - _NO_TABLE <= set(wanted.identities)


def _columns(wanted: Desired, names: set[str], own: tuple[TriedTable, ...]) -> Iterator[Probe]:
    for table in own:
        readable = [
            column
            for column, acl in wanted.columns(SCHEMA, table.name).items()
            if any("SELECT" in acl.get(name, ()) for name in names)
        ]
        if readable:
            columns = ", ".join(map(ident, readable))
            statement = f"SELECT {columns} FROM {table.sql} WHERE false"  # noqa: S608 quoted
            yield Probe(action=f"read {columns} of {table.name}", expected="allowed", statements=(statement,))


def _by_column(wanted: Desired, table: TriedTable, name: str, verb: str) -> bool:
    return any(verb in acl.get(name, ()) for acl in wanted.columns(SCHEMA, table.name).values())


def _statement(verb: str, table: TriedTable) -> str:
    """A statement that needs this privilege alone and touches no row."""
    column = ident(table.column)
    return {
        "SELECT": f"SELECT FROM {table.sql} WHERE false",
        "INSERT": f"INSERT INTO {table.sql} ({column}) SELECT NULL WHERE false",
        "UPDATE": f"UPDATE {table.sql} SET {column} = DEFAULT WHERE false",  # noqa: S608 quoted
        "DELETE": f"DELETE FROM {table.sql} WHERE false",  # noqa: S608 quoted
    }[verb]
