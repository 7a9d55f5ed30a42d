"""Physical names and fingerprints of declarations: the same for the same declaration, every time. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from graph.resource import Resource


def physical_name(resource: Resource, *keys: str) -> str:
    """The name AWS would know: the declared one, a declared prefix with a suffix, or Pulumi's auto-name."""
    for key in (*keys, "name"):
        if resource.inputs.get(key):
            return str(resource.inputs[key])
    for key in (*keys, "name"):
        prefix = resource.inputs.get(f"{key}Prefix")
        if prefix:
            return f"{prefix}{hexes(resource.urn, 7)}"
    return f"{resource.name}-{hexes(resource.urn, 7)}"


def hexes(text: str, length: int) -> str:
    """Hex digits that depend on the text alone."""
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def digest(resource: Resource) -> str:
    """A fingerprint of the declaration without the inputs whose changes the program ignores."""
    ignored = {camel(path) for path in resource.ignore_changes}
    inputs: Mapping[str, Any] = {k: v for k, v in resource.inputs.items() if k not in ignored}
    return hashlib.sha256(json.dumps([resource.type, inputs], sort_keys=True, default=str).encode()).hexdigest()


def camel(name: str) -> str:
    """Pulumi's input name for Python's (`user_ids` -> `userIds`)."""
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)
