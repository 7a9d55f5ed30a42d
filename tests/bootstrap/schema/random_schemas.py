"""Schemas at random: types, domains, functions, tables, partitions and views that need each other in every direction.

Each statement is valid after those before it. The last ones change what is there, so that an object comes to need one
that was made after it, or each of two the other. Names are drawn apart from the order: no alphabet tells it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from bootstrap.postgres.change import ident

_NAMES = [ident(f"{letter}{end}") for letter in "qzamT" for end in ("", "_x", " y", '"', ".d", "Z", "1")]


@dataclass
class _Made:
    """What is there so far."""

    draw: Any
    names: list[str]
    sql: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=lambda: ["int", "text"])
    rows: list[str] = field(default_factory=list)
    """What has rows: tables and views."""
    tables: list[str] = field(default_factory=list)
    views: dict[str, str] = field(default_factory=dict)
    """Plain views with what they read."""
    numbers: list[str] = field(default_factory=list)
    """Functions without arguments that return an int."""
    parsed: list[str] = field(default_factory=list)
    """Those of them whose body PostgreSQL parses."""
    domains: list[str] = field(default_factory=list)

    def name(self) -> str:
        return f"{self.one(['public', 'other'])}.{self.names.pop()}"

    def one(self, items: list[str]) -> str:
        return str(self.draw(st.sampled_from(items)))

    def maybe(self) -> bool:
        return bool(self.draw(st.booleans()))

    def number(self) -> str:
        return f"{self.one(self.numbers)}()" if self.numbers and self.maybe() else "1"

    def type_(self) -> str:
        found = self.one(self.types)
        return f"{found}[]" if self.draw(st.integers(0, 4)) == 0 else found


def _enum(made: _Made) -> None:
    name = made.name()
    made.sql.append(f"CREATE TYPE {name} AS ENUM ('b', 'a''')")
    made.types.append(name)


def _composite(made: _Made) -> None:
    name = made.name()
    made.sql.append(f"CREATE TYPE {name} AS (f {made.type_()}, g {made.type_()})")
    made.types.append(name)


def _domain(made: _Made) -> None:
    name = made.name()
    base = made.one(["int", *made.domains])
    check = f" CHECK (VALUE <> {made.number()})" if made.maybe() else ""
    made.sql.append(f"CREATE DOMAIN {name} AS {base} DEFAULT {made.number()}{check}")
    made.domains.append(name)
    made.types.append(name)


def _function(made: _Made) -> None:
    name = made.name()
    kind = made.one(["row", "signature", "quoted", "parsed", "parsed"])
    if kind == "row" and made.rows:
        made.sql.append(
            f"CREATE FUNCTION {name}(int) RETURNS SETOF {made.one(made.rows)} LANGUAGE plpgsql AS 'BEGIN END'"
        )
        return
    if kind == "signature":
        arguments = f"a {made.type_()}, b int DEFAULT {made.number()}, OUT c {made.type_()}"
        made.sql.append(f"CREATE FUNCTION {name}({arguments}) LANGUAGE plpgsql AS 'BEGIN END'")
        return
    body = "AS 'SELECT 1'" if kind == "quoted" else _body(made)
    made.sql.append(f"CREATE FUNCTION {name}() RETURNS int LANGUAGE sql IMMUTABLE {body}")
    made.numbers.append(name)
    if kind != "quoted":
        made.parsed.append(name)


def _body(made: _Made) -> str:
    if made.rows and made.maybe():
        return f"BEGIN ATOMIC SELECT count(*)::int + {made.number()} FROM {made.one(made.rows)}; END"
    return f"RETURN {made.number()} + 1"


def _table(made: _Made) -> None:
    name = made.name()
    parent = made.one(made.tables) if made.tables else ""
    kind = made.one(["plain", "plain", "heir", "partitioned"])
    check = f", CHECK (k <> {made.number()})" if made.maybe() else ""
    columns = f"k int DEFAULT {made.number()}, v {made.type_()}, g int GENERATED ALWAYS AS (k + {made.number()}) STORED"
    if kind == "heir" and parent:
        made.sql.append(f"CREATE TABLE {name} (h{len(made.tables)} {made.type_()}) INHERITS ({parent})")
        return
    if kind == "partitioned":
        made.sql.append(f"CREATE TABLE {name} ({columns}{check}) PARTITION BY LIST (k)")
        for value in (1, 2):
            part = made.name()
            made.sql.append(f"CREATE TABLE {part} PARTITION OF {name} FOR VALUES IN ({value})")
        made.sql.append(f"CREATE INDEX ON {name} (g)")
        made.rows.append(name)
        return
    reference = f", r int REFERENCES {parent}" if parent and made.maybe() else ""
    made.sql.append(f"CREATE TABLE {name} ({columns}, PRIMARY KEY (k){reference}{check})")
    made.tables.append(name)
    made.rows.append(name)
    made.types.append(name)


def _view(made: _Made) -> None:
    name = made.name()
    materialized = "MATERIALIZED " if made.draw(st.integers(0, 3)) == 0 else ""
    source = made.one(made.rows) if made.rows else ""
    grouped = source in made.tables and made.maybe()
    read = f" FROM {source}{' GROUP BY k' if grouped else ''}" if source else ""
    column = "k" if source else "1"
    extra = (
        f", {'max(g)' if grouped else 'g'} AS g, {made.number()} AS n" if source in made.tables else ", 1 AS g, 1 AS n"
    )
    made.sql.append(f"CREATE {materialized}VIEW {name} AS SELECT {column} AS k{extra}{read}")
    made.rows.append(name)
    made.types.append(name)
    if not materialized:
        made.views[name] = f"{column} AS k{extra}{read}"


def _default(made: _Made) -> None:
    if made.tables and made.numbers:
        made.sql.append(f"ALTER TABLE {made.one(made.tables)} ALTER k SET DEFAULT {made.one(made.numbers)}()")


def _check(made: _Made) -> None:
    if made.tables and made.numbers:
        made.sql.append(f"ALTER TABLE {made.one(made.tables)} ADD CHECK (k + 1 <> {made.one(made.numbers)}())")


def _domain_check(made: _Made) -> None:
    if made.domains and made.numbers:
        made.sql.append(f"ALTER DOMAIN {made.one(made.domains)} SET DEFAULT {made.one(made.numbers)}()")


def _rebody(made: _Made) -> None:
    if made.parsed:
        made.sql.append(
            f"CREATE OR REPLACE FUNCTION {made.one(made.parsed)}() RETURNS int LANGUAGE sql IMMUTABLE {_body(made)}"
        )


def _review(made: _Made) -> None:
    plain = [name for name, what in made.views.items() if "GROUP BY" not in what and "1 AS n" in what]
    if plain and made.numbers:
        name = made.one(plain)
        read = made.views[name].replace("1 AS n", f"{made.one(made.numbers)}() AS n")
        made.sql.append(f"CREATE OR REPLACE VIEW {name} AS SELECT {read}")


_MAKERS = [_enum, _composite, _domain, _function, _function, _table, _table, _view]
_CHANGES = [_default, _check, _domain_check, _rebody, _rebody, _review]


@st.composite
def schemas(draw: Any) -> list[str]:
    """The statements that make one."""
    made = _Made(draw, draw(st.permutations(_NAMES)), ["CREATE SCHEMA other"])
    for make in draw(st.lists(st.sampled_from(_MAKERS), min_size=4, max_size=11)):
        make(made)
    for change in draw(st.lists(st.sampled_from(_CHANGES), max_size=4)):
        change(made)
    return made.sql
