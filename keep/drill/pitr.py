"""The drill `pitr`: the whole instance is restored, apart from everything, to a moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from keep.drill import copies, wait
from keep.drill.drill import Step
from keep.drill.plan import DrillPlan
from keep.drill.report import DrillName
from keep.drill.scene import Scene, Stage
from keep.drill.steps import Beats, answering, beat, proving, source_clock
from keep.errors import AskedError, EstateError
from keep.estate.estate import Instance
from keep.estate.naming import copy_name

_TO = "restored to"


@dataclass(frozen=True, kw_only=True)
class Pitr:
    """Implements `Drill`."""

    to: datetime | None = None
    """None: the newest moment that can be restored to when the incident happens."""

    @property
    def name(self) -> DrillName:
        return "pitr"

    @property
    def asked(self) -> dict[str, str]:
        return {"to": self.to.astimezone(UTC).isoformat()} if self.to else {}

    def plan(self, scene: Scene, run: str) -> DrillPlan:
        source = source_of(scene)
        if self.to is not None:
            refuse(self.to, source, scene.now())
        at = _shown(self.to) if self.to else "the newest moment that can be restored to"
        beats = None if self.to else Beats(scene.source)
        return DrillPlan(
            drill="pitr",
            stack=scene.stack.stack,
            makes=(f"instance {copy_name(scene.stack.prefix, run)}", *((beats.made,) if beats else ())),
            touches=(beats.touched,) if beats else (),
            does=(
                f"restores {scene.source} to {at}, into a new instance",
                "reads it warm, analyzes what has no statistics, and proves roles, schema, rows and settings",
                "logs in as the application",
                "destroys the instance and proves that it is gone",
            ),
            seconds=scene.usual_seconds("pitr"),
        )

    def prepare(self, stage: Stage) -> None:
        """No heartbeat can be of a moment that was asked for, so the source is not touched then."""
        scene = stage.scene
        if self.to is None:
            first = beat(stage).acknowledged[0].at
            wait.until(
                scene,
                f"a moment that {scene.source} can be restored to and that has a heartbeat",
                lambda: True if (latest := source_of(scene).latest) and latest > first else None,
            )
        stage.notes.incident_at = source_clock(stage)

    def steps(self) -> Sequence[Step]:
        return (
            Step(phase="detect", do=self._detect),
            Step(phase="restore", do=_restore),
            *proving(),
        )

    def _detect(self, stage: Stage) -> str:
        source, incident = source_of(stage.scene), stage.notes.incident_at
        assert incident is not None  # noqa: S101 prepare has set it
        latest = source.latest
        assert latest is not None  # noqa: S101 source_of
        at = self.to or min(latest, incident)
        facts = {_TO: at.isoformat(), "newest restorable": latest.isoformat()}
        stage.notes.facts = {**stage.notes.facts, **facts}
        if self.to:
            # What would be lost now is what cannot be restored yet.
            stage.notes.lost_since(latest, "LatestRestorableTime")
        return f"decided to restore {source.identifier} to {at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f} UTC"


def source_of(scene: Scene) -> Instance:
    """Return the stack's primary. Raise AskedError where it keeps nothing that could be restored."""
    found = scene.estate.instance(scene.source)
    if found is None:
        raise EstateError(f"there is no instance {scene.source}: deploy the stack first")
    if found.latest is None or found.earliest is None:
        raise AskedError(
            f"{scene.source} keeps no automated backups: set postgres.backup.retention to 1 or more and deploy; "
            "where it is, the first is still being made, or on this computer `datatier up` makes one"
        )
    return found


def refuse(to: datetime, source: Instance, now: datetime) -> None:
    """Raise AskedError for a moment that cannot be restored to, with those that can."""
    earliest, latest = source.earliest, source.latest
    assert earliest is not None  # noqa: S101 source_of
    assert latest is not None  # noqa: S101
    can = f"{source.identifier} can be restored to any moment from {_shown(earliest)} to {_shown(latest)}"
    if to > now:
        raise AskedError(f"{_shown(to)} is in the future: {can}")
    if to < earliest:
        raise AskedError(f"{_shown(to)} is before the oldest backup: {can}")
    if to > latest:
        raise AskedError(f"{_shown(to)} cannot be restored to yet: {can}")


def _shown(moment: datetime) -> str:
    """To the last digit, so that what is shown can be asked for."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _restore(stage: Stage) -> str:
    scene, name = stage.scene, stage.name()
    at = datetime.fromisoformat(stage.notes.facts[_TO])

    def make() -> None:
        scene.estate.restore_to_point_in_time(scene.source, name, at, made_by=stage.notes.id)

    copies.instance(stage, name, make)
    return answering(stage, name)
