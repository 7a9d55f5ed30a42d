"""The committed definition: its shape, and how it is read and written. See docs/adr/0005.

Every expression stands as PostgreSQL prints it (pg_get_constraintdef, ...), so that comparing is exact.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict

from bootstrap.declared_extensions import FILE
from bootstrap.errors import BootstrapError


class DefinitionError(BootstrapError, ValueError):
    """The definition cannot be used: the message says why and what mends it."""


_STRICT = ConfigDict(extra="forbid", strict=True)


@with_config(_STRICT)
class Extension(TypedDict, total=False):
    """An installed extension; what belongs to it is left out everywhere."""

    schema: str
    """Where its objects are."""


@with_config(_STRICT)
class Column(TypedDict, total=False):
    """A column; what is absent is not so."""

    type: str
    """As format_type prints it."""
    not_null: bool
    default: str
    identity: Literal["ALWAYS", "BY DEFAULT"]
    generated: Literal["STORED", "VIRTUAL"]
    """`default` is then the expression."""
    collation: str
    """Where it is not that of the type."""
    comment: str


@with_config(_STRICT)
class Table(TypedDict, total=False):
    """A table, with everything that hangs on it, by name."""

    comment: str
    requires: list[str]
    """Extensions without which it cannot be; on a server that does not ship them it is not missed."""
    unlogged: bool
    options: list[str]
    partition_by: str
    """Strategy and key."""
    partitions: dict[str, str]
    """Bound of each; those of months are not listed."""
    monthly: bool
    """Whether there is a partition `<table>_YYYY_MM` for each month, in UTC."""
    columns: dict[str, Column]
    constraints: dict[str, str]
    indexes: dict[str, str]
    """CREATE INDEX; those of constraints are left out. A server's may end in INVALID."""
    triggers: dict[str, str]
    """CREATE TRIGGER; may end in DISABLED, REPLICA or ALWAYS."""
    row_security: Literal["ENABLED", "FORCED"]
    policies: dict[str, str]


@with_config(_STRICT)
class View(TypedDict, total=False):
    """A view, materialized or not."""

    comment: str
    materialized: bool
    options: list[str]
    definition: list[str]
    """Lines of its SELECT."""
    indexes: dict[str, str]


@with_config(_STRICT)
class Function(TypedDict, total=False):
    """A function or procedure."""

    comment: str
    definition: list[str]
    """Lines of CREATE OR REPLACE FUNCTION."""


@with_config(_STRICT)
class Schema(TypedDict, total=False):
    """All of it; the books of the migrations and what belongs to an extension are left out."""

    version: int
    """The migration it is the schema of."""
    extensions: dict[str, Extension]
    types: dict[str, str]
    """What follows CREATE TYPE or CREATE DOMAIN and the name; a domain begins with DOMAIN."""
    sequences: dict[str, str]
    """Options of those that belong to no identity column."""
    functions: dict[str, Function]
    """By name and types of the arguments."""
    tables: dict[str, Table]
    views: dict[str, View]


@cache
def _adapter() -> TypeAdapter[Schema]:
    return TypeAdapter(Schema)


def beside(migrations: Path) -> Path | None:
    """Return the definition that belongs to a folder of migrations, None where there is none."""
    path = migrations.resolve().parent / FILE
    return path if path.is_file() else None


def load(path: Path) -> Schema:
    """Read the definition. Raise DefinitionError when it is none."""
    try:
        return _adapter().validate_json(path.read_bytes())
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise DefinitionError(f"{path}: {reason}; make it with: datatier schema dump --file {path}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "file"
        raise DefinitionError(
            f"{path} is not a schema definition: {where}: {first['msg']}; restore it from version control"
        ) from None


def dump(schema: Schema) -> str:
    """Return the text of the file: one line for each column, constraint, index or line of code."""
    return _text(schema, "", 0) + "\n"


def _text(value: Any, indent: str, depth: int) -> str:
    inner = indent + "  "
    if isinstance(value, list) and any(len(str(line)) > 40 or " " in str(line) for line in value):
        lines = [inner + json.dumps(line, ensure_ascii=False) for line in value]
        return "[\n" + ",\n".join(lines) + f"\n{indent}]"
    # Document, kind, table, its columns: what lies deeper is one line.
    if isinstance(value, dict) and value and depth < 4:
        lines = [f"{inner}{json.dumps(key)}: {_text(each, inner, depth + 1)}" for key, each in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    return json.dumps(value, ensure_ascii=False)
