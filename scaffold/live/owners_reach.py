"""What the owner of a database cannot make, whoever lets it be: PostgreSQL keeps it for superusers. Pure.

PostgreSQL's documentation says of each CREATE who may: EVENT TRIGGER, FOREIGN DATA WRAPPER, LANGUAGE, ACCESS METHOD,
OPERATOR CLASS, OPERATOR FAMILY, TEXT SEARCH PARSER and TEMPLATE, a base TYPE, a FUNCTION in an untrusted language (C,
internal), a PUBLICATION for all tables or for a schema. On RDS its master may make event triggers and use the wrappers
of extensions (RDS User Guide, "Event triggers for RDS for PostgreSQL", "Using the supported foreign data wrappers").
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bootstrap.schema import Schema

_MASTER = "only a superuser makes one, on RDS its master user too: as the master, after the migrations"
_NOBODY = "only a superuser makes one, and RDS has none: do without it there, or take an extension that RDS has"
_OBJECTS = {
    "event trigger": _MASTER,
    "foreign data wrapper": _NOBODY,
    "server": "its foreign data wrapper is a superuser's to use: as the master, after the migrations",
    "language": _NOBODY,
    "access method": _NOBODY,
    "operator class": _NOBODY,
    "operator family": _NOBODY,
    "text search parser": _NOBODY,
    "text search template": _NOBODY,
    "transform": _NOBODY,
}
_UNTRUSTED = re.compile(r"^ LANGUAGE (?:c|internal|\w+u)\b", re.MULTILINE)
_WIDE = ("FOR ALL TABLES", "ADD TABLES IN SCHEMA")


def beyond_the_owner(schema: Schema) -> Iterator[tuple[str, str]]:
    """Yield the name, as a need has it, of each object that a migration cannot make, with why and what to do."""
    for name, type_ in schema.get("types", {}).items():
        if "base" in type_ or not ({"enum", "composite", "domain", "range"} & set(type_)):
            yield f"type {name}", _NOBODY
    for name, function in schema.get("functions", {}).items():
        if found := _UNTRUSTED.search("\n".join(function.get("definition", ()))):
            yield f"function {name}", f"it is written in{found[0].replace(' LANGUAGE', '')}: {_NOBODY}"
    for kind, objects in schema.get("objects", {}).items():
        for name, entry in objects.items():
            wide = any(word in line for line in entry.get("definition", ()) for word in _WIDE)
            if kind in _OBJECTS:
                yield f"{kind} {name}", _OBJECTS[kind]
            elif kind == "publication" and wide:
                yield f"{kind} {name}", f"it is of all tables, or of a schema: {_MASTER}"
