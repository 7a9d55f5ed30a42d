"""The drill `region`: the first region is lost, and the instance comes back in the second, from what is kept there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from keep.drill import copies, wait
from keep.drill.drill import Step
from keep.drill.plan import DrillPlan
from keep.drill.report import DrillName
from keep.drill.scene import Elsewhere, Scene, Stage
from keep.drill.steps import Beats, answering, beat, proving, source_clock
from keep.errors import AskedError
from keep.estate.estate import Snapshot
from keep.estate.naming import copy_name, is_copy_of

_TO, _FROM, _TAKEN, _PART = "restored to", "restored from", "taken at", "snapshot"
DECLARE = "data-tier:backup: {second_region: {region: REGION, point_in_time: 7}}"
"""The line that a stack without a second region lacks."""


@dataclass(frozen=True, kw_only=True)
class LostRegion:
    """Implements `Drill`."""

    @property
    def name(self) -> DrillName:
        return "region"

    @property
    def asked(self) -> dict[str, str]:
        return {}

    def plan(self, scene: Scene, run: str) -> DrillPlan:
        there = elsewhere_of(scene)
        newest = _newest_there(scene, there)
        played = f" (this computer plays {there.region})" if there.played else ""
        own = copy_name(scene.stack.prefix, run, _PART)
        snapshot = () if there.point_in_time or newest else (f"snapshot {own}",)
        beats = Beats(scene.source) if there.point_in_time or newest is None else None
        return DrillPlan(
            drill="region",
            stack=scene.stack.stack,
            makes=(
                f"instance {copy_name(scene.stack.prefix, run)} in {there.region}",
                *snapshot,
                *((beats.made,) if beats else ()),
            ),
            touches=(beats.touched,) if beats else (),
            does=(
                f"restores {scene.source} in {there.region}{played} from "
                + ("its replicated backups" if there.point_in_time else "its newest copy there"),
                "reads it warm, analyzes what has no statistics, and proves roles, schema and rows",
                "logs in as the application",
                "destroys the instance and proves that it is gone",
            ),
            seconds=scene.usual_seconds("region"),
        )

    def prepare(self, stage: Stage) -> None:
        scene, notes = stage.scene, stage.notes
        there = elsewhere_of(scene)
        notes.facts = {**notes.facts, "region": there.region + (", played by this computer" if there.played else "")}
        newest = _newest_there(scene, there)
        if there.point_in_time:
            first = beat(stage).acknowledged[0].at
            wait.until(
                scene,
                f"a moment that {there.region} has and that has a heartbeat",
                lambda: True if _window(scene, there)[1] > first else None,
            )
        elif newest is None:
            newest = _taken(stage, there)
        if newest is not None and newest.taken_at is not None:
            notes.facts = {**notes.facts, _FROM: newest.identifier, _TAKEN: newest.taken_at.isoformat()}
        notes.incident_at = source_clock(stage)

    def steps(self) -> Sequence[Step]:
        return (
            Step(phase="detect", do=_detect),
            Step(phase="restore", do=_there(_restore)),
            *(Step(phase=each.phase, do=_there(each.do)) for each in proving()),
        )


def elsewhere_of(scene: Scene) -> Elsewhere:
    """Return the second region. Raise AskedError where none is declared, or nothing is kept there yet."""
    there = scene.elsewhere
    if there is None:
        raise AskedError(
            f"the stack {scene.stack.stack} has no second region for its backups: add to its file `{DECLARE}`, "
            f"REGION another one than {scene.stack.region}"
        )
    if not there.lands:
        raise AskedError(
            f"{there.region} has no instance whose groups a copy could have: say which of that region it gets, by "
            "--subnet-group, --security-group and --parameter-group"
        )
    if there.point_in_time:
        _window(scene, there)
    elif _newest_there(scene, there) is None and not there.played:
        raise AskedError(f"{there.region} has no copy of {scene.source} yet: the first comes with the next backup")
    return there


def _window(scene: Scene, there: Elsewhere) -> tuple[datetime, datetime]:
    found = there.estate.restorable(scene.source)
    if found is None:
        raise AskedError(
            f"{there.region} has no replicated backups of {scene.source} yet: deploy the stack, and wait for the first"
        )
    return found


def _newest_there(scene: Scene, there: Elsewhere) -> Snapshot | None:
    if there.point_in_time:
        return None
    found = there.estate.snapshots(scene.source)
    usable = [each for each in found if each.status == "available" and each.taken_at]
    return next((each for each in reversed(usable) if not is_copy_of(scene.stack.prefix, each.identifier)), None)


def _taken(stage: Stage, there: Elsewhere) -> Snapshot:
    """A snapshot in place of the copy that AWS Backup would have made."""
    scene, name = stage.scene, stage.name(_PART)
    beat(stage)
    return copies.snapshot(
        stage,
        name,
        lambda: there.estate.snapshots(scene.source),
        lambda: there.estate.create_snapshot(scene.source, name, made_by=stage.notes.id),
    )


def _there(do: Callable[[Stage], str]) -> Callable[[Stage], str]:
    """Do it in the second region."""

    def done(stage: Stage) -> str:
        scene = replace(stage.scene, estate=elsewhere_of(stage.scene).estate)
        return do(Stage(scene=scene, notes=stage.notes, closing=stage.closing, canary=stage.canary))

    return done


def _detect(stage: Stage) -> str:
    scene, notes = stage.scene, stage.notes
    there, incident = elsewhere_of(scene), notes.incident_at
    assert incident is not None  # noqa: S101 prepare has set it
    if there.point_in_time:
        at = min(_window(scene, there)[1], incident)
        notes.facts = {**notes.facts, _TO: at.isoformat()}
        return f"decided to restore in {there.region}, to {at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f} UTC"
    if stage.canary is None:  # a copy of before the drill has no heartbeat of it
        notes.lost_since(datetime.fromisoformat(notes.facts[_TAKEN]), "when the copy was taken")
    return f"decided to restore {notes.facts[_FROM]} in {there.region}"


def _restore(stage: Stage) -> str:
    scene, notes, name = stage.scene, stage.notes, stage.name()

    def make() -> None:
        if _TO in notes.facts:
            at = datetime.fromisoformat(notes.facts[_TO])
            scene.estate.restore_to_point_in_time(scene.source, name, at, made_by=notes.id)
        else:
            scene.estate.restore_from_snapshot(notes.facts[_FROM], name, like=scene.source, made_by=notes.id)

    copies.instance(stage, name, make)
    return answering(stage, name)
