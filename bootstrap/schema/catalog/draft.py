"""What has been read so far, and where each object of the server is in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bootstrap.schema.definition import Schema

Row = tuple[Any, ...]
"""A row of a query, in the order in which its SELECT names the columns."""

Entry = dict[str, Any]
"""An object in the shape of the definition, while it is being put together."""

Address = tuple[str, int]
"""A catalog and the oid in it, as pg_depend names an object."""


@dataclass
class Draft:
    """A schema while its families are read, each adding its own."""

    server: int
    """Version of the server, as server_version_num has it."""
    schema: Schema = field(default_factory=Schema)
    named: dict[Address, str] = field(default_factory=dict)
    """What a need calls an object: `table public.users`. Those of extensions are `extension citext`."""
    entries: dict[Address, Entry] = field(default_factory=dict)
    """Objects that take a comment."""
    parts: dict[Address, tuple[Entry, str]] = field(default_factory=dict)
    """What hangs on a relation or domain, with its name there: `index i`."""
    relations: dict[int, Entry] = field(default_factory=dict)
    """Tables, partitions and views by their oid in pg_class; composite types too."""
    names: dict[int, str] = field(default_factory=dict)
    """The names of the same."""
    numbers: dict[tuple[int, int], str] = field(default_factory=dict)
    """Names of columns by relation and number."""
    not_null: dict[tuple[int, int], str] = field(default_factory=dict)
    """Names of NOT NULL constraints by relation and number of the column, from PostgreSQL 18 on."""
    signatures: dict[int, frozenset[int]] = field(default_factory=dict)
    """The types that a function's signature names; only of one whose body PostgreSQL has parsed."""
    left_out: dict[str, int] = field(default_factory=dict)

    def add(self, kind: str, name: str, entry: Entry, *addresses: Address) -> None:
        """Take up an object that stands for itself; `kind` is its keyword in SQL, in lower case."""
        group: Any = self.schema
        if kind in _GROUPS:
            group = group.setdefault(_GROUPS[kind], {})
        else:
            group = group.setdefault("objects", {}).setdefault(kind, {})
        group[name] = entry
        for address in addresses:
            self.named[address] = f"{kind} {name}"
            self.entries[address] = entry

    def hang(self, relation: int, group: str, kind: str, name: str, text: str, address: Address) -> None:
        """Take up what hangs on a relation."""
        entry = self.relations[relation]
        entry.setdefault(group, {})[name] = text
        self.parts[address] = (entry, f"{kind} {name}")


_GROUPS = {
    "schema": "schemas",
    "type": "types",
    "sequence": "sequences",
    "function": "functions",
    "table": "tables",
    "view": "views",
}


def given(names: Iterable[str], row: Iterable[object]) -> Entry:
    """The columns of a row that have a value, by name; false and NULL are what is not so."""
    return {name: value for name, value in zip(names, row, strict=True) if value is not None and value is not False}


def state(enabled: str) -> str:
    """How a trigger or rule fires where that is not the usual way: pg_trigger.tgenabled, pg_rewrite.ev_enabled."""
    return {"D": "DISABLED", "R": "REPLICA", "A": "ALWAYS"}.get(enabled, "")


def call(head: str, parameters: Mapping[str, str | None]) -> str:
    """`CREATE X y (A = b, C = d)` of the parameters that are given."""
    told = ", ".join(f"{name} = {value}" for name, value in parameters.items() if value is not None)
    return f"{head} ({told})"
