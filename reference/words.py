"""What a schema says, in words: of a key what it takes and its rules, and the rules that compare several keys."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping

from bootstrap.rule import WORDS
from reference.types import TOGETHER, Schema, UndocumentedError
from reference.walk import entries, parts, section

_WORDS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "above {}",
    "minLength": "at least {} characters",
    "minItems": "at least {}",
    "minProperties": "at least {}",
}
_KINDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "`true`, `false`",
    "object": "mapping",
    "null": "",
}


def takes(node: Schema) -> str:
    """What a key takes: `whole number`, `list of text`, `off`, `standard` or `advanced`."""
    return _either(each for each in _kinds(node) if each)


def _either(kinds: Iterable[str]) -> str:
    """`text, number or section`, each once."""
    *some, last = dict.fromkeys(kinds)
    return f"{', '.join(some)} or {last}" if some else last


def _kinds(node: Schema) -> Iterator[str]:
    if "anyOf" in node and "type" not in node:
        for each in node["anyOf"]:
            yield from _kinds(each)
    elif "$ref" in node:
        yield "section"
    elif "enum" in node or "const" in node:
        yield _choice(node)
    elif node.get("type") == "array":
        yield f"list of {takes(node['items'])}"
    elif node.get("type") == "object":
        yield "mapping of names to " + _either(map(takes, entries(node)))
    elif isinstance(node.get("type"), list):
        yield from (_KINDS[each] for each in node["type"])
    else:
        yield _KINDS.get(node.get("type", ""), "")


def _choice(node: Schema) -> str:
    values = [each for each in node.get("enum", [node.get("const")]) if each is not None]
    if node.get("type") == "integer":  # which ones is said by its rule
        return _KINDS["integer"]
    if len(values) > 15:
        return _KINDS["string"]
    return _either(f"`{str(each).lower() if isinstance(each, bool) else each}`" for each in values)


def rules(node: Schema, lead: str = "") -> Iterator[str]:
    """The rules of a key: its own, those of each item, of each name and of each value."""
    own = node.get(WORDS) or list(_limits(node))
    for each in node.get("anyOf", ()):
        if not own or WORDS in each or WORDS in each.get("items", {}):
            yield from rules(each, lead)
    yield from (f"{lead}{each}" for each in own)
    if isinstance(node.get("items"), dict):
        yield from rules(node["items"], lead or "each: ")
    if isinstance(node.get("propertyNames"), dict):
        yield from rules(node["propertyNames"], "names: ")
    for each in entries(node):
        yield from rules(each, "values: ")


def _limits(node: Schema) -> Iterator[str]:
    """Limits of pydantic's own, which have no words."""
    if {"minimum", "maximum"} <= node.keys():
        yield f"{node['minimum']} to {node['maximum']}"
        return
    for key, words in _WORDS.items():
        if key in node:
            yield words.format(node[key])


def add(schema: Schema, said: Mapping[str, list[str]]) -> None:
    """Put what is said of `key.below` to that key, or to its section. Raise UndocumentedError where there is none."""
    left = dict(said)
    for name, part in parts(schema).items():
        found = section(schema, name)
        if words := left.pop(".".join(part.path), None) if part.path else None:
            found[TOGETHER] = [*found.get(TOGETHER, []), *words]
        for key, place in itertools.product(part.keys, (part.path, *part.also)):
            node = found["properties"][key.path[-1]]
            if words := left.pop(".".join((*place, key.path[-1])), None):
                node[WORDS] = [*node.get(WORDS, []), *words]
    if left:
        raise UndocumentedError(f"rules are said of keys that are not there: {', '.join(sorted(left))}")


def wordless(schema: Schema) -> list[str]:
    """Patterns that refuse a value and do not say in words what is taken."""
    return [node["pattern"] for node in _judging(schema) if WORDS not in node]


def _judging(node: object, words: bool = False) -> Iterator[Schema]:
    if isinstance(node, dict):
        words = words or WORDS in node
        if isinstance(node.get("pattern"), str) and not words:
            yield node
        for each in node.values():
            yield from _judging(each, words)
    elif isinstance(node, list):
        for each in node:
            yield from _judging(each, words)
