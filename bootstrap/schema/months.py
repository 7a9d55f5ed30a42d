"""The partitions of single months that an upkeep makes: the definition does not list them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta

from bootstrap.schema.definition import Schema, Table
from bootstrap.schema.statements.names import identifiers, name_of, plain, schema_of

_MONTH = re.compile(r"_(\d{4})_(0[1-9]|1[0-2])$")


def upkeep(title: str, functions: Iterable[str]) -> str | None:
    """The function that makes a table's partitions: by convention `keep_<table>_partitions` in the table's schema."""
    wanted = schema_of(title), f"keep_{plain(name_of(title))}_partitions"
    for signature in functions:
        schema, name = identifiers(signature.partition("(")[0])
        if (schema, plain(name)) == wanted:
            return f"{schema}.{name}"
    return None


def is_monthly(title: str, schema: Schema) -> bool:
    """Whether a table's partitions are those of months: by a point in time alone, with an upkeep that makes them."""
    entry = schema["tables"][title]
    key = re.fullmatch(r"RANGE \((.+)\)", entry.get("partition_by", ""))
    column = entry.get("columns", {}).get(key[1], {}) if key else {}
    return column.get("type") == "timestamp with time zone" and upkeep(title, schema.get("functions", ())) is not None


def month_of(title: str, entry: Table) -> date | None:
    """The month of a partition that is named after its parent and a month, and holds just that month in UTC."""
    parent = entry.get("partition_of")
    if parent is None or "partition_by" in entry:
        return None
    month = month_in_name(title, parent)
    return month if month is not None and entry["bound"] == bound(month) else None


def month_in_name(title: str, parent: str) -> date | None:
    """The month that a table is named after beside its parent: `public.log_2026_11` of `public.log`."""
    named = _MONTH.search(plain(name_of(title)))
    if named is None or plain(name_of(title))[: named.start()] != plain(name_of(parent)):
        return None
    return date(int(named[1]), int(named[2]), 1) if schema_of(title) == schema_of(parent) else None


def bound(month: date) -> str:
    """Bound of the partition of a month in UTC, as PostgreSQL prints it there."""
    return f"FOR VALUES FROM ('{month} 00:00:00+00') TO ('{following(month)} 00:00:00+00')"


def following(month: date) -> date:
    """The month after a month, each by its first day."""
    return (month + timedelta(days=31)).replace(day=1)
