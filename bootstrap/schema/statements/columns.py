"""Columns as CREATE TABLE and ADD COLUMN want them, and what only ALTER TABLE can say of one."""

from __future__ import annotations

from collections.abc import Iterator

from bootstrap.postgres.change import comma, ident
from bootstrap.schema.definition import Column, Relation
from bootstrap.schema.statements.names import beside, comment, name_of, plain
from bootstrap.schema.statements.sequences import of_identity


def column(title: str, entry: Column, *, default: bool = True) -> str:
    """The column; without its `default` where that is set later."""
    words = [title, entry["type"]]
    if "foreign_options" in entry:
        words.append(f"OPTIONS ({comma(entry['foreign_options'])})")
    if "collation" in entry:
        words.append(f"COLLATE {entry['collation']}")
    return " ".join([*words, *rules(entry, default=default)])


def rules(entry: Column, *, default: bool = True) -> list[str]:
    """What follows a column's type; of a typed table all that can be said."""
    words = []
    if "generated" in entry:
        words.append(f"GENERATED ALWAYS AS ({entry['default']}) {entry['generated']}")
    elif "identity" in entry:
        words.append(f"GENERATED {entry['identity']} AS IDENTITY{of_identity(entry.get('sequence', {}))}")
    elif default and "default" in entry:
        words.append(f"DEFAULT {entry['default']}")
    if entry.get("not_null"):
        words += [f"CONSTRAINT {entry['not_null_name']}"] if "not_null_name" in entry else []
        words += ["NOT NULL", *["NO INHERIT"] * entry.get("not_null_no_inherit", False)]
    return words


def alterations(owner: str, entry: Relation) -> Iterator[str]:
    """Storage, compression, statistics targets and options of columns, each where it is not the usual."""
    for title, what in entry.get("columns", {}).items():
        alter = f"ALTER TABLE ONLY {owner} ALTER COLUMN {title}"
        if "storage" in what:
            yield f"{alter} SET STORAGE {what['storage']}"
        if "compression" in what:
            yield f"{alter} SET COMPRESSION {what['compression']}"
        if "statistics" in what:
            yield f"{alter} SET STATISTICS {what['statistics']}"
        if "options" in what:
            yield f"{alter} SET ({comma(what['options'])})"
        if "unlogged" in what.get("sequence", {}):
            logged = "UNLOGGED" if what["sequence"]["unlogged"] else "LOGGED"
            yield f"ALTER SEQUENCE {sequence_of(owner, title, what)} SET {logged}"


def sequence_of(owner: str, title: str, entry: Column) -> str:
    """The name of an identity column's sequence."""
    usual = f"{plain(name_of(owner))}_{plain(title)}_seq"
    return entry.get("sequence", {}).get("name", beside(owner, ident(usual)))


def comments(owner: str, entry: Relation) -> Iterator[str]:
    """Those on columns and on the sequences of identities."""
    for title, what in entry.get("columns", {}).items():
        if "comment" in what:
            yield comment("COLUMN", f"{owner}.{title}", what["comment"])
        if "comment" in what.get("sequence", {}):
            yield comment("SEQUENCE", sequence_of(owner, title, what), what["sequence"]["comment"])
