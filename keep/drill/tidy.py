"""Removes what drills have made and proves that it is gone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from keep.backup.listing import named_at
from keep.drill.scene import Scene
from keep.drill.wait import until
from keep.drill.words import is_run
from keep.errors import EstateError
from keep.estate.estate import Estate
from keep.estate.naming import is_copy_of

Made = tuple[Estate, str, str, str]
"""Where it is, kind, identifier, run."""
_LONGEST = timedelta(days=1)
"""After which no backup needs its snapshot of a cache any more."""


def _left_over(run: str, now: datetime) -> bool:
    """Whether nobody needs any more what bears that mark, while no drill runs but the one that asks.

    A backup takes snapshots of ElastiCache under the same marks, and may be under way (`keep.redis.exported`).
    """
    began = None if is_run(run) else named_at(run)
    return began is None or began < now - _LONGEST


def made(scene: Scene, mine: Callable[[str, str], bool]) -> list[Made]:
    """Return what drills of this stack have made and is there, in every region: what `mine` takes by name and run."""
    return [
        (estate, kind, identifier, run)
        for estate in scene.estates
        for kind, identifier, run in estate.made()
        if mine(identifier, run) and is_copy_of(scene.stack.prefix, identifier)
    ]


def cleared(scene: Scene) -> tuple[str, ...]:
    """Remove whatever drills have left, while none runs but the one that asks. As `removed`."""
    return removed(scene, lambda _, run: _left_over(run, scene.now()))


def removed(scene: Scene, mine: Callable[[str, str], bool]) -> tuple[str, ...]:
    """Delete all of that, wait until it is gone, and return what it was. Raise EstateError."""
    found: dict[tuple[int, str, str], Made] = {}
    asked: set[tuple[int, str, str]] = set()

    def gone() -> bool | None:
        left = {(id(each[0]), each[1], each[2]): each for each in made(scene, mine)}
        found.update(left)
        passing: EstateError | None = None
        for key, (estate, kind, identifier, _) in left.items():
            # Once each: what is being deleted is listed until it is gone, and refused a second time.
            if key in asked:
                continue
            try:
                _DELETE[kind](estate, identifier)
                asked.add(key)
            except EstateError as error:  # AWS deletes nothing that it is still making
                if not error.passing:
                    raise
                passing = error
        if passing:
            raise passing
        return None if left or any(_there(*each[:3]) for each in found.values()) else True

    until(scene, "the end of what drills have made", gone)
    return tuple(f"{kind} {identifier}" for _, kind, identifier, _ in found.values())


def _there(estate: Estate, kind: str, identifier: str) -> bool:
    """Whether it is still being deleted, when an estate that cannot read its marks any more does not list it."""
    return kind == "cache" and estate.cache(identifier) is not None


_DELETE: Mapping[str, Callable[[Estate, str], None]] = {
    "instance": lambda estate, identifier: estate.delete_instance(identifier),
    "snapshot": lambda estate, identifier: estate.delete_snapshot(identifier),
    "cache": lambda estate, identifier: estate.delete_cache(identifier),
    "cache snapshot": lambda estate, identifier: estate.delete_cache_snapshot(identifier),
}
