"""The definition that describes a server: what `schema dump` writes. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from bootstrap.schema.definition import Schema, Table, View
from bootstrap.schema.kept_partitions import period_of, with_periods
from bootstrap.schema.read import ServerSchema

if TYPE_CHECKING:
    from bootstrap.access.upkeep import TableUpkeep


def definition_of(live: ServerSchema, upkeep: Iterable[TableUpkeep] = ()) -> Schema:
    """Return it without what no definition has: partitions of single periods, and indexes that are not valid."""
    found: Schema = {**with_periods(live.schema, upkeep)}
    if tables := found.get("tables"):
        found["tables"] = {
            title: _valid(entry) for title, entry in tables.items() if period_of(title, entry, found) is None
        }
    if "views" in found:
        found["views"] = {title: _valid(view) for title, view in found["views"].items()}
    return found


_Relation = TypeVar("_Relation", Table, View)


def _valid(entry: _Relation) -> _Relation:
    """The relation without the indexes that a failed CREATE INDEX CONCURRENTLY left, which `left_out` counts."""
    if "invalid" not in entry:
        return entry
    kept: Any = {**entry}
    gone = {f"index {name}" for name in kept.pop("invalid")}
    for group, prefix in (("indexes", "index "), ("comments", "")):
        left = {name: what for name, what in kept.pop(group, {}).items() if f"{prefix}{name}" not in gone}
        kept |= {group: left} if left else {}
    return kept  # type: ignore[no-any-return]  # the same, less some keys
