"""`datatier adopt --against`: the state of the stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bootstrap.errors import AskedError
from cli.preview import saved

if TYPE_CHECKING:
    from graph.resource import Resource


def state_of(stack: str, against: str) -> tuple[Resource, ...]:
    """What `pulumi stack export` gave, in a file or `-`. Raise AskedError for another stack's."""
    resources = saved(against)
    if others := {each.stack for each in resources} - {stack}:
        raise AskedError(f"--against is the state of {', '.join(sorted(others))}, and not of {stack}.")
    return resources
