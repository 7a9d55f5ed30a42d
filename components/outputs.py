"""What a component gives out, under the names that the package's schema has for it."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from inspect import get_annotations
from typing import Any

import pulumi
from pulumi.provider.experimental.util import camel_case


def outputs(component: pulumi.ComponentResource) -> dict[str, Any]:
    """What the component gives out, without what it does not have."""
    values = {key: getattr(component, key) for key in annotations(type(component))}
    return {camel_case(key): _plain(value) for key, value in values.items() if value is not None}


def _plain(value: object) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        pairs = {each.name: getattr(value, each.name) for each in fields(value)}
        return {camel_case(key): _plain(each) for key, each in pairs.items() if each is not None}
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value.value if isinstance(value, Enum) else value


def annotations(typ: type) -> dict[str, Any]:
    """What a class and those before it say of their public attributes, Pulumi's own aside."""
    aside = (object, pulumi.Resource, pulumi.ComponentResource)
    said = [get_annotations(each, eval_str=True) for each in reversed(typ.__mro__) if each not in aside]
    return {name: hint for each in said for name, hint in each.items() if not name.startswith("_")}
