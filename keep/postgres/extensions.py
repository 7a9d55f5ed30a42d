"""The extensions of an archive: whoever administers the server makes them, not the owner of the database."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from bootstrap.declared_extensions import DeclaredExtension
from keep.postgres.archive import Entry

_MADE = re.compile(r"CREATE EXTENSION IF NOT EXISTS (\S+)(?: WITH SCHEMA (.+))?")


def first(entry: Entry) -> bool:
    """Whether it is an extension, or a schema, which extensions may be in."""
    return entry.kind in ("SCHEMA", "EXTENSION")


def comment(entry: Entry) -> bool:
    """Whether it is the comment of an extension: that comes with it, and only its maker may give it another one."""
    return entry.kind == "COMMENT" and entry.rest.startswith("- EXTENSION ")


def of(entry: Entry, names: Collection[str]) -> bool:
    """Whether it is one of those extensions, or the comment of one."""
    return (entry.kind == "EXTENSION" or comment(entry)) and entry.rest.split()[-1] in names


def wanted(statements: Iterable[str]) -> tuple[DeclaredExtension, ...]:
    """Return what pg_dump's statements make, and in which schemas."""
    return tuple(
        DeclaredExtension(name=_plain(found[1]), schema=_plain(found[2]) if found[2] else None)
        for each in statements
        if (found := _MADE.fullmatch(each))
    )


def _plain(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
