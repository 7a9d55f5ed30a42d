"""How a run of a plan went."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from upgrade.file import StoredPlan
from upgrade.run.notes import Notes

State = Literal["done", "waiting", "stopped", "failed", "listed"]
"""`waiting`: for a person; `stopped`: after the step that was asked for; `listed`: only looked at the notes."""


class DoneStep(BaseModel):
    """A step that is done."""

    model_config = ConfigDict(frozen=True)

    step: str
    what: str
    at: str
    seconds: float
    found: bool
    """Whether nothing had to be done."""
    requests: tuple[str, ...]
    """AWS's ids of the calls that were made."""


class UpgradeReport(BaseModel):
    """One run; keys are only ever added."""

    model_config = ConfigDict(frozen=True)

    stack: str
    done: tuple[DoneStep, ...]
    next: str | None
    """Id of the step that comes next; None where none does."""
    state: State
    why: str = ""
    """What it waits for, or why it failed."""
    needs: str = ""
    """Of a `waiting` one: `deployment`, `window`, `consent`, `go` or `person`."""


def report(plans: tuple[tuple[StoredPlan, Notes], ...], state: State, why: str = "", needs: str = "") -> UpgradeReport:
    """What stands in the notes."""
    done, coming = [], None
    for plan, notes in plans:
        for step in plan.steps:
            note = notes.steps.get(step.id)
            if note is not None and note.state == "done" and note.ended_at is not None:
                done.append(
                    DoneStep(
                        step=step.id,
                        what=step.what,
                        at=note.ended_at.isoformat(timespec="seconds"),
                        seconds=round((note.ended_at - note.began_at).total_seconds(), 1),
                        found=note.found,
                        requests=tuple(each.request for each in note.effects.values() if each.request),
                    )
                )
            elif coming is None:
                coming = step.id
    return UpgradeReport(stack=plans[0][0].stack, done=tuple(done), next=coming, state=state, why=why, needs=needs)
