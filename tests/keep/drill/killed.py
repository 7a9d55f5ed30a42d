"""Drills whose process is killed, played in this one."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from fake_estate import FakeEstate, Kind

from keep.drill import run
from keep.drill.drill import Drill
from keep.drill.notes import Holder, Notes, me
from keep.drill.run import carry_out
from keep.drill.scene import Scene, Stage

DEAD = Holder(host=socket.gethostname(), pid=2**22 + 1, started="1")
"""A process that no Linux has: above its highest pid_max."""


class KilledError(BaseException):
    """Stands for the end of the process: nothing after it is done."""


def carry_out_killed(drill: Drill, scene: Scene, *, resume: bool = False) -> Notes:
    """Carry out a drill in which KilledError is raised, as a process that is dead by now; return what it has left."""
    with pytest.MonkeyPatch.context() as patch, ExitStack() as threads:

        def stage(scene: Scene, notes: Notes) -> Stage:
            return Stage(scene=scene, notes=notes, closing=threads)  # what beats ends with the process

        patch.setattr(run, "me", lambda: DEAD)
        patch.setattr(run, "Stage", stage)
        with pytest.raises(KilledError):
            carry_out(drill, scene, resume=resume)
    left = scene.books.running()
    assert left is not None
    assert left.holder != me()
    return left


@contextmanager
def dying(estate: FakeEstate, call: str, kind: Kind, number: int = 1) -> Iterator[None]:
    """Whoever makes the call for that time and later is killed when what it makes is written down."""
    real, count = getattr(estate, call), 0

    def killed(source: str, target: str, *words: Any, made_by: str, **more: Any) -> None:
        nonlocal count
        count += 1
        if count < number:
            real(source, target, *words, made_by=made_by, **more)
            return
        estate.calls.append(call)
        estate.half_made(kind, target, made_by)
        raise KilledError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(estate, call, killed)
        yield
