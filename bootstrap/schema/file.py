"""The definition's file: where it is, and how it is read and written."""

from __future__ import annotations

import json
from functools import cache
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from bootstrap.application import DEFINITION
from bootstrap.errors import BootstrapError
from bootstrap.schema.definition import Schema


class DefinitionError(BootstrapError, ValueError):
    """The definition cannot be used: the message says why and what mends it."""


@cache
def _adapter() -> TypeAdapter[Schema]:
    return TypeAdapter(Schema)


def beside(migrations: Path) -> Path | None:
    """Return the definition that belongs to a folder of migrations, None where there is none."""
    path = migrations.resolve().parent / DEFINITION
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
            f"{path} is not a schema definition of this version: {where}: {first['msg']}; restore it from version "
            f"control, or make it anew from a migrated server with: datatier schema dump --file {path}"
        ) from None


def dump(schema: Schema) -> str:
    """Return the text of the file: one line for each column, constraint, index or line of code.

    The keys of an entry in the order of its type; names in the order in which they are given.
    """
    return _text(_adapter().validate_python(schema), "", 0) + "\n"


def _text(value: Any, indent: str, depth: int) -> str:
    inner = indent + "  "
    # Document, kind, table, its columns: what lies deeper is one line.
    if isinstance(value, dict) and value and depth < 4:
        below = depth + 1
        lines = [f"{inner}{encode_basestring(key)}: {_text(each, inner, below)}" for key, each in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if isinstance(value, list) and any(len(str(line)) > 40 or " " in str(line) for line in value):
        return "[\n" + ",\n".join([inner + _line(line) for line in value]) + f"\n{indent}]"
    return _line(value)


def _line(value: Any) -> str:
    """As json.dumps has it. Strings and small objects are most of a file, and a call of an encoder takes longer."""
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, dict):
        return "{" + ", ".join([f"{encode_basestring(key)}: {_line(each)}" for key, each in value.items()]) + "}"
    return "true" if value is True else _encode(value)


_encode = json.JSONEncoder(ensure_ascii=False).encode
