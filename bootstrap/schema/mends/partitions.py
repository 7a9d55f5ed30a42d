"""Of what a table is a partition, and the partitions of single periods. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

from bootstrap import periods
from bootstrap.periods import Period
from bootstrap.postgres.change import comma, ident
from bootstrap.schema.definition import Column, Schema, Table
from bootstrap.schema.kept_partitions import named_after, period_of, time_key, upkeep
from bootstrap.schema.mends.change import Change, altered, beyond, extra, missing
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


def kept(expected: Schema, found: Schema, today: date) -> Iterator[Change]:
    """The partitions of tables with a period: the present one and the next have to be there, every other one may be."""
    tables, there = expected.get("tables", {}), found.get("tables", {})
    for title, entry in tables.items():
        every, kind = entry.get("period"), time_key(title, expected)
        if every is None or kind is None or title not in there:
            continue
        covered = set()
        for part, has in there.items():
            covered.add(period_of(part, has, expected))
            begin = named_after(part, title, every)
            if begin is not None and part not in tables:
                yield from placed(part, {"partition_of": title, "bound": periods.bound(begin, every, kind)}, has)
        first = periods.begin_of(today, every)
        for begin in (first, periods.later(first, every, 1)):
            if begin not in covered:
                yield _not_yet(title, begin, every, kind, expected)


def _not_yet(title: str, begin: date, every: Period, kind: str, expected: Schema) -> Change:
    """No error: until it is there, a default partition takes the rows."""
    name = f"{names.plain(names.name_of(title))}{periods.suffix(begin, every)}"
    part = names.beside(title, name if name.isidentifier() and name.islower() else ident(name))
    limits = periods.bound(begin, every, kind)
    function = upkeep(title, expected.get("functions", ()))
    made = f"SELECT {function}()" if function else f"CREATE TABLE {part} PARTITION OF {title} {limits}"
    note = "datatier maintain run makes it where access.yaml has the table under `upkeep`"
    change = altered("partition", f"table {part}", part, "missing", limits, None, [made], note=note)
    return replace(change, severity="WARN")
