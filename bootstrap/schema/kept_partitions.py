"""The partitions of single periods that an upkeep makes: the definition does not list them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from difflib import get_close_matches
from typing import TYPE_CHECKING

from bootstrap import periods
from bootstrap.periods import Period
from bootstrap.schema.definition import Schema, Table
from bootstrap.schema.mends.change import shown
from bootstrap.schema.statements.names import identifiers, name_of, plain, schema_of

if TYPE_CHECKING:
    from bootstrap.access.upkeep import TableUpkeep

_FROM = re.compile(r"FOR VALUES FROM \('(\d{4}-\d{2}-\d{2})")
_PRECISION = re.compile(r"\(\d\)")


def upkeep(title: str, functions: Iterable[str]) -> str | None:
    """The function that makes a table's partitions: by convention `keep_<table>_partitions` in the table's schema."""
    wanted = schema_of(title), f"keep_{plain(name_of(title))}_partitions"
    for signature in functions:
        schema, name = identifiers(signature.partition("(")[0])
        if (schema, plain(name)) == wanted:
            return f"{schema}.{name}"
    return None


def with_periods(schema: Schema, declared: Iterable[TableUpkeep]) -> Schema:
    """The schema with `period` where an upkeep makes partitions: a declared one, or a function by convention."""
    tables = schema.get("tables", {})
    found: dict[str, Period] = {title: "month" for title in tables if _has_function(title, schema)}
    for each in declared:
        title = _title(each, tables)
        if each.partitions and title and time_key(title, schema):
            found[title] = each.partitions.every
    if not found:
        return schema
    marked: Schema = {**schema}
    marked["tables"] = {
        title: {**entry, "period": found[title]} if title in found else entry for title, entry in tables.items()
    }
    return marked


def _has_function(title: str, schema: Schema) -> bool:
    return (
        time_key(title, schema) == "timestamp with time zone" and upkeep(title, schema.get("functions", ())) is not None
    )


def time_key(title: str, schema: Schema) -> str | None:
    """The type of what a table is partitioned by, where that is a range of one column with a point in time."""
    entry = schema["tables"][title]
    key = re.fullmatch(r"RANGE \((.+)\)", entry.get("partition_by", ""))
    type_ = entry.get("columns", {}).get(key[1], {}).get("type", "") if key else ""
    kind = _PRECISION.sub("", type_)
    return kind if kind in periods.TIMES else None


def period_of(title: str, entry: Table, schema: Schema) -> date | None:
    """First day of the period of a partition that an upkeep keeps; None for any other table.

    By its bound, whatever it is called; one that is named after another period is not what it says it is.
    """
    parent = entry.get("partition_of", "")
    every = schema.get("tables", {}).get(parent, Table()).get("period")
    kind = time_key(parent, schema) if every else None
    found = _FROM.match(entry.get("bound", ""))
    if every is None or kind is None or found is None or "partition_by" in entry:
        return None
    begin = date.fromisoformat(found[1])
    if periods.begin_of(begin, every) != begin or entry["bound"] != periods.bound(begin, every, kind):
        return None
    return begin if named_after(title, parent, every) in (None, begin) else None


def named_after(title: str, parent: str, every: Period) -> date | None:
    """First day of the period that a table is named after beside its parent: `public.log_2026_11` of `public.log`."""
    if schema_of(title) != schema_of(parent):
        return None
    return periods.in_name(plain(name_of(title)), plain(name_of(parent)), every)


def unknown(declared: Iterable[TableUpkeep], schema: Schema) -> Iterator[str]:
    """What access.yaml's `upkeep` names and the schema does not have, one sentence each."""
    tables = schema.get("tables", {})
    for number, each in enumerate(declared):
        title = _title(each, tables)
        if title is None:
            named = f"{each.schema_name}.{each.table}"
            near = get_close_matches(named, tables, n=1)
            hint = f"; nearest: `{shown(near[0])}`" if near else ""
            yield f"upkeep.{number}.table: the schema has no table `{shown(named)}`{hint}"
            continue
        if each.partitions and time_key(title, schema) is None:
            by = tables[title].get("partition_by")
            what = f"it is partitioned by {by}" if by else "it is not partitioned"
            yield (
                f"upkeep.{number}.partitions: `{shown(title)}` has no partitions by a range of one column with a "
                f"point in time: {what}"
            )
        if each.expire:
            yield from _column(f"upkeep.{number}.expire.column", title, each.expire.column, tables[title])


def _column(path: str, title: str, column: str, entry: Table) -> Iterator[str]:
    types = {plain(name): _PRECISION.sub("", each.get("type", "")) for name, each in entry.get("columns", {}).items()}
    times = ", ".join(f"`{name}`" for name, kind in types.items() if kind in periods.TIMES)
    mend = f"with a point in time are {times}" if times else "none of its columns has a point in time"
    if column not in types:
        yield f"{path}: `{shown(title)}` has no column `{column}`; {mend}"
    elif types[column] not in periods.TIMES:
        yield f"{path}: `{column}` of `{shown(title)}` is {types[column]}, no point in time; {mend}"


def _title(declared: TableUpkeep, tables: Mapping[str, Table]) -> str | None:
    named = [declared.schema_name, declared.table]
    return next((title for title in tables if [plain(part) for part in identifiers(title)] == named), None)
