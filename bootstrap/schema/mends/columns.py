"""Columns that differ. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from bootstrap.postgres.change import comma
from bootstrap.schema.definition import Column, Relation, Schema, Sequence, Table
from bootstrap.schema.mends.change import Change, altered, comment, differs, extra, listed, missing, shown
from bootstrap.schema.mends.sequences import counting, narrowed
from bootstrap.schema.statements import columns as sql
from bootstrap.schema.statements import names


def laid_out(schema: Schema, title: str) -> dict[str, Column]:
    """The columns of a table; of a partition that is laid out as its parent, that parent's with its own sayings."""
    tables = schema.get("tables", {})
    entry = tables[title]
    own = entry.get("columns", {})
    if "partition_of" not in entry or any("type" in what for what in own.values()):
        return own
    parent = laid_out(schema, entry["partition_of"]) if entry["partition_of"] in tables else {}
    bare = {name: _inherited(what) for name, what in parent.items()}
    return {name: {**what, **own.get(name, {})} for name, what in bare.items()}


def _inherited(column: Column) -> Column:
    """What PARTITION OF copies of a column; an identity is the parent's."""
    dropped = {"comment", "statistics", "options", "foreign_options", "identity", "sequence"}
    made: Column = {key: value for key, value in column.items() if key not in dropped}  # type: ignore[assignment]
    return made


def columns(
    title: str, want: Table, wanted: Mapping[str, Column], found: Mapping[str, Column], own: Collection[str] = ()
) -> Iterator[Change]:
    """The differences between the columns of a table; their order is not one.

    `want` is what is defined of the table, `own` are the types that have no casts of PostgreSQL's.
    """
    if wanted == found:
        return
    partition = "partition_of" in want
    for each in dict.fromkeys([*wanted, *found]):
        column, has = wanted.get(each), found.get(each)
        name, where = f"column {title}.{each}", f"{title}.{each}"
        if column is None and has is not None:
            if not partition and not has.get("inherited"):
                yield extra("column", name, where, sql.column(each, has), "loses what is stored in it")
        elif has is None and column is not None:
            if not partition and not column.get("inherited"):
                yield missing("column", name, where, sql.column(each, column))
        elif column is not None and has is not None and column != has:
            yield from _column(title, each, want, column, has, own)


def _column(title: str, each: str, table: Table, want: Column, has: Column, own: Collection[str]) -> Iterator[Change]:
    name, where = f"column {title}.{each}", f"{title}.{each}"
    alter = f"ALTER {'FOREIGN ' * ('foreign' in table)}TABLE {title} ALTER COLUMN {each}"
    needs = [*table.get("needs", {}).get("table", ()), *table.get("needs", {}).get(f"column {each}", ())]
    if _typed(want) != _typed(has) and not ("partition_of" in table or want.get("inherited")):
        generated = "generated" in want or "generated" in has
        if generated:  # its values follow from others
            yield differs("column", name, where, "type", sql.column(each, want), sql.column(each, has))
            return
        yield altered(
            "column",
            name,
            where,
            "type",
            _typed(want),
            _typed(has),
            _retype(alter, want, has, _using(each, table, want, has, own)),
            frees=[name],
            needs=needs,
        )
    if made(want) != made(has):
        if _remade(want, has):
            yield differs("column", name, where, "default", made(want), made(has))
            return
        yield altered(
            "column",
            f"default {where}",
            where,
            "default",
            made(want),
            made(has),
            _remake(alter, title, each, want, has),
            needs=[*needs, name],
        )
    if "identity" in want and "identity" in has:
        said = want.get("sequence", {}).get("comment"), has.get("sequence", {}).get("comment")
        sequence = sql.sequence_of(title, each, want)
        yield from comment(
            f"default {where}", f"sequence of {shown(where)}", *said, names.comment("SEQUENCE", sequence, said[0])
        )
    yield from _nullability(alter, title, each, want, has)
    yield from _stored(alter, title, each, want, has)
    texts = want.get("comment"), has.get("comment")
    yield from comment(name, f"{shown(where)}", *texts, names.comment("COLUMN", where, texts[0]))


def _typed(entry: Column) -> str:
    return entry["type"] + (f" COLLATE {entry['collation']}" if "collation" in entry else "")


def _retype(alter: str, want: Column, has: Column, using: str) -> Iterator[str]:
    """A default does not follow where no cast of assignment leads from its old type to the new one: it is set anew."""
    collation = f" COLLATE {want['collation']}" if "collation" in want else ""
    if "default" in has and using:
        yield f"{alter} DROP DEFAULT"
    yield f"{alter} TYPE {want['type']}{collation}{using}"
    if using and "default" in has and has["default"] == want.get("default"):
        yield f"{alter} SET DEFAULT {want['default']}"


def _using(each: str, table: Table, want: Column, has: Column, own: Collection[str]) -> str:
    """How values come over: a foreign table has none of its own, and any two types have text in common."""
    if "foreign" in table or widens(has["type"], want["type"]):
        return ""
    if want["type"] == f"{has['type']}[]":
        return f" USING ARRAY[{each}]"
    kinds = {entry["type"].rstrip("[]") for entry in (want, has)}
    listed_alike = want["type"].endswith("[]") == has["type"].endswith("[]")
    through_text = "" if listed_alike and not kinds.intersection(own) else "::text"
    return f" USING {each}{through_text}::{want['type']}"


_VARYING = re.compile(r"character varying\((\d+)\)")
_NUMERIC = re.compile(r"numeric\((\d+),(-?\d+)\)")


def widens(old: str, new: str) -> bool:
    """Whether every value of the old type is one of the new as it is stored: the table is not rewritten then.

    ALTER TABLE's documentation, and the support functions of the length casts: varchar that becomes longer or text,
    numeric that has more digits before the point.
    """
    if old == new:
        return True
    longer = _VARYING.fullmatch(old), _VARYING.fullmatch(new)
    digits = _NUMERIC.fullmatch(old), _NUMERIC.fullmatch(new)
    if longer[0] or old == "character varying":
        if new in ("text", "character varying"):
            return True
        return bool(longer[0] and longer[1] and int(longer[1][1]) >= int(longer[0][1]))
    if old == "text":
        return new == "character varying"
    if digits[0]:
        return new == "numeric" or bool(
            digits[1] and int(digits[1][1]) >= int(digits[0][1]) and digits[1][2] == digits[0][2]
        )
    return False


def made(entry: Column) -> str:
    """How the column comes to its value when none is given."""
    if "generated" in entry:
        return f"GENERATED ALWAYS AS ({entry.get('default')}) {entry['generated']}"
    if "identity" in entry:
        return " ".join(sql.rules({**entry, "not_null": False}))
    return f"DEFAULT {entry['default']}" if "default" in entry else "no default"


def _remade(want: Column, has: Column) -> bool:
    """Whether a column has to be dropped and made anew: its values are computed from others either way.

    Before PostgreSQL 17 an expression cannot be changed, and none can be given to a column that has values of its own.
    """
    return "generated" in want or has.get("generated") == "VIRTUAL"


def _remake(alter: str, title: str, each: str, want: Column, has: Column) -> Iterator[str]:
    if "generated" in has:
        yield f"{alter} DROP EXPRESSION"
    if "identity" in has and "identity" in want:
        if want["identity"] != has["identity"]:
            yield f"{alter} SET GENERATED {want['identity']}"
        ours, theirs = want.get("sequence", {}), has.get("sequence", {})
        if told := counting(ours, theirs):
            limits = Sequence({**ours, "type": want["type"]}), Sequence({**theirs, "type": has["type"]})
            yield from narrowed(alter, sql.sequence_of(title, each, has), *limits, "SET ")
            yield f"{alter} {' '.join(f'SET {each}' for each in told)}"
        if ours.get("name") != theirs.get("name"):
            old, new = sql.sequence_of(title, each, has), sql.sequence_of(title, each, want)
            yield f"ALTER SEQUENCE {old} RENAME TO {names.name_of(new)}"
        return
    if "identity" in has:
        yield f"{alter} DROP IDENTITY"
    if "default" in has and "generated" not in has and "default" not in want:
        yield f"{alter} DROP DEFAULT"
    if "default" in want:
        yield f"{alter} SET DEFAULT {want['default']}"
    if "identity" in want:
        if not has.get("not_null"):
            yield f"{alter} SET NOT NULL"
        yield f"{alter} ADD {' '.join(sql.rules({**want, 'not_null': False}))}"


def _nullability(alter: str, title: str, each: str, want: Column, has: Column) -> Iterator[Change]:
    keys = ("not_null", "not_null_name", "not_null_no_inherit")
    ours, theirs = ({key: dict(entry).get(key) for key in keys} for entry in (want, has))
    if ours == theirs:
        return
    told = _nullable(want), _nullable(has)
    steps = [f"{alter} DROP NOT NULL"] if want.get("not_null") and has.get("not_null") else []
    steps.append(f"{alter} {'SET' if want.get('not_null') else 'DROP'} NOT NULL")
    if want.get("not_null") and ("not_null_name" in want or "not_null_no_inherit" in want):
        plain = f"{names.plain(names.name_of(title))}_{names.plain(each)}_not_null"
        title_ = want.get("not_null_name", '"' + plain.replace('"', '""') + '"')
        no_inherit = " NO INHERIT" if want.get("not_null_no_inherit") else ""
        steps[-1] = f"ALTER TABLE {title} ADD CONSTRAINT {title_} NOT NULL {each}{no_inherit}"
    where = f"{title}.{each}"
    yield altered("column", f"nullability of {where}", where, "nullability", *told, steps, needs=[f"column {where}"])


def _nullable(entry: Column) -> str:
    if not entry.get("not_null"):
        return "NULL"
    named = [f"CONSTRAINT {entry['not_null_name']}"] if "not_null_name" in entry else []
    return " ".join([*named, "NOT NULL", *["NO INHERIT"] * bool(entry.get("not_null_no_inherit"))])


# ALTER TABLE takes SET STORAGE DEFAULT from PostgreSQL 16 on; before it, the strategy of the type has to be named.
_PLAINER = re.compile(r"(numeric|inet|cidr)\b")


def _stored(alter: str, title: str, each: str, want: Column, has: Column) -> Iterator[Change]:
    usual = "MAIN" if _PLAINER.match(want["type"]) else "EXTENDED"
    ways = (
        ("storage", "storage", f"SET STORAGE {want.get('storage', usual)}"),
        ("compression", "compression", f"SET COMPRESSION {want.get('compression', 'default')}"),
        ("statistics", "statistics target", f"SET STATISTICS {want.get('statistics', -1)}"),
    )
    where = f"{title}.{each}"
    only = alter.replace("TABLE ", "TABLE ONLY ", 1)
    for key, what, step in ways:
        ours, theirs = dict(want).get(key), dict(has).get(key)
        if ours != theirs:
            told = str(ours or "default"), str(theirs or "default")
            yield altered(
                "column", f"{key} of {where}", where, what, *told, [f"{only} {step}"], needs=[f"column {where}"]
            )
    ours, theirs = want.get("options", []), has.get("options", [])
    if ours != theirs:
        gone = sorted({each.partition("=")[0] for each in theirs} - {each.partition("=")[0] for each in ours})
        steps = [f"{only} RESET ({comma(gone)})"] if gone else []
        steps += [f"{only} SET ({comma(ours)})"] if ours else []
        told = listed(ours), listed(theirs)
        yield altered("column", f"options of {where}", where, "options", *told, steps, needs=[f"column {where}"])
    ours, theirs = want.get("foreign_options", []), has.get("foreign_options", [])
    if ours != theirs:
        told = listed(ours), listed(theirs)
        step = f"{alter} OPTIONS ({foreign_options(ours, theirs)})"
        name = f"foreign options of {where}"
        yield altered("column", name, where, "foreign options", *told, [step], needs=[f"column {where}"])


def foreign_options(want: list[str], has: list[str]) -> str:
    """What turns the options of a foreign object into others: ADD, SET and DROP of ALTER ... OPTIONS."""
    ours, theirs = (dict(each.split(" ", 1) for each in entries) for entries in (want, has))
    told = [f"DROP {key}" for key in theirs if key not in ours]
    told += [
        f"{'SET' if key in theirs else 'ADD'} {key} {value}" for key, value in ours.items() if theirs.get(key) != value
    ]
    return comma(told)


def of_view(title: str, want: Relation, has: Relation) -> Iterator[Change]:
    """What is said of a view's columns beside its definition."""
    for each, column in want.get("columns", {}).items():
        there = has.get("columns", {}).get(each, Column())
        where = f"{title}.{each}"
        alter = f"ALTER TABLE {title} ALTER COLUMN {each}"
        if column.get("default") != there.get("default"):
            step = f"{alter} SET DEFAULT {column['default']}" if "default" in column else f"{alter} DROP DEFAULT"
            yield altered(
                "column",
                f"default {where}",
                where,
                "default",
                made(column),
                made(there),
                [step],
                needs=[f"view {title}"],
            )
        if column.get("statistics") != there.get("statistics"):
            step = f"{alter} SET STATISTICS {column.get('statistics', -1)}"
            told = str(column.get("statistics", "default")), str(there.get("statistics", "default"))
            yield altered(
                "column", f"statistics of {where}", where, "statistics target", *told, [step], needs=[f"view {title}"]
            )
        texts = column.get("comment"), there.get("comment")
        yield from comment(f"view {title}", shown(where), *texts, names.comment("COLUMN", where, texts[0]))
