"""What a drill makes is made once, and made again where the run was killed before it was whole.

AWS goes on with what it was asked for when whoever asked is gone. On this computer a copy is made by the process that
asks for it: what a killed one has begun is `failed`, and nobody goes on with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from keep.drill import tidy, wait
from keep.drill.drill import NotWholeError
from keep.drill.scene import Stage
from keep.estate.estate import Cache, Instance, Snapshot

_AGAIN = "made again"
"""Fact of a report: what was not whole when the run was killed."""


def instance(stage: Stage, name: str, make: Callable[[], None]) -> None:
    """Ask for an instance, unless the run has done so. Raise EstateError."""
    _begun(stage, name, lambda: stage.scene.estate.instance(name), make)


def cache(stage: Stage, name: str, make: Callable[[], None]) -> None:
    """Ask for a cache, unless the run has done so. Raise EstateError."""
    _begun(stage, name, lambda: stage.scene.estate.cache(name), make)


def snapshot(stage: Stage, name: str, listed: Callable[[], Sequence[Snapshot]], make: Callable[[], None]) -> Snapshot:
    """Take a snapshot, unless the run has done so, and return it when it can be restored from.

    Raise EstateError, and NotWholeError where it fails.

    :param listed: the snapshots of its source.
    """

    def look() -> Snapshot | None:
        return next((each for each in listed() if each.identifier == name), None)

    def taken() -> Snapshot | None:
        found = look()
        if found is not None and found.status == "failed":
            raise NotWholeError(f"the snapshot {name} failed")
        return found if found is not None and found.status == "available" and found.taken_at else None

    _begun(stage, name, look, make)
    return wait.until(stage.scene, f"the snapshot {name}", taken)


def _begun(
    stage: Stage, name: str, look: Callable[[], Instance | Cache | Snapshot | None], make: Callable[[], None]
) -> None:
    """The name is the run's own: what bears it before it was asked for is of the same run, before that was killed."""
    scene, notes, found = stage.scene, stage.notes, look()
    ends = found is not None and found.status == "deleting"
    if found is not None and found.status == "failed":
        ends = bool(tidy.removed(scene, lambda identifier, run: (identifier, run) == (name, notes.id)))
    if ends:
        scene.say(f"{name} is made again: it was not whole when the run was killed")
        before = [notes.facts[_AGAIN]] if _AGAIN in notes.facts else []
        notes.facts = {**notes.facts, _AGAIN: ", ".join([*before, name])}
        scene.books.note(notes)
        wait.until(scene, f"the end of {name}", lambda: True if look() is None else None)

    def begun() -> bool:
        if look() is None:  # of a call whose answer was lost it may be there
            make()
        return True

    if found is None or ends:
        wait.until(scene, f"the beginning of {name}", begun)
