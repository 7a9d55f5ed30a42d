"""What a stack's file takes: the types of its settings, the profiles' values, and the file around them."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from bootstrap.rule import said
from infra.rules import (
    backups,
    caches,
    crossed,
    databases,
    existing,
    existing_caches,
    maintenance,
    network,
    objectives,
    partitions,
    stack,
)
from infra.settings.encrypted import NEEDED
from infra.settings.model import Settings
from infra.settings.profiles import PROFILES, cache_defaults, named
from infra.settings.stackfile import FILE_KEYS, PROJECT
from knowledge.regions import REGIONS
from reference.editor import described
from reference.types import DEFAULT, Schema, schema_of
from reference.walk import ENTRY, Path, entries, parts, section
from reference.words import add

ABSENT = object()
"""No default at all."""
RULES = (
    *(stack, databases, caches, network, existing, existing_caches, partitions, objectives, backups, maintenance),
    crossed,
)
"""Modules with the rules between the keys."""
SECRET = {
    "type": "object",
    "required": ["secure"],
    "properties": {"secure": {"type": "string"}},
    "additionalProperties": False,
}


@cache
def types() -> Schema:
    """The settings with their rules and with what each profile sets."""
    found = schema_of(Settings)
    for module in RULES:
        add(found, said(module))
    for name, part in parts(found).items():
        own = section(found, name)
        for key in part.keys:
            node = own["properties"][key.path[-1]]
            values = defaults(key.path)
            shown = {profile: _named(each, node) for profile, each in values.items()}
            if "$ref" not in node and any(each is not ABSENT for each in values.values()):
                node[DEFAULT] = shown
                if key.below is None and len({json.dumps(each) for each in shown.values()}) == 1:
                    node["default"] = next(iter(shown.values()))
        own["required"] = [
            each
            for each in own.get("required", ())
            if (*part.path, each) not in _ELSEWHERE and ABSENT in defaults((*part.path, each)).values()
        ]
    return found


_ELSEWHERE = (("profile",), ("name",))
"""The stack's own name may be its profile's, and an application's name stands in Pulumi.yaml."""


def defaults(path: Path) -> dict[str, Any]:
    """Profile -> what it sets there, or ABSENT."""
    if path[:1] == ("postgres",) and path[1:] in (("database",), ("master",)):
        return {profile: _at(named("NAME"), path) for profile in PROFILES}
    # Below a cache it is what every cache is, whatever it is called.
    caches = {"redis": {ENTRY: cache_defaults()}} if path[:1] == ("redis",) and path[1:] else {}
    return {profile: _at({**each, **caches}, path) for profile, each in PROFILES.items()}


def _at(values: Any, path: Path) -> Any:
    for part in path:
        values = values.get(part, ABSENT) if isinstance(values, dict) else ABSENT
    return values


def _named(value: Any, node: Schema) -> Any:
    """Of a mapping of sections its names; a section itself says what it is below."""
    below = [each for each in entries(node) if each.get("$ref")]
    if value is ABSENT:
        return node.get("default")
    return (list(value) if below else value) if isinstance(value, dict) and node.get("type") == "object" else value


def file_schema() -> Schema:
    """JSON Schema of `Pulumi.<stack>.yaml`."""
    found = described(types())
    settings = found["properties"]
    places = {part.path: name for name, part in parts(types()).items()}
    optional = {places["redis", ENTRY], places["postgres", "replicas", ENTRY]}
    made: Schema = {name: _part(each) for name, each in found["$defs"].items()}
    for name in optional:  # `standby:` without anything is as `standby: {}`
        made[name]["type"] = ["object", "null"]
    secrets = {key.partition(":")[2] for key in NEEDED}
    keys = {
        f"{PROJECT}:{name}": _value(each) if name in secrets else _secret(_value(each))
        for name, each in settings.items()
    }
    region = {"enum": sorted(REGIONS), "description": "Region of the stack. One of AWS."}
    config = {
        "type": ["object", "null"],
        "description": "The settings of the stack, and those of providers.",
        "properties": {"aws:region": region, **keys},
        "patternProperties": {f"^(?!{PROJECT}:)[^:]+:": {}},
        "additionalProperties": False,
    }
    texts = {key: {"type": "string", "description": "Written by Pulumi."} for key in FILE_KEYS}
    environment = {"type": ["array", "object"], "description": "Environments of Pulumi ESC that it imports."}
    return {
        "properties": {**texts, "environment": environment, "config": config},
        # Other keys are anchors: `base: &base {...}`.
        "propertyNames": {"not": {"anyOf": [{"pattern": f"^{PROJECT}:"}, {"enum": [*settings]}]}},
        "type": ["object", "null"],
        "$defs": {**made, "Secret": {**SECRET, "description": "What Pulumi has encrypted."}},
    }


def _part(part: Schema) -> Schema:
    """A section in which every value may be encrypted."""
    return {**part, "properties": {key: _secret(_value(each)) for key, each in part["properties"].items()}}


def _value(node: Schema) -> Schema:
    """What a key takes, in whose lists and mappings every value may be encrypted."""
    made = dict(node)
    for key in ("items", "additionalProperties"):
        if isinstance(made.get(key), dict):
            made[key] = _secret(_value(made[key]))
    if "patternProperties" in made:
        made["patternProperties"] = {name: _secret(_value(each)) for name, each in made["patternProperties"].items()}
    if "anyOf" in made:
        made["anyOf"] = [_value(each) for each in made["anyOf"]]
    return made


def _secret(node: Schema) -> Schema:
    """Or what Pulumi has encrypted; asked first, so that an error is about what the key takes."""
    said = {key: each for key, each in node.items() if key in ("description", "default")}
    return {
        **said,
        "if": {"type": "object", "required": ["secure"]},
        "then": {"$ref": "#/$defs/Secret"},
        "else": {key: each for key, each in node.items() if key not in said},
    }
