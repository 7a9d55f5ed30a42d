"""What the SDK does for an engine, left out while a program runs without one.

Names of the SDK's that have no switch; `tests/runtime/test_lean.py` says when a release of it renames them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pulumi
from pulumi import _types
from pulumi.runtime import resource
from pulumi.runtime.proto import source_pb2


@contextmanager
def lean() -> Iterator[None]:
    """Let the SDK register resources without what nobody here looks at, for as long as the block runs.

    - Where in the program a resource is declared: an engine shows it. To find it the SDK walks the stack and looks at
      each file on it.
    - A URN made of eight outputs, which it takes where there is no monitor; of plain words it is one.
    - The same type unwrapped again for each value of it.
    """
    places = ((resource, "_get_stack_trace"), (resource, "create_urn"), (_types, "unwrap_type"))
    before = [getattr(module, name) for module, name in places]
    ours = (source_pb2.StackTrace, _create_urn(before[1]), cache(before[2]))
    for (module, name), function in zip(places, ours, strict=True):
        setattr(module, name, function)
    try:
        yield
    finally:
        for (module, name), function in zip(places, before, strict=True):
            setattr(module, name, function)


def _create_urn(create: Any) -> Any:
    def create_urn(name: Any, type_: Any, parent: Any = None, *more: Any, **named: Any) -> pulumi.Output[str]:
        if all(isinstance(each, str) for each in (name, type_, parent)):
            return pulumi.Output.from_input(f"{parent[: parent.rfind('::')]}${type_}::{name}")
        made: pulumi.Output[str] = create(name, type_, parent, *more, **named)
        return made

    return create_urn
