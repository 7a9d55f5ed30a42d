"""Tables that differ, but for their columns and partitions. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import partial

from bootstrap.schema.definition import Schema, Table
from bootstrap.schema.mends import columns, relations
from bootstrap.schema.mends.change import Change, altered, beyond, comment, differs, listed, parts
from bootstrap.schema.mends.making import holder, part_group
from bootstrap.schema.statements import hangings, names

_COPY = (
    "no statement changes it: make a table as it is defined, copy the rows over in a migration and exchange the names"
)


def table(title: str, expected: Schema, found: Schema) -> Iterator[Change]:
    """The differences between a table as it is defined and as it is."""
    want, has = expected["tables"][title], found["tables"][title]
    keyword = "FOREIGN TABLE" if "foreign" in want else "TABLE"
    if ("foreign" in want) != ("foreign" in has):
        kinds = ("foreign table", "table") if "foreign" in want else ("table", "foreign table")
        yield beyond("table", f"table {title}", title, "kind", *kinds, _COPY)
        return
    sentence = names.comment(keyword, title, want.get("comment"))
    yield from comment(f"table {title}", title, want.get("comment"), has.get("comment"), sentence)
    if "foreign" in want:
        yield from _foreign(title, want, has)
    else:
        yield from relations.options("TABLE", f"options of {title}", title, want, has)
    yield from _kept(title, want, has)
    yield from _descent(title, want, has)
    own = {
        name for schema in (expected, found) for name, entry in schema.get("types", {}).items() if "domain" not in entry
    }
    yield from columns.columns(title, want, columns.laid_out(expected, title), columns.laid_out(found, title), own)
    again = _with_its_parent(title, expected, found)
    yield from again.values()
    want, has = (_without(each, again) for each in (want, has))
    yield from parts(
        "constraint", title, want.get("constraints", {}), has.get("constraints", {}), partial(_constraint, title)
    )
    yield from relations.hanging(title, want, has)
    yield from parts("policy", title, want.get("policies", {}), has.get("policies", {}))
    security, there = want.get("row_security"), has.get("row_security")
    if security != there:
        steps = hangings.row_security(title, security)
        yield altered(
            "row security", f"row security of {title}", title, "state", security or "off", there or "off", steps
        )


def _foreign(title: str, want: Table, has: Table) -> Iterator[Change]:
    ours, theirs = want["foreign"], has["foreign"]
    if ours["server"] != theirs["server"]:
        note = "no statement moves a foreign table to another server: drop it and make it anew, its rows are elsewhere"
        yield beyond("table", f"table {title}", title, "server", ours["server"], theirs["server"], note)
    if ours.get("options", []) != theirs.get("options", []):
        told = listed(ours.get("options", [])), listed(theirs.get("options", []))
        step = columns.foreign_options(ours.get("options", []), theirs.get("options", []))
        statement = f"ALTER FOREIGN TABLE {title} OPTIONS ({step})"
        yield altered("table", f"options of {title}", title, "options", *told, [statement])


def _kept(title: str, want: Table, has: Table) -> Iterator[Change]:
    """How and where its rows are kept."""
    if want.get("unlogged") != has.get("unlogged"):
        ways = ("UNLOGGED", "LOGGED") if want.get("unlogged") else ("LOGGED", "UNLOGGED")
        statement = f"ALTER TABLE {title} SET {ways[0]}"
        yield altered("table", f"persistence of {title}", title, "persistence", *ways, [statement])
    methods = want.get("access_method", "heap"), has.get("access_method", "heap")
    if methods[0] != methods[1]:
        statement = f"ALTER TABLE {title} SET ACCESS METHOD {methods[0]}"
        yield altered("table", f"access method of {title}", title, "access method", *methods, [statement])
    keys = want.get("partition_by", "not partitioned"), has.get("partition_by", "not partitioned")
    if keys[0] != keys[1]:
        yield beyond("table", f"table {title}", title, "partition key", *keys, _COPY)


def _descent(title: str, want: Table, has: Table) -> Iterator[Change]:
    """What it inherits from and which type it is of; of what it is a partition see `mends.partitions`."""
    ours, theirs = want.get("inherits", []), has.get("inherits", [])
    if ours != theirs:
        kept = [each for each in theirs if each in ours and ours.index(each) == theirs.index(each)]
        steps = [f"ALTER TABLE {title} NO INHERIT {each}" for each in theirs if each not in kept]
        steps += [f"ALTER TABLE {title} INHERIT {each}" for each in ours if each not in kept]
        told = listed(ours), listed(theirs)
        needs = [f"table {each}" for each in ours]
        note = "columns and constraints that its parents have it must have too"
        yield altered("table", f"parents of {title}", title, "parents", *told, steps, needs=needs, note=note)
    if want.get("of") != has.get("of"):
        statement = f"ALTER TABLE {title} OF {want['of']}" if "of" in want else f"ALTER TABLE {title} NOT OF"
        told = want.get("of", "none"), has.get("of", "none")
        yield altered("table", f"type of {title}", title, "type", *told, [statement], needs=[f"type {want.get('of')}"])


def _constraint(owner: str, title: str, want: str, has: str) -> Change | None:
    if has != f"{want} NOT VALID":
        return None
    told = "constraint", f"constraint {owner}.{title}", f"{owner}.{title}", "definition", want, has
    return altered(*told, [f"ALTER TABLE {owner} VALIDATE CONSTRAINT {title}"])


def _with_its_parent(title: str, expected: Schema, found: Schema) -> dict[str, Change]:
    """The indexes and keys of a partition that hang on one that is there, and are not as defined: that is made anew.

    No statement drops one of them alone, or changes how it sorts.
    """
    want, has = expected["tables"][title], found["tables"][title]
    if "partition_of" not in want or want["partition_of"] != has.get("partition_of"):
        return {}
    changes = {}
    for part, root in {**has.get("attached", {}), **want.get("attached", {})}.items():
        kind = "index" if any(part in each.get("indexes", {}) for each in (want, has)) else "constraint"
        ours, theirs = (part_group(each, kind).get(part) for each in (want, has))
        if ours != theirs and all(_holds(schema, kind, root) for schema in (expected, found)):
            told = (f"made with {root}" if each is None else each for each in (ours, theirs))
            changes[part] = differs(kind, f"{kind} {root}", f"{title}.{part}", "definition", *told)
    return changes


def _holds(schema: Schema, kind: str, name: str) -> bool:
    owner, part = holder(name)
    return part in part_group(schema.get("tables", {}).get(owner, Table()), kind)


def _without(entry: Table, titles: Collection[str]) -> Table:
    """A table without these indexes and constraints."""
    made = entry.copy()
    made["indexes"] = {each: text for each, text in entry.get("indexes", {}).items() if each not in titles}
    made["constraints"] = {each: text for each, text in entry.get("constraints", {}).items() if each not in titles}
    return made
