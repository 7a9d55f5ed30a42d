"""The statements that make each kind of object, from its entry in the definition. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bootstrap.postgres.change import comma, ident, literal
from bootstrap.schema.definition import Column, Function, Table, View

_STATES = {"DISABLED": "DISABLE", "REPLICA": "ENABLE REPLICA", "ALWAYS": "ENABLE ALWAYS"}
# Reserved words (PostgreSQL's manual, appendix C) would have to be quoted as names.
_PLAIN = re.compile(
    r"(?!(all|analy[sz]e|and|any|array|as|asc|authorization|between|binary|both|case|cast|check|collate|collation|column|"
    r"concurrently|constraint|create|cross|current_\w+|default|deferrable|desc|distinct|do|else|end|except|false|fetch|"
    r"for|foreign|freeze|from|full|grant|group|having|ilike|in|initially|inner|intersect|into|is|isnull|join|lateral|"
    r"leading|left|like|limit|localtime\w*|natural|not|notnull|null|offset|on|only|or|order|outer|overlaps|placing|"
    r"primary|references|returning|right|select|session_user|similar|some|symmetric|system_user|table|tablesample|then|"
    r"to|trailing|true|union|unique|user|using|values|variadic|verbose|when|where|window|with)$)[a-z_][a-z0-9_$]*"
)


def name(plain: str) -> str:
    """Quote an identifier where it has to be."""
    return plain if _PLAIN.fullmatch(plain) else ident(plain)


def column(title: str, entry: Column) -> str:
    """The column as CREATE TABLE and ADD COLUMN want it."""
    words = [name(title), entry["type"]]
    if "collation" in entry:
        words.append(f"COLLATE {ident(entry['collation'])}")
    if "generated" in entry:
        words.append(f"GENERATED ALWAYS AS ({entry['default']}) {entry['generated']}")
    elif "identity" in entry:
        words.append(f"GENERATED {entry['identity']} AS IDENTITY")
    elif "default" in entry:
        words.append(f"DEFAULT {entry['default']}")
    if entry.get("not_null"):
        words.append("NOT NULL")
    return " ".join(words)


def table(title: str, entry: Table) -> Iterator[str]:
    """The table, its partitions and constraints; foreign keys, which need other tables, are left out."""
    lines = [column(each, what) for each, what in entry.get("columns", {}).items()]
    lines += [
        f"CONSTRAINT {name(each)} {what}"
        for each, what in entry.get("constraints", {}).items()
        if not foreign(what) and not what.endswith(" NOT VALID")
    ]
    kind = "UNLOGGED TABLE" if entry.get("unlogged") else "TABLE"
    body = ",\n".join(f"    {line}" for line in lines)
    by = f" PARTITION BY {entry['partition_by']}" if "partition_by" in entry else ""
    yield f"CREATE {kind} {name(title)} (\n{body}\n){by}{options(entry.get('options', []))}"
    for each, bound in entry.get("partitions", {}).items():
        yield partition(each, title, bound)


def foreign(constraint: str) -> bool:
    """Whether a constraint refers to another table."""
    return constraint.startswith("FOREIGN KEY")


def options(entries: list[str]) -> str:
    """Storage parameters, with what separates them from the rest."""
    return f" WITH ({comma(entries)})" if entries else ""


def partition(title: str, parent: str, bound: str) -> str:
    """A partition of a table."""
    return f"CREATE TABLE {name(title)} PARTITION OF {name(parent)} {bound}"


def constraint(owner: str, title: str, what: str, *, online: bool = False) -> Iterator[str]:
    """A constraint; `online` checks the rows that are there without locking writers out."""
    add = f"ALTER TABLE {name(owner)} ADD CONSTRAINT {name(title)} {what}"
    two_steps = what.startswith(("FOREIGN KEY", "CHECK")) and not what.endswith((" NOT VALID", " NOT ENFORCED"))
    if online and two_steps:
        yield f"{add} NOT VALID"
        yield f"ALTER TABLE {name(owner)} VALIDATE CONSTRAINT {name(title)}"
    else:
        yield add


def index(what: str, *, online: bool = False) -> str:
    """An index; `online` does not lock writers out, and cannot run in a transaction."""
    # That of a partitioned table is printed with ONLY, which would leave its partitions without.
    what = what.replace(" ON ONLY ", " ON ", 1)
    return what.replace(" INDEX ", " INDEX CONCURRENTLY ", 1) if online else what


def trigger(owner: str, title: str, what: str) -> Iterator[str]:
    """A trigger, and its state where that is not the usual one."""
    head, _, state = what.rpartition(" ")
    if state not in _STATES:
        head = what
    yield head.replace("CREATE TRIGGER", "CREATE OR REPLACE TRIGGER", 1)
    if state in _STATES:
        yield trigger_state(owner, title, state)


def trigger_state(owner: str, title: str, state: str = "") -> str:
    """Switch a trigger to DISABLED, REPLICA, ALWAYS or the usual state."""
    return f"ALTER TABLE {name(owner)} {_STATES.get(state, 'ENABLE')} TRIGGER {name(title)}"


def row_security(owner: str, state: str | None) -> Iterator[str]:
    """Row-level security ENABLED, FORCED or, with None, off."""
    yield f"ALTER TABLE {name(owner)} {'ENABLE' if state else 'DISABLE'} ROW LEVEL SECURITY"
    yield f"ALTER TABLE {name(owner)} {'' if state == 'FORCED' else 'NO '}FORCE ROW LEVEL SECURITY"


def view_kind(entry: View) -> str:
    """What it is called in statements."""
    return "MATERIALIZED VIEW" if entry.get("materialized") else "VIEW"


def view_text(entry: View) -> str:
    """All that makes a view what it is, as one text."""
    lines = [view_kind(entry) + options(entry.get("options", [])), *entry["definition"]]
    return "\n".join(lines)


def view(title: str, entry: View) -> Iterator[str]:
    """A view with its indexes."""
    verb = "CREATE" if entry.get("materialized") else "CREATE OR REPLACE"
    body = "\n".join(entry["definition"]).rstrip(";")
    yield f"{verb} {view_kind(entry)} {name(title)}{options(entry.get('options', []))} AS\n{body}"
    yield from entry.get("indexes", {}).values()


def function(entry: Function) -> str:
    """A function or procedure; PostgreSQL keeps the grants of one that is replaced."""
    return "\n".join(entry["definition"])


def sequence(title: str, what: str) -> tuple[str, str | None]:
    """A sequence, and the statement that ties it to its column once that is there."""
    head, _, owner = what.partition(" OWNED BY ")
    tie = f"ALTER SEQUENCE {name(title)} OWNED BY {owner}" if owner else None
    return f"CREATE SEQUENCE {name(title)} {head}", tie


def type_(title: str, what: str) -> str:
    """An enumeration, composite type or domain."""
    if what.startswith("DOMAIN "):
        return f"CREATE DOMAIN {name(title)} AS {what.removeprefix('DOMAIN ')}"
    return f"CREATE TYPE {name(title)} {what}"


def comment(kind: str, sql: str, text: str | None) -> str:
    """The comment on an object whose name is already SQL."""
    return f"COMMENT ON {kind} {sql} IS {literal(text).strip() if text is not None else 'NULL'}"


def comments(title: str, entry: Table) -> Iterator[str]:
    """The comments on a table and its columns."""
    if "comment" in entry:
        yield comment("TABLE", name(title), entry["comment"])
    for each, what in entry.get("columns", {}).items():
        if "comment" in what:
            yield comment("COLUMN", f"{name(title)}.{name(each)}", what["comment"])


def late_constraints(title: str, entry: Table) -> Iterator[str]:
    """Constraints that CREATE TABLE leaves out: foreign keys, which need the other table, and NOT VALID ones."""
    for each, what in entry.get("constraints", {}).items():
        if foreign(what) or what.endswith(" NOT VALID"):
            yield from constraint(title, each, what)


def whole_table(title: str, entry: Table) -> Iterator[str]:
    """A table with all that hangs on it."""
    yield from table(title, entry)
    yield from late_constraints(title, entry)
    yield from hangings(title, entry)


def hangings(title: str, entry: Table) -> Iterator[str]:
    """What hangs on a table besides its constraints: indexes, triggers, policies, comments."""
    yield from map(index, entry.get("indexes", {}).values())
    for each, what in entry.get("triggers", {}).items():
        yield from trigger(title, each, what)
    yield from entry.get("policies", {}).values()
    if "row_security" in entry:
        yield f"ALTER TABLE {name(title)} ENABLE ROW LEVEL SECURITY"
        if entry["row_security"] == "FORCED":
            yield f"ALTER TABLE {name(title)} FORCE ROW LEVEL SECURITY"
        # Whoever holds a partition by default privileges would go round the policies of the parent.
        for each in entry.get("partitions", {}):
            yield f"ALTER TABLE {name(each)} ENABLE ROW LEVEL SECURITY"
    yield from comments(title, entry)
