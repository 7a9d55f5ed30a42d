"""Which differences from the definition count, and which are left aside: one rule for every view of a server.

The bootstrap, drift, the rehearsal of migrations and the restore test all ask here; `datatier schema check` alone shows
the comparison as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg

from bootstrap.schema.compare import check, compare
from bootstrap.schema.definition import Schema
from bootstrap.schema.difference import SchemaDifference
from bootstrap.schema.lacking import lacking
from bootstrap.schema.mends.change import shown
from bootstrap.schema.mends.making import split
from bootstrap.schema.read import ServerSchema

ASIDE = "extensions are the server's: a bootstrap makes those that it can and names those that are missing"
"""Why a difference is left aside."""


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """The differences between a definition and a server, sorted by what follows from them."""

    counted: tuple[SchemaDifference, ...] = ()
    """What is not as defined, in an order in which it can be mended. Where the database is at another migration than
    the definition everything would differ: then this is the one difference that says so."""
    aside: tuple[SchemaDifference, ...] = ()
    """Extensions, and the tables that cannot be there without one that is missing."""

    @property
    def other_migration(self) -> bool:
        """Whether the definition is that of another migration, and so no measure."""
        return any(each.kind == "migration" for each in self.counted)

    @property
    def wrong(self) -> tuple[SchemaDifference, ...]:
        """What is missing or different; not what the definition does not have."""
        return () if self.other_migration else tuple(each for each in self.counted if each.severity == "ERROR")

    @property
    def note(self) -> str:
        """One sentence on what was left aside and why; empty where nothing was."""
        if not self.aside:
            return ""
        return f"left aside: {', '.join(f'{each.kind} {each.object}' for each in self.aside)}; {ASIDE}"


def judge(conn: psycopg.Connection[Any], expected: Schema) -> Judgement:
    """Hold the schema that `conn` sees against the definition; one that declares extensions alone is no measure."""
    if not expected.keys() - {"extensions"}:
        return Judgement()
    live, found = check(conn, expected)
    return _sorted(expected, live, found)


def judged(expected: Schema, live: ServerSchema) -> Judgement:
    """Sort the differences of a schema that was read. Pure."""
    return _sorted(expected, live, compare(expected, live))


def _sorted(expected: Schema, live: ServerSchema, found: tuple[SchemaDifference, ...]) -> Judgement:
    if other := tuple(each for each in found if each.kind == "migration"):
        return Judgement(counted=other)
    aside = tuple(sorted(_aside(expected, live, found), key=lambda each: each.kind != "extension"))
    return Judgement(counted=tuple(each for each in found if each not in aside), aside=aside)


def _aside(expected: Schema, live: ServerSchema, found: tuple[SchemaDifference, ...]) -> Iterator[SchemaDifference]:
    there = live.schema.get("extensions", {})
    out = lacking(expected, [name for name in expected.get("extensions", {}) if name not in there])
    names = {(split(name)[0], shown(split(name)[1])) for name in out}
    for each in found:
        if (
            each.severity == "INFO"
            or each.kind == "extension"
            or (each.found is None and (each.kind, each.object) in names)
        ):
            yield each
