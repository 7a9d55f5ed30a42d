"""Every component, found by its file: a new one is in the package as soon as it is in the folder."""

import importlib
import pkgutil
from functools import cache
from inspect import get_annotations, isclass
from typing import Any

import pulumi

import components
from components.package import NAME

_ASIDE = ("components.__main__", "components.package")
"""What holds no components; the first would start the plugin."""


@cache
def every() -> tuple[type[pulumi.ComponentResource], ...]:
    """Return the classes of all components, sorted by name."""
    found = {
        each
        for module in map(importlib.import_module, sorted(_modules(components.__path__, "components.")))
        for each in vars(module).values()
        if isclass(each) and issubclass(each, pulumi.ComponentResource) and each.__module__ == module.__name__
    }
    return tuple(sorted(found, key=lambda each: each.__name__))


def _modules(path: Any, prefix: str) -> set[str]:
    found: set[str] = set()
    for each in pkgutil.iter_modules(path, prefix):
        if each.name in _ASIDE:
            continue
        found.add(each.name)
        if each.ispkg:
            found |= _modules(importlib.import_module(each.name).__path__, f"{each.name}.")
    return found


def token(component: type[pulumi.ComponentResource]) -> str:
    """Type token of a component, the one that it registers with."""
    return f"{NAME}:index:{component.__name__}"


def args_type(component: type[pulumi.ComponentResource]) -> type[Any]:
    """The dataclass that the component takes."""
    found: type[Any] = get_annotations(component.__init__, eval_str=True)["args"]
    return found
