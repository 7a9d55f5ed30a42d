"""Removes what drills have made and proves that it is gone."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from keep.drill.scene import Scene
from keep.drill.wait import until
from keep.estate.estate import Estate
from keep.estate.naming import copy_name


def made(scene: Scene, mine: Callable[[str], bool]) -> list[tuple[str, str, str]]:
    """Return what drills of this stack have made and is there: kind, identifier, run; of the runs that `mine` takes."""
    return [
        (kind, identifier, run)
        for kind, identifier, run in scene.estate.made()
        if mine(run) and identifier.startswith(copy_name(scene.stack.prefix, run))
    ]


def removed(scene: Scene, mine: Callable[[str], bool]) -> tuple[str, ...]:
    """Delete all of that, wait until it is gone, and return what it was. Raise EstateError."""
    found = made(scene, mine)
    asked: set[str] = set()

    def gone() -> bool | None:
        left = made(scene, mine)
        for kind, identifier, _ in left:
            # Once each: what is being deleted is refused a second time, and is listed until it is gone.
            if identifier not in asked:
                _DELETE[kind](scene.estate, identifier)
                asked.add(identifier)
        return None if left else True

    if found:
        until(scene, f"the end of {', '.join(identifier for _, identifier, _ in found)}", gone)
    return tuple(f"{kind} {identifier}" for kind, identifier, _ in found)


_DELETE: Mapping[str, Callable[[Estate, str], None]] = {
    "instance": lambda estate, identifier: estate.delete_instance(identifier),
    "snapshot": lambda estate, identifier: estate.delete_snapshot(identifier),
    "cache": lambda estate, identifier: estate.delete_cache(identifier),
    "cache snapshot": lambda estate, identifier: estate.delete_cache_snapshot(identifier),
}
