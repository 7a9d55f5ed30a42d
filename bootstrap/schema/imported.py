"""The definition that describes a server: what `schema dump` writes. Pure."""

from __future__ import annotations

from typing import Any, TypeVar

from bootstrap.schema.definition import Schema, Table, View
from bootstrap.schema.months import is_monthly, month_of
from bootstrap.schema.read import ServerSchema


def definition_of(live: ServerSchema) -> Schema:
    """Return it without what no definition has: the partitions of single months, and indexes that are not valid."""
    found: Schema = {**live.schema}
    tables = live.schema.get("tables", {})
    monthly = {title for title, entry in tables.items() if "partition_by" in entry and is_monthly(title, live.schema)}
    if tables:
        found["tables"] = {
            title: {**_valid(entry), "monthly": True} if title in monthly else _valid(entry)
            for title, entry in tables.items()
            if entry.get("partition_of") not in monthly or month_of(title, entry) is None
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
