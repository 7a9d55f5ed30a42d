"""Removes what drills have made and proves that it is gone."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from keep.drill.scene import Scene
from keep.drill.wait import until
from keep.estate.estate import Estate
from keep.estate.naming import is_copy_of

Made = tuple[Estate, str, str, str]
"""Where it is, kind, identifier, run."""


def made(scene: Scene, mine: Callable[[str, str], bool]) -> list[Made]:
    """Return what drills of this stack have made and is there, in every region: what `mine` takes by name and run."""
    return [
        (estate, kind, identifier, run)
        for estate in scene.estates
        for kind, identifier, run in estate.made()
        if mine(identifier, run) and is_copy_of(scene.stack.prefix, identifier)
    ]


def removed(scene: Scene, mine: Callable[[str, str], bool]) -> tuple[str, ...]:
    """Delete all of that, wait until it is gone, and return what it was. Raise EstateError."""
    found = made(scene, mine)
    asked: set[tuple[int, str]] = set()

    def gone() -> bool | None:
        left = made(scene, mine)
        for estate, kind, identifier, _ in left:
            # Once each: what is being deleted is refused a second time, and is listed until it is gone.
            if (id(estate), identifier) not in asked:
                _DELETE[kind](estate, identifier)
                asked.add((id(estate), identifier))
        return None if left else True

    if found:
        until(scene, f"the end of {', '.join(identifier for _, _, identifier, _ in found)}", gone)
    return tuple(f"{kind} {identifier}" for _, kind, identifier, _ in found)


_DELETE: Mapping[str, Callable[[Estate, str], None]] = {
    "instance": lambda estate, identifier: estate.delete_instance(identifier),
    "snapshot": lambda estate, identifier: estate.delete_snapshot(identifier),
    "cache": lambda estate, identifier: estate.delete_cache(identifier),
    "cache snapshot": lambda estate, identifier: estate.delete_cache_snapshot(identifier),
}
