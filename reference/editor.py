"""JSON Schemas for editors: completion, descriptions and errors while somebody writes a declaration."""

from __future__ import annotations

from typing import Any

from bootstrap.rule import WORDS
from reference.defaults import shown
from reference.types import DEFAULT, TOGETHER, Schema
from reference.words import rules

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_INNER = (WORDS, TOGETHER, DEFAULT)


def published(schema: Schema, title: str) -> Schema:
    """The schema as a file of its own."""
    return {"$schema": _DIALECT, "title": title, "$comment": "Made from the types: make reference", **schema}


def described(schema: Schema) -> Schema:
    """A schema with the words of its rules in the descriptions, and nothing of this room's own."""
    made: Schema = _described(schema)
    return made


def _described(node: Any) -> Any:
    if isinstance(node, list):
        return [_described(each) for each in node]
    if not isinstance(node, dict):
        return node
    made = {key: _described(each) for key, each in node.items() if key not in _INNER}
    # A section may have a key that is called `description`: that is no text.
    if isinstance(node.get("description"), str):
        words = [*dict.fromkeys(rules(node)), *node.get(TOGETHER, ())]
        default = f"Default: {shown(node[DEFAULT])}." if DEFAULT in node else ""
        made["description"] = " ".join(filter(None, [node["description"], *map(sentence, words), default]))
    return made


def sentence(words: str) -> str:
    """Words of a rule as a sentence."""
    return f"{words[0].upper()}{words[1:]}{'' if words.endswith('.') else '.'}"
