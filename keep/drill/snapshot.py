"""The drill `snapshot`: the instance is restored, apart from everything, from a snapshot of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from keep.drill import copies
from keep.drill.drill import Step
from keep.drill.plan import DrillPlan
from keep.drill.report import DrillName
from keep.drill.scene import Scene, Stage
from keep.drill.steps import Beats, answering, beat, proving, source_clock
from keep.errors import AskedError, EstateError
from keep.estate.estate import Snapshot
from keep.estate.naming import copy_name, is_copy_of

_FROM, _PART = "restored from", "snapshot"
NEWEST = "newest"
"""In place of a snapshot's name, or of a backup's id."""


@dataclass(frozen=True, kw_only=True)
class FromSnapshot:
    """Implements `Drill`."""

    snapshot: str | None = None
    """Its identifier, or `newest`. None: the drill takes one of its own, whose heartbeats show what it lacks."""

    @property
    def name(self) -> DrillName:
        return "snapshot"

    @property
    def asked(self) -> dict[str, str]:
        return {"snapshot": self.snapshot} if self.snapshot else {}

    def plan(self, scene: Scene, run: str) -> DrillPlan:
        if scene.estate.instance(scene.source) is None:
            raise EstateError(f"there is no instance {scene.source}: deploy the stack first")
        prefix = scene.stack.prefix
        made = [f"instance {copy_name(prefix, run)}"]
        if self.snapshot is None:
            own = copy_name(prefix, run, _PART)
            beats = Beats(scene.source)
            made += [f"snapshot {own}", beats.made]
            touches: tuple[str, ...] = (beats.touched, f"a snapshot of {scene.source} is taken")
        else:
            own, touches = chosen(scene, self.snapshot).identifier, ()
        return DrillPlan(
            drill="snapshot",
            stack=scene.stack.stack,
            makes=tuple(made),
            touches=touches,
            does=(
                f"restores the snapshot {own} into a new instance",
                "reads it warm, analyzes what has no statistics, and proves roles, schema, rows and settings",
                "logs in as the application",
                "destroys what it made and proves that it is gone",
            ),
            seconds=scene.usual_seconds("snapshot"),
        )

    def prepare(self, stage: Stage) -> None:
        scene, notes = stage.scene, stage.notes
        if self.snapshot is not None:
            found = chosen(scene, self.snapshot)
            notes.facts = {**notes.facts, _FROM: found.identifier, "taken at": f"{found.taken_at}"}
        else:
            beat(stage)
            name = stage.name(_PART)
            copies.snapshot(
                stage,
                name,
                lambda: scene.estate.snapshots(scene.source),
                lambda: scene.estate.create_snapshot(scene.source, name, made_by=notes.id),
            )
            notes.facts = {**notes.facts, _FROM: name}
        notes.incident_at = source_clock(stage)

    def steps(self) -> Sequence[Step]:
        return (Step(phase="detect", do=_detect), Step(phase="restore", do=_restore), *proving())


def chosen(scene: Scene, asked: str) -> Snapshot:
    """Return the snapshot that is meant. Raise AskedError where there is none, or it is not there yet."""
    usable = [each for each in scene.estate.snapshots(scene.source) if each.status == "available" and each.taken_at]
    if asked == NEWEST:
        usable = [each for each in usable if not is_copy_of(scene.stack.prefix, each.identifier)]
        if usable:
            return usable[-1]
        raise AskedError(f"{scene.source} has no snapshot: leave --snapshot out, and the drill takes one of its own")
    for each in usable:
        if each.identifier == asked:
            return each
    have = ", ".join(each.identifier for each in usable) or "none"
    raise AskedError(f"{scene.source} has no snapshot `{asked}`; it has: {have}")


def _detect(stage: Stage) -> str:
    notes = stage.notes
    if (taken := notes.facts.get("taken at")) and notes.incident_at:
        # It is of before the drill, so no heartbeat is in it.
        notes.lost_since(datetime.fromisoformat(taken), "when the snapshot was taken")
    return f"decided to restore the snapshot {notes.facts[_FROM]}"


def _restore(stage: Stage) -> str:
    scene, name = stage.scene, stage.name()

    def make() -> None:
        scene.estate.restore_from_snapshot(stage.notes.facts[_FROM], name, like=scene.source, made_by=stage.notes.id)

    copies.instance(stage, name, make)
    return answering(stage, name)
