"""The tree of components. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from graph.resource import Key, Resource

TOP = "(none)"
"""What the component of a resource is called that has none."""


def is_component(token: str) -> bool:
    """Whether a type token is one of this project's components."""
    return token.startswith("data-tier")


def tops(resources: Sequence[Resource]) -> dict[Key, str]:
    """Key of each resource that is no component -> logical name of the topmost component above it."""
    above = {each.name: each.above for each in resources if is_component(each.type)}
    found = {}
    for each in resources:
        if is_component(each.type):
            continue
        top = each.above
        while above.get(top):
            top = above[top]
        found[each.key] = top if top in above else TOP
    return found
