"""A declaration's schema as sections with their keys, in the order in which somebody reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reference.types import TOGETHER, Schema

ENTRY, ITEM = "NAME", "[]"
"""Parts of a path that stand for the name of an entry, and for any item of a list."""
Path = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Key:
    """One key that may be written."""

    path: Path
    """`("postgres", "replicas", "NAME", "class")`."""
    schema: Schema
    """What it takes."""
    required: bool
    sentence: str
    below: Path | None
    """Path of the section that it takes, where that is described."""

    @property
    def default(self) -> object:
        """What it is when it is absent; None for nothing."""
        return self.schema.get("default")


@dataclass(frozen=True, kw_only=True)
class Part:
    """A section: the keys that stand together."""

    path: Path
    """Where it stands first."""
    also: tuple[Path, ...]
    """Where it stands too."""
    sentence: str
    keys: tuple[Key, ...]
    together: tuple[str, ...]
    """Rules between its keys."""


def parts(schema: Schema) -> dict[str, Part]:
    """The sections of a schema by name; one that may stand in several places is at the first of them."""
    places: dict[str, list[Path]] = {"": [()]}
    for name, path in _places(schema, schema, (), set()):
        places.setdefault(name, []).append(path)
    return {name: _part(schema, name, places) for name in places}


def section(schema: Schema, name: str) -> Schema:
    """A section by its name; the whole declaration has none."""
    found: Schema = schema["$defs"][name] if name else schema
    return found


def _places(schema: Schema, part: Schema, at: Path, seen: set[str]) -> Iterator[tuple[str, Path]]:
    """Each section with where it stands, those below a section before those below the next."""
    for key, node in part["properties"].items():
        for name, path in _references(node, (*at, key)):
            yield name, path
            if name not in seen:
                seen.add(name)
                yield from _places(schema, section(schema, name), path, seen)


def _references(node: Schema, at: Path) -> Iterator[tuple[str, Path]]:
    """The sections that a key takes, each with its path."""
    if "$ref" in node:
        yield node["$ref"].rpartition("/")[2], at
    for each in node.get("anyOf", ()):
        yield from _references(each, at)
    if isinstance(node.get("items"), dict):
        yield from _references(node["items"], (*at, ITEM))
    for each in entries(node):
        yield from _references(each, (*at, ENTRY))


def entries(node: Schema) -> list[Schema]:
    """What the entries of a mapping may be."""
    more = node.get("additionalProperties")
    return [*node.get("patternProperties", {}).values(), *([more] if isinstance(more, dict) else [])]


def _part(schema: Schema, name: str, places: Mapping[str, list[Path]]) -> Part:
    found = section(schema, name)
    required = found.get("required", ())
    path, *also = places[name]
    keys = tuple(
        Key(
            path=(*path, key),
            schema=node,
            required=key in required,
            sentence=node.get("description", ""),
            below=next((places[each][0] for each, _ in _references(node, ())), None),
        )
        for key, node in found["properties"].items()
    )
    return Part(
        path=path, also=tuple(also), sentence=found["description"], keys=keys, together=tuple(found.get(TOGETHER, ()))
    )
