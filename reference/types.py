"""A declaration's types as JSON Schema, with the words of their docstrings and rules: what all references come from.

Keywords that begin with `x-` are between the parts of this room; `reference.editor` takes them out.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel

from bootstrap.rule import WORDS

TOGETHER = "x-together"
"""Under which a section has the rules between its keys, in words."""
DEFAULT = "x-default"
"""Under which a key has its default by profile."""
Schema = dict[str, Any]


class UndocumentedError(ValueError):
    """A key or a rule says nothing to people."""


def schema_of(model: type[BaseModel]) -> Schema:
    """JSON Schema of what a declaration takes. Raise UndocumentedError for a key or a rule without words."""
    whole = model.model_json_schema(mode="validation")
    sections = {each.__name__: each for each in _sections(model)}
    parts = {model.__name__: whole, **whole.get("$defs", {})}
    for name, part in parts.items():
        part["description"] = " ".join((vars(sections[name]).get("__doc__") or "").split())
    for name, part in parts.items():
        _describe(part, sections[name], parts)
    for node in nodes(whole):
        if isinstance(node.get("title"), str):
            del node["title"]
        if isinstance(node.get("pattern"), str) and WORDS in node:
            # Editors show it in place of the pattern (the JSON language service of VS Code, on which YAML's is built).
            node["patternErrorMessage"] = f"Must be: {'; '.join(node[WORDS])}."
        if "patternProperties" in node:
            node.setdefault("additionalProperties", False)
    return whole


def nodes(schema: object) -> Iterator[Schema]:
    """Every mapping of a schema, itself first."""
    if isinstance(schema, dict):
        yield schema
        for each in list(schema.values()):
            yield from nodes(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from nodes(each)


def _describe(part: Schema, section: type[BaseModel], parts: Mapping[str, Schema]) -> None:
    said = docstrings(section)
    for name, field in section.model_fields.items():
        key = field.alias or name
        found = part["properties"][key]
        found["description"] = said.get(name) or _below(found, parts)
        if not found["description"]:
            raise UndocumentedError(f"{section.__name__}.{name}: a key has a sentence under it that says what it is")
    validators = section.__pydantic_decorators__.model_validators.values()
    together = [" ".join((each.func.__doc__ or "").split()) for each in validators]
    if not all(together):
        raise UndocumentedError(f"{section.__name__}: a rule between its keys has no docstring to say it")
    if together:
        part[TOGETHER] = together


def _below(node: Schema, parts: Mapping[str, Schema]) -> str:
    """What the section that a key takes says of itself."""
    sections = [each["$ref"] for each in nodes(node) if "$ref" in each]
    if len(sections) != 1:
        return ""
    found = parts[sections[0].rpartition("/")[2]]
    return str(found.get("description", ""))


def _sections(kind: Any) -> Iterator[type[BaseModel]]:
    """A model, and all that its fields are about."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
        for field in kind.model_fields.values():
            yield from _sections(field.annotation)
    else:
        for each in get_args(kind):
            yield from _sections(each)


def docstrings(model: type) -> dict[str, str]:
    """Field -> the text under it, on one line; a section's own before those of what it is a kind of."""
    found: dict[str, str] = {}
    for each in reversed(model.__mro__):
        if issubclass(each, BaseModel) and each is not BaseModel:
            found |= _own_docstrings(each)
    return found


def _own_docstrings(model: type) -> dict[str, str]:
    [body] = [
        each for each in ast.parse(textwrap.dedent(inspect.getsource(model))).body if isinstance(each, ast.ClassDef)
    ]
    found: dict[str, str] = {}
    for field, after in itertools.pairwise(body.body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            text = after.value if isinstance(after, ast.Expr) else None
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                found[field.target.id] = " ".join(text.value.split())
    return found
