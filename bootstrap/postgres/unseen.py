"""Everything that touches what is declared and is not declared itself: by role, as facts. Pure.

Of roles that the declaration knows it is what a plan does not compare (default privileges of others, grant options,
objects that belong to somebody else, types ...); of all others it is whatever they have here. The server's own roles,
whoever looks, and what `exceptions` names are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bootstrap.postgres.change import comma, ident
from bootstrap.postgres.desired import PUBLIC, Desired, Privileges
from bootstrap.postgres.facts import Fact, Granted, grantee
from bootstrap.postgres.grants import EXECUTE, KEYWORD, governed
from bootstrap.postgres.live import Live, LiveObject
from bootstrap.postgres.server_roles import of_cloud, of_server
from bootstrap.postgres.stranger_roles import role_facts

_NONE: Privileges = frozenset()
_PLURALS = {"r": "TABLES", "S": "SEQUENCES", "f": "FUNCTIONS", "T": "TYPES", "n": "SCHEMAS", "L": "LARGE OBJECTS"}
_USUAL = {"f": EXECUTE, "T": frozenset({"USAGE"})}
"""What PUBLIC has by the hard-wired default."""


@dataclass(frozen=True)
class Sides:
    """Who is known to the declaration, and who to the server."""

    wanted: Desired
    live: Live

    def known(self, role: str) -> bool:
        """Whether a role's privileges on governed objects are compared by the plan, or nobody's business."""
        return role in self.wanted.grantees or self.aside(role)

    def aside(self, role: str) -> bool:
        """Whether nothing is reported of a role: the owner, the server's own, whoever looks."""
        return role == self.wanted.owner or self.server(role)

    def server(self, role: str) -> bool:
        """Whether a role is the server's own, or whoever looks."""
        return role == self.live.user or of_server(role, self.live.maker)


@dataclass(frozen=True)
class Beside:
    """What the declaration does not cover."""

    unseen: tuple[Fact, ...]
    outdated: tuple[str, ...]
    """Exceptions of roles that are here and do not have it: whoever gives it back would not be seen."""


def beside(wanted: Desired, live: Live) -> Beside:
    """Return every fact that no exception names and no plan ends, and the exceptions that name nothing."""
    facts = _facts(Sides(wanted, live))
    held = {(fact.role, fact.text) for fact in facts}
    gone = (
        f"exceptions.postgres.{role}: it does not have `{text}`; take that out, or give it back"
        for role, texts in wanted.exceptions.items()
        for text in sorted(texts)
        if (role in live.roles or role == PUBLIC) and (role, text) not in held
    )
    left = (fact for fact in facts if not fact.planned and not wanted.excepted(fact.role, fact.text))
    return Beside(tuple(left), tuple(gone))


def _facts(sides: Sides) -> list[Fact]:
    direct = [
        *_objects(sides),
        *_columns(sides),
        *_defaults(sides),
        *_others(sides),
        *_given(sides),
        *_owners(sides),
        *_mappings(sides),
        *_schemas(sides),
    ]
    touching = {fact.role for fact in direct}
    return [*_database(sides), *role_facts(sides.wanted, sides.live, touching), *_settings(sides), *direct]


def _objects(sides: Sides) -> Iterator[Fact]:
    wanted, live = sides.wanted, sides.live
    strangers: dict[int, tuple[str, ...]] = {}
    for item in (live.database, *live.objects):
        if not _ours(item, sides):
            yield _owned(item, _name(item), wanted)
        # Most objects share a few ACLs, which are the same mapping.
        if (who := strangers.get(id(item.privileges))) is None:
            who = strangers[id(item.privileges)] = tuple(g for g in item.privileges if not sides.known(g))
        if not (who or item.grantable or item.foreign) and governed(wanted, item):
            continue
        on = _name(item)
        for role in who:
            yield from _granted(role, item.privileges[role], on, KEYWORD[item.kind], item.sql)
        if not governed(wanted, item):
            yield from _beyond(item, on, sides)
        for role, privileges in item.grantable.items():
            if not sides.aside(role):
                yield from _granted(role, privileges, on, KEYWORD[item.kind], item.sql, option=True)
        if item.foreign and governed(wanted, item):
            yield from _foreign(item, on, sides)


def _foreign(item: LiveObject, on: str, sides: Sides) -> Iterator[Fact]:
    """What declared roles have too much from somebody who granted it and whom we cannot become."""
    should = sides.wanted.acl(item.kind, item.schema, item.key, walled=item.walled)
    for (grantor, role), privileges in item.foreign.items():
        excess = sorted(privileges - should.get(role, _NONE))
        if role in sides.wanted.grantees and excess and grantor not in sides.live.becomes:
            what, which = comma(excess), f"{KEYWORD[item.kind]} {item.sql}"
            revoke = f"as {grantor}: REVOKE {what} ON {which} FROM {grantee(role)}"
            sentence = f"{grantor} granted {role} {what} on {item.sql}; {revoke}"
            for each in excess:
                yield Granted(
                    role=role, what=on, privilege=each, keyword=KEYWORD[item.kind], sql=item.sql, sentence=sentence
                )


def _ours(item: LiveObject, sides: Sides) -> bool:
    """Whether an object is owned by whom the declaration names, or by the server where that is as it comes."""
    if item.kind == "database":
        return item.owner == sides.wanted.owner or "owner" not in sides.wanted.keep
    if item.kind == "schema" and item.name == "public":
        return item.owner == sides.wanted.owner or of_server(item.owner, sides.live.maker)
    return item.owner == sides.wanted.owner


def _owned(item: LiveObject, on: str, wanted: Desired) -> Fact:
    mend = f"ALTER {KEYWORD[item.kind]} {item.sql} OWNER TO {ident(wanted.owner)}"
    reported = (
        f"{item.kind} {item.sql} belongs to {item.owner}, so its privileges are left alone; as {item.owner}: {mend}"
    )
    return Fact(role=item.owner, what=f"owns {on}", mend=mend, sentence="" if governed(wanted, item) else reported)


def _beyond(item: LiveObject, on: str, sides: Sides) -> Iterator[Fact]:
    """Of an object whose privileges are left alone: what the declared roles have beyond what they would be given."""
    should = sides.wanted.acl(item.kind, item.schema, item.key, walled=item.walled)
    for role, privileges in item.privileges.items():
        if role in sides.wanted.grantees and not sides.aside(role):
            excess = privileges - should.get(role, _NONE)
            yield from _granted(role, excess, on, KEYWORD[item.kind], item.sql)


def _name(item: LiveObject) -> str:
    return "the database" if item.kind == "database" else f"{item.kind} {item.sql}"


def _granted(
    role: str, privileges: Privileges, on: str, keyword: str, sql: str, *, option: bool = False, columns: str = ""
) -> Iterator[Fact]:
    for each in sorted(privileges):
        yield Granted(role=role, what=on, privilege=each, keyword=keyword, sql=sql, columns=columns, option=option)


def _columns(sides: Sides) -> Iterator[Fact]:
    tables = {(item.schema, item.name): item for item in sides.live.objects if item.kind == "table"}
    for key, columns in sides.live.columns.items():
        if (item := tables.get(key)) is None:
            continue
        compared = governed(sides.wanted, item)
        should = sides.wanted.columns(*key)
        for column, acl in columns.items():
            for role, privileges in acl.items():
                left = privileges - should.get(column, {}).get(role, _NONE) if not compared else privileges
                if role != item.owner and not (sides.known(role) if compared else sides.aside(role)):
                    on = f"column {ident(column)} of table {item.sql}"
                    yield from _granted(role, left, on, "TABLE", item.sql, columns=f" ({ident(column)})")


def _defaults(sides: Sides) -> Iterator[Fact]:
    """Default privileges that the plan does not compare: other creators', other kinds, those of the whole database."""
    wanted = sides.wanted
    for (creator, schema, letter), acl in sides.live.creators.items():
        kind = _PLURALS.get(letter, letter)
        if schema and schema not in wanted.schemas:
            continue
        compared = creator == wanted.owner and bool(schema) and letter in {"r", "S", "f"}
        where = f" in schema {ident(schema)}" if schema else ""
        in_schema = f" IN SCHEMA {ident(schema)}" if schema else ""
        before = f"ALTER DEFAULT PRIVILEGES FOR ROLE {ident(creator)}{in_schema} "
        for role, has in acl.items():
            if role == creator or sides.aside(role) or (compared and sides.known(role)):
                continue
            privileges = has - _USUAL.get(letter, _NONE) if role == PUBLIC and not schema else has
            for each in sorted(privileges):
                what = f"{kind.lower()} that {creator} makes{where}"
                yield Granted(role=role, what=what, privilege=each, keyword=kind, before=before)


def _others(sides: Sides) -> Iterator[Fact]:
    """Types, languages, foreign servers and wrappers, large objects, parameters."""
    for item in sides.live.others:
        on, keyword = f"{item.kind} {item.sql}", item.kind.upper()
        for role, has in item.privileges.items():
            if not sides.server(role):
                yield from _granted(role, has - item.usual if role == PUBLIC else has, on, keyword, item.sql)
        for role, privileges in item.grantable.items():
            if not sides.server(role):
                yield from _granted(role, privileges, on, keyword, item.sql, option=True)
        if lacking := item.usual - item.privileges.get(PUBLIC, _NONE):
            (name,) = lacking
            yield Fact(role=PUBLIC, what=f"no {name} on {on}", mend=f"GRANT {name} ON {keyword} {item.sql} TO PUBLIC")


def _given(sides: Sides) -> Iterator[Fact]:
    """What somebody was given on what PostgreSQL and its extensions bring: catalogs, their functions, their schemas."""
    for each in sides.live.given:
        # On a cloud's server nobody but the cloud can have opened the catalogs to everybody.
        if sides.server(each.role) or (each.role == PUBLIC and each.system and of_cloud(sides.live.maker)):
            continue
        keyword = each.kind.upper()
        on = f"column {each.column} of table {each.sql}" if each.column else f"{each.kind} {each.sql}"
        columns = f" ({each.column})" if each.column else ""
        privilege = frozenset({each.privilege})
        yield from _granted(each.role, privilege, on, keyword, each.sql, option=each.grantable, columns=columns)


# Belong to superusers alone (CREATE EVENT TRIGGER, ALTER FOREIGN DATA WRAPPER); on a cloud's server to its master.
_SUPERUSERS = frozenset({"event trigger", "foreign data wrapper"})


def _owners(sides: Sides) -> Iterator[Fact]:
    """Types, publications, foreign servers, large objects ... that belong to somebody else."""
    live = sides.live
    for kind, name, owner in live.owners:
        if not sides.aside(owner):
            keyword = "SERVER" if kind == "foreign server" else kind.upper()
            mighty = live.user if of_cloud(live.maker) else live.maker
            to = ident(mighty if kind in _SUPERUSERS else sides.wanted.owner)
            yield Fact(role=owner, what=f"owns {kind} {name}", mend=f"ALTER {keyword} {name} OWNER TO {to}")


def _mappings(sides: Sides) -> Iterator[Fact]:
    """Who is somebody else on a foreign server."""
    for role, server in sides.live.mappings:
        if not sides.aside(role):
            mend = f"DROP USER MAPPING FOR {grantee(role)} SERVER {server}"
            yield Fact(role=role, what=f"user mapping on foreign server {server}", mend=mend)


def _settings(sides: Sides) -> Iterator[Fact]:
    """Settings of this database, or of everybody on the server, that go before those of a role."""
    name = sides.live.database.sql
    for each in sides.live.settings:
        role = each.role or PUBLIC
        if role != PUBLIC and role not in sides.wanted.managed:
            continue
        where = " in the database" if each.here else ""
        whom = f"ROLE {ident(each.role)} IN DATABASE {name}" if each.role else f"DATABASE {name}"
        alter = whom if each.here else "ROLE ALL"
        what = f"setting {each.name} = {each.value}{where}"
        yield Fact(role=role, what=what, mend=f"ALTER {alter} RESET {ident(each.name)}")


def _database(sides: Sides) -> Iterator[Fact]:
    live = sides.live
    if live.encoding != "UTF8":
        mend = "copy it into one made with ENCODING 'UTF8'"
        what = f"encoding {live.encoding} of the database"
        sentence = f"database {live.database.name} is in {live.encoding}; {mend}"
        yield Fact(role=PUBLIC, what=what, mend=mend, sentence=sentence)
    if live.connection_limit != -1:
        mend = f"ALTER DATABASE {live.database.sql} CONNECTION LIMIT -1"
        yield Fact(role=PUBLIC, what=f"connection limit {live.connection_limit} of the database", mend=mend)


def _schemas(sides: Sides) -> Iterator[Fact]:
    """Schemas that are not declared: what is in them is compared with nothing."""
    for schema, owner in sides.live.schemas.items():
        if schema != "public" and (owner == sides.live.maker or not of_server(owner, sides.live.maker)):
            mend = "what is in it is not looked at; add it to `schemas`"
            yield Fact(role=owner, what=f"owns schema {ident(schema)}", mend=mend)
