"""The definition that describes a server: what `schema dump` writes. Pure."""

from __future__ import annotations

import re

from bootstrap.schema.definition import Schema, Table
from bootstrap.schema.read import ServerSchema


def definition_of(live: ServerSchema) -> Schema:
    """Return it, without the partitions of single months."""
    tables = {title: _table(title, entry) for title, entry in live.schema.get("tables", {}).items()}
    # The keys in the order in which the file has them.
    head: Schema = {"version": live.schema["version"]} if "version" in live.schema else {}
    return {**head, **live.schema, "tables": tables}


def _table(title: str, entry: Table) -> Table:
    of_month = re.compile(re.escape(title) + r"_\d{4}_(0[1-9]|1[0-2])")
    kept = {name: bound for name, bound in entry.get("partitions", {}).items() if not of_month.fullmatch(name)}
    if kept == entry.get("partitions", {}):
        return entry
    made: Table = {**entry, "partitions": kept, "monthly": True}
    return made
