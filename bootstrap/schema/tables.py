"""The differences between a table as defined and the one of a server. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta

from bootstrap.schema import statements as sql
from bootstrap.schema.definition import Column, Table
from bootstrap.schema.difference import SchemaDifference, comment, difference, named


def table(title: str, expected: Table, found: Table) -> Iterator[SchemaDifference]:
    """Everything but the partitions."""
    quoted = sql.name(title)
    yield from comment("TABLE", title, quoted, expected.get("comment"), found.get("comment"))
    yield from _storage(title, expected, found)
    columns = tuple(_columns(title, expected.get("columns", {}), found.get("columns", {})))
    yield from (each for each in columns if each.expected is not None)
    yield from named(
        "constraint",
        expected.get("constraints", {}),
        found.get("constraints", {}),
        prefix=f"{title}.",
        make=lambda each, what: sql.constraint(title, each, what, online="partition_by" not in expected),
        drop=lambda each, _: f"ALTER TABLE {quoted} DROP CONSTRAINT {sql.name(each)}",
        change=lambda each, what, has: _constraint(title, each, what, has, online="partition_by" not in expected),
    )
    yield from indexes(
        title, expected.get("indexes", {}), found.get("indexes", {}), online="partition_by" not in expected
    )
    yield from named(
        "trigger",
        expected.get("triggers", {}),
        found.get("triggers", {}),
        prefix=f"{title}.",
        make=lambda each, what: sql.trigger(title, each, what),
        drop=lambda each, _: f"DROP TRIGGER {sql.name(each)} ON {quoted}",
        change=lambda each, what, has: _trigger(title, each, what, has),
    )
    yield from named(
        "policy",
        expected.get("policies", {}),
        found.get("policies", {}),
        prefix=f"{title}.",
        make=lambda _, what: [what],
        drop=lambda each, _: f"DROP POLICY {sql.name(each)} ON {quoted}",
    )
    security, has = expected.get("row_security"), found.get("row_security")
    if security != has:
        mends = sql.row_security(title, security)
        yield difference("row security", title, security or "off", has or "off", mends, "state")
    # Last, since a dropped column takes along what names it.
    yield from (each for each in columns if each.expected is None)


def indexes(owner: str, expected: dict[str, str], found: dict[str, str], *, online: bool) -> Iterator[SchemaDifference]:
    """Indexes of a table or materialized view."""
    how = "INDEX CONCURRENTLY" if online else "INDEX"

    def change(title: str, what: str, has: str) -> Iterable[str]:
        if has == f"{what} INVALID":  # left behind by a CREATE INDEX CONCURRENTLY that failed
            return [f"REINDEX {how} {sql.name(title)}"]
        return [f"DROP {how} {sql.name(title)}", sql.index(what, online=online)]

    yield from named(
        "index",
        expected,
        found,
        prefix=f"{owner}.",
        make=lambda _, what: [sql.index(what, online=online)],
        drop=lambda title, _: f"DROP {how} {sql.name(title)}",
        change=change,
    )


def _storage(title: str, expected: Table, found: Table) -> Iterator[SchemaDifference]:
    quoted = sql.name(title)
    wanted, has = expected.get("options", []), found.get("options", [])
    if wanted != has:
        gone = sorted({each.partition("=")[0] for each in has} - {each.partition("=")[0] for each in wanted})
        mends = [f"ALTER TABLE {quoted} RESET ({', '.join(gone)})"] if gone else []
        mends += [f"ALTER TABLE {quoted} SET ({', '.join(wanted)})"] if wanted else []
        yield difference("table", title, ", ".join(wanted) or "none", ", ".join(has) or "none", mends, "options")
    if expected.get("unlogged") != found.get("unlogged"):
        want = "UNLOGGED" if expected.get("unlogged") else "LOGGED"
        has_ = "UNLOGGED" if found.get("unlogged") else "LOGGED"
        yield difference("table", title, want, has_, [f"ALTER TABLE {quoted} SET {want}"], "persistence")
    by, is_by = expected.get("partition_by"), found.get("partition_by")
    if by != is_by:  # no statement turns one into the other: its rows have to be copied by a migration
        yield difference("table", title, by or "not partitioned", is_by or "not partitioned", [], "partition key")


def _columns(title: str, expected: dict[str, Column], found: dict[str, Column]) -> Iterator[SchemaDifference]:
    if expected == found:
        return
    alter = f"ALTER TABLE {sql.name(title)}"
    for each in dict.fromkeys([*expected, *found]):
        wanted, has = expected.get(each), found.get(each)
        where = f"{title}.{each}"
        if wanted is None and has is not None:
            drop = f"{alter} DROP COLUMN {sql.name(each)}"
            yield difference("column", where, None, sql.column(each, has), [drop])
        elif has is None and wanted is not None:
            text = sql.column(each, wanted)
            yield difference("column", where, text, None, [f"{alter} ADD COLUMN {text}", *_comment(where, wanted)])
        elif wanted is not None and has is not None and wanted != has:
            yield from _column(title, each, wanted, has)


def _comment(where: str, wanted: Column) -> Iterable[str]:
    table_, _, column = where.partition(".")
    quoted = f"{sql.name(table_)}.{sql.name(column)}"
    return [sql.comment("COLUMN", quoted, wanted["comment"])] if "comment" in wanted else []


def _column(title: str, each: str, wanted: Column, has: Column) -> Iterator[SchemaDifference]:
    where, quoted = f"{title}.{each}", sql.name(each)
    alter = f"ALTER TABLE {sql.name(title)} ALTER COLUMN {quoted}"
    if (wanted["type"], wanted.get("collation")) != (has["type"], has.get("collation")):
        collation = f' COLLATE "{wanted["collation"]}"' if "collation" in wanted else ""
        mend = f"{alter} TYPE {wanted['type']}{collation} USING {quoted}::{wanted['type']}"
        was = " ".join([has["type"], *([f"collation {has['collation']}"] if "collation" in has else [])])
        want = " ".join([wanted["type"], *([f"collation {wanted['collation']}"] if "collation" in wanted else [])])
        yield difference("column", where, want, was, [mend], "type")
    if wanted.get("not_null") != has.get("not_null"):
        want, was = (("NOT NULL" if entry.get("not_null") else "NULL") for entry in (wanted, has))
        verb = "SET" if wanted.get("not_null") else "DROP"
        yield difference("column", where, want, was, [f"{alter} {verb} NOT NULL"], "nullability")
    if _made(wanted) != _made(has):
        yield difference("column", where, _made(wanted), _made(has), _remake(alter, each, wanted, has), "default")
    yield from comment("COLUMN", where, f"{sql.name(title)}.{quoted}", wanted.get("comment"), has.get("comment"))


def _made(entry: Column) -> str:
    """How the column comes to its value when none is given."""
    if "generated" in entry:
        return f"GENERATED ALWAYS AS ({entry.get('default')}) {entry['generated']}"
    if "identity" in entry:
        return f"GENERATED {entry['identity']} AS IDENTITY"
    return f"DEFAULT {entry['default']}" if "default" in entry else "no default"


def _remake(alter: str, title: str, wanted: Column, has: Column) -> Iterator[str]:
    if "generated" in wanted or ("generated" in has and has["generated"] == "VIRTUAL"):
        # Before PostgreSQL 17 an expression cannot be changed; the values are computed again either way.
        whole = alter.partition(" ALTER COLUMN ")[0]
        yield f"{whole} DROP COLUMN {sql.name(title)}"
        yield f"{whole} ADD COLUMN {sql.column(title, wanted)}"
        return
    if "generated" in has:
        yield f"{alter} DROP EXPRESSION"
    if "identity" in has and "identity" in wanted:
        yield f"{alter} SET GENERATED {wanted['identity']}"
        return
    if "identity" in has:
        yield f"{alter} DROP IDENTITY"
    if "default" in wanted:
        yield f"{alter} SET DEFAULT {wanted['default']}"
    elif "default" in has and "generated" not in has:
        yield f"{alter} DROP DEFAULT"
    if "identity" in wanted:
        yield f"{alter} ADD GENERATED {wanted['identity']} AS IDENTITY"


def _constraint(title: str, each: str, what: str, has: str, *, online: bool) -> Iterable[str]:
    if has == f"{what} NOT VALID":
        return [f"ALTER TABLE {sql.name(title)} VALIDATE CONSTRAINT {sql.name(each)}"]
    drop = f"ALTER TABLE {sql.name(title)} DROP CONSTRAINT {sql.name(each)}"
    return [drop, *sql.constraint(title, each, what, online=online)]


def _trigger(title: str, each: str, what: str, has: str) -> Iterable[str]:
    states = (" DISABLED", " REPLICA", " ALWAYS")
    if any(has == what + state for state in states):
        return [sql.trigger_state(title, each)]
    return sql.trigger(title, each, what)


def partitions(
    title: str, expected: Table, found: Table, present: Iterable[str], today: date, upkeep: str | None
) -> Iterator[SchemaDifference]:
    """Compare the partitions; `present` are the tables that stand for themselves, among them detached ones.

    `upkeep` is the statement that makes the partitions of the next months, where there is one.
    """
    bounds, parent = found.get("partitions", {}), sql.name(title)
    alone = set(present)
    wanted = dict(expected.get("partitions", {}))
    months = _months(title, {*bounds, *alone}, today) if expected.get("monthly") else {}
    for each, limits in sorted({**wanted, **months}.items()):
        if bounds.get(each) == limits:
            continue
        attach = f"ALTER TABLE {parent} ATTACH PARTITION {sql.name(each)} {limits}"
        detach = f"ALTER TABLE {parent} DETACH PARTITION {sql.name(each)}"
        if each in bounds:
            yield difference("partition", each, limits, bounds[each], [detach, attach], "bound")
        elif each in alone:
            yield difference("partition", each, limits, "detached", [attach], "attachment")
        elif each in wanted:
            yield difference("partition", each, limits, None, [sql.partition(each, title, limits)])
        else:
            # Not an error: until it is there, the default partition takes the rows.
            make = upkeep or sql.partition(each, title, limits)
            yield replace(difference("partition", each, limits, None, [make]), severity="WARN")
    for each in sorted(set(bounds) - set(wanted) - set(months)):
        drop = f"ALTER TABLE {parent} DETACH PARTITION {sql.name(each)}"
        yield difference("partition", each, None, bounds[each], [drop])


def _months(title: str, there: set[str], today: date) -> dict[str, str]:
    """Bounds of the partitions of months: those that are there, this month's and the next one's."""
    of_month = re.compile(re.escape(title) + r"_(\d{4})_(0[1-9]|1[0-2])")
    first = today.replace(day=1)
    made = {f"{title}_{month:%Y_%m}": bound(month) for month in (first, _next(first))}
    for match in filter(None, map(of_month.fullmatch, there)):
        made[match[0]] = bound(date(int(match[1]), int(match[2]), 1))
    return made


def bound(month: date) -> str:
    """Bound of the partition of a month in UTC, as PostgreSQL prints it there."""
    return f"FOR VALUES FROM ('{month} 00:00:00+00') TO ('{_next(month)} 00:00:00+00')"


def _next(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)
