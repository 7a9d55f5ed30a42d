"""What a drill is: a plan, something to prepare, and steps that are timed. `keep.drill.run` carries them out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from keep.drill.plan import DrillPlan
from keep.drill.report import DrillName, PhaseName
from keep.drill.scene import Scene, Stage
from keep.errors import KeepError


class NotWholeError(KeepError):
    """What came back is not what it should be: the verdict is `failed`, where any other error gives none."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One phase. It may be killed at any moment and done again: it asks what is there before it makes something."""

    phase: PhaseName
    do: Callable[[Stage], str]
    """Does it and returns what was done, in a sentence. What a later step needs goes into the stage's notes."""


class Drill(Protocol):
    """One kind of drill, with what was asked for.

    What it makes bears the run's id as `made_by` and a name of `Stage.name`: it is destroyed at the end of the run
    whatever happens, or by the next one. The phase `destroy` is the runner's.
    """

    @property
    def name(self) -> DrillName:
        """Its name."""
        ...

    @property
    def asked(self) -> dict[str, str]:
        """What was asked for besides: kept in the notes, and what a resumed run must have been asked for too."""
        ...

    def plan(self, scene: Scene, run: str) -> DrillPlan:
        """Look at the stack and return what the run of that id would do. Raise AskedError for what cannot be."""
        ...

    def prepare(self, stage: Stage) -> None:
        """Do what must have happened before the incident, such as heartbeats, and set `notes.incident_at`.

        It is no phase: its time is nobody's loss. A resumed run whose incident has happened skips it.
        """
        ...

    def steps(self) -> Sequence[Step]:
        """What is timed, in order."""
        ...
