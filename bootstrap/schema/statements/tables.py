"""Tables, partitions and foreign tables."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from bootstrap.postgres.change import comma
from bootstrap.schema.definition import Column, Table
from bootstrap.schema.statements import columns


def table(title: str, entry: Table, tables: Mapping[str, Table], *, later: Collection[str] = ()) -> Iterator[str]:
    """A table with its columns and those constraints that only look at one row.

    `tables` are those of the definition, for what it inherits; parts that come `later` (`column c`, which is its
    default, and `constraint c`) are left out.
    """
    checks = [
        f"CONSTRAINT {each} {what}"
        for each, what in entry.get("constraints", {}).items()
        if inline(what) and f"constraint {each}" not in later
    ]
    attached = "partition_of" in entry and has_layout(entry)
    if attached:
        checks += [f"CONSTRAINT {each} {what}" for each, what in inherited_checks(entry, tables).items()]
    by_alter = bool(entry.get("inherits")) and _stands_alone(entry, tables)
    own = _as_an_heir(entry, tables) if by_alter else entry.get("columns", {})
    listed = (
        columns.column(each, what, default=f"column {each}" not in later)
        for each, what in own.items()
        if "type" in what and not what.get("inherited")
    )
    kind = "FOREIGN TABLE" if "foreign" in entry else "UNLOGGED TABLE" if entry.get("unlogged") else "TABLE"
    words = [f"CREATE {kind} {title}"]
    if "of" in entry:
        told = ((each, columns.rules(what)) for each, what in entry.get("columns", {}).items())
        lines = [f"{each} WITH OPTIONS {' '.join(rules)}" for each, rules in told if rules]
        words.append(f"OF {entry['of']}{_body([*lines, *checks], empty='')}")
    elif "partition_of" in entry and not attached:
        words.append(f"PARTITION OF {entry['partition_of']}{_body(checks, empty='')} {entry['bound']}")
    else:
        words.append(_body([*listed, *checks], empty=" ()").strip())
    if "inherits" in entry and not by_alter:
        words.append(f"INHERITS ({comma(entry['inherits'])})")
    yield " ".join([*words, *_storage(entry)])
    if by_alter:
        yield from (f"ALTER TABLE {title} INHERIT {parent}" for parent in entry["inherits"])
    elif "inherits" in entry:
        yield from _inherited(title, entry, tables)
    if attached:
        yield attach(title, entry)


def altered(title: str, entry: Table, tables: Mapping[str, Table]) -> Iterator[str]:
    """What only ALTER TABLE can say of the columns; a partition that is laid out as its parent is altered as that is.

    When all tables are there, since a table takes over what its parent has at that time.
    """
    if "partition_of" not in entry or has_layout(entry):
        yield from columns.alterations(title, entry)
        return
    top = entry
    while "partition_of" in top and not has_layout(top):
        top = tables[top["partition_of"]]
    kept = ("storage", "compression")
    told = {
        each: Column(**{part: what[part] for part in kept if part in what})  # type: ignore[literal-required,typeddict-item]
        for each, what in top.get("columns", {}).items()
    }
    yield from columns.alterations(title, Table(columns=told))
    yield from columns.alterations(title, entry)


def inline(constraint: str) -> bool:
    """Whether a constraint can be written with its table: the others need what comes later, or are made apart.

    Equal UNIQUE constraints of one CREATE TABLE would become one.
    """
    return constraint.startswith("CHECK") and not constraint.endswith(" NOT VALID")


def foreign(constraint: str) -> bool:
    """Whether a constraint refers to another table."""
    return constraint.startswith("FOREIGN KEY")


def has_layout(entry: Table) -> bool:
    """Whether a partition has columns of its own order, type or default."""
    return any("type" in what for what in entry.get("columns", {}).values())


def attach(title: str, entry: Table) -> str:
    """Make a table the partition that it is defined as."""
    return f"ALTER TABLE ONLY {entry['partition_of']} ATTACH PARTITION {title} {entry['bound']}"


def detach(title: str, parent: str) -> str:
    """Make a partition a table of its own."""
    return f"ALTER TABLE {parent} DETACH PARTITION {title}"


def column_default(title: str, column: str, entry: Column) -> str:
    """The default of a column that is there."""
    return f"ALTER TABLE ONLY {title} ALTER COLUMN {column} SET DEFAULT {entry['default']}"


def constraint(owner: str, title: str, what: str, *, online: bool = False) -> Iterator[str]:
    """A constraint; `online` checks the rows that are there without locking writers out."""
    add = f"ALTER TABLE {owner} ADD CONSTRAINT {title} {what}"
    two_steps = what.startswith(("FOREIGN KEY", "CHECK")) and not what.endswith((" NOT VALID", " NOT ENFORCED"))
    if online and two_steps:
        yield f"{add} NOT VALID"
        yield f"ALTER TABLE {owner} VALIDATE CONSTRAINT {title}"
    else:
        yield add


def inherited_checks(entry: Table, tables: Mapping[str, Table]) -> dict[str, str]:
    """The CHECK constraints that a table must have to become a partition or an heir of its parents."""
    found: dict[str, str] = {}
    for parent in [*entry.get("inherits", []), *([entry["partition_of"]] if "partition_of" in entry else [])]:
        above = tables.get(parent, Table())
        own = {each: what for each, what in above.get("constraints", {}).items() if what.startswith("CHECK")}
        found |= inherited_checks(above, tables) | own
    return {each: what for each, what in found.items() if " NO INHERIT" not in what and inline(what)}


def _stands_alone(entry: Table, tables: Mapping[str, Table]) -> bool:
    """Whether an heir declares all that it inherits, so that its columns keep their order."""
    if any(what.get("inherited") for what in entry.get("columns", {}).values()):
        return False
    return set(inherited_checks(entry, tables)) <= set(entry.get("constraints", {}))


def _as_an_heir(entry: Table, tables: Mapping[str, Table]) -> dict[str, Column]:
    """Its columns, with the NOT NULL that it must have to become an heir."""
    parents = [tables.get(parent, Table()).get("columns", {}) for parent in entry["inherits"]]
    required = {each for found in parents for each, what in found.items() if what.get("not_null")}
    return {each: {**what, "not_null": True} if each in required else what for each, what in entry["columns"].items()}


def _inherited(title: str, entry: Table, tables: Mapping[str, Table]) -> Iterator[str]:
    """Where an heir's column differs from that which it inherits."""
    parents = [tables.get(parent, Table()).get("columns", {}) for parent in entry["inherits"]]
    for each, what in entry.get("columns", {}).items():
        above: list[Column] = [found[each] for found in parents if each in found]
        if not what.get("inherited") or "generated" in what:
            continue
        alter = f"ALTER TABLE ONLY {title} ALTER COLUMN {each}"
        if "default" not in what and any("default" in parent for parent in above):
            yield f"{alter} DROP DEFAULT"
        elif "default" in what and any(parent.get("default") != what["default"] for parent in above):
            yield f"{alter} SET DEFAULT {what['default']}"
        if what.get("not_null"):
            if "not_null_name" in what:
                yield f"ALTER TABLE ONLY {title} ADD CONSTRAINT {what['not_null_name']} NOT NULL {each}"
            else:
                yield f"{alter} SET NOT NULL"


def _storage(entry: Table) -> Iterator[str]:
    if "partition_by" in entry:
        yield f"PARTITION BY {entry['partition_by']}"
    if "access_method" in entry:
        yield f"USING {entry['access_method']}"
    if "options" in entry:
        yield f"WITH ({comma(entry['options'])})"
    if "foreign" in entry:
        told = entry["foreign"].get("options", [])
        yield f"SERVER {entry['foreign']['server']}" + (f" OPTIONS ({comma(told)})" if told else "")


def _body(lines: list[str], *, empty: str) -> str:
    return " (\n" + ",\n".join(f"    {line}" for line in lines) + "\n)" if lines else empty
