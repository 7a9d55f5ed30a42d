"""Of what a table is a partition, and the partitions of months. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

from bootstrap.postgres.change import comma
from bootstrap.schema.definition import Column, Schema, Table
from bootstrap.schema.mends.change import Change, altered, beyond, extra, missing
from bootstrap.schema.months import bound, following, month_in_name, month_of, upkeep
from bootstrap.schema.statements import names
from bootstrap.schema.statements import tables as sql

_ROWS = "loses the rows in it; ALTER TABLE ... DETACH PARTITION keeps them"


def placed(title: str, want: Table, has: Table) -> Iterator[Change]:
    """A table that is a partition on one side only, of another parent, or with another bound."""
    ours, theirs = (_place(each) for each in (want, has))
    if ours == theirs:
        return
    statements = [sql.attach(title, want)] if "partition_of" in want else []
    before = [sql.detach(title, has["partition_of"])] if "partition_of" in has else []
    same = want.get("partition_of") == has.get("partition_of")
    what = "bound" if same else "attachment"
    needs = [f"table {title}", *([f"table {want['partition_of']}"] if "partition_of" in want else [])]
    yield altered("partition", f"place of {title}", title, what, ours, theirs, statements, before=before, needs=needs)


def _place(entry: Table) -> str:
    return f"of {entry['partition_of']} {entry['bound']}" if "partition_of" in entry else "detached"


def unlike(title: str, want: Mapping[str, Column], has: Mapping[str, Column]) -> Change | None:
    """A table that cannot become a partition as it is."""
    ours, theirs = ({each: _kind(column) for each, column in columns.items()} for columns in (want, has))
    if ours == theirs:
        return None
    note = "no statement attaches a table with other columns than its parent's: change those that differ first"
    told = (comma(f"{each} {kind}" for each, kind in sorted(columns.items())) for columns in (ours, theirs))
    expected, found = told
    return beyond("partition", f"table {title}", title, "columns", expected, found, note)


def _kind(column: Column) -> str:
    generated = f" GENERATED ALWAYS AS ({column.get('default')})" if "generated" in column else ""
    collation = f" COLLATE {column['collation']}" if "collation" in column else ""
    return f"{column['type']}{collation}{generated}"


def lacking(title: str, entry: Table) -> Change:
    """A partition that is not there."""
    return missing("partition", f"table {title}", title, entry["bound"])


def beside(title: str, entry: Table) -> Change:
    """A partition that nothing defines."""
    return extra("partition", f"table {title}", title, entry["bound"], _ROWS)


def months(expected: Schema, found: Schema, today: date) -> Iterator[Change]:
    """The partitions of months: this month's and the next one's have to be there, every other one may be."""
    tables, there = expected.get("tables", {}), found.get("tables", {})
    for title, entry in tables.items():
        if not entry.get("monthly") or title not in there:
            continue
        first = today.replace(day=1)
        for part, has in there.items():
            month = month_in_name(part, title)
            if month is not None and part not in tables:
                yield from placed(part, {"partition_of": title, "bound": bound(month)}, has)
        for month in (first, following(first)):
            name = f"{names.plain(names.name_of(title))}_{month:%Y_%m}"
            part = names.beside(title, name if name.isidentifier() and name.islower() else f'"{name}"')
            if part in there:
                continue
            # No error: until it is there, the default partition takes the rows.
            function = upkeep(title, expected.get("functions", ()))
            made = f"SELECT {function}()" if function else f"CREATE TABLE {part} PARTITION OF {title} {bound(month)}"
            change = altered("partition", f"table {part}", part, "missing", bound(month), None, [made])
            yield replace(change, severity="WARN")


def of_month(title: str, entry: Table, expected: Schema) -> bool:
    """Whether a partition is one of a month, which the definition does not list."""
    parent = expected.get("tables", {}).get(entry.get("partition_of", ""), Table())
    return bool(parent.get("monthly")) and month_of(title, entry) is not None
