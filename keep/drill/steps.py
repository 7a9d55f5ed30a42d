"""What drills share: heartbeats before, a login at what was made, and the steps that prove one restored instance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from bootstrap.manifest import Endpoint
from bootstrap.postgres.master import MasterError
from bootstrap.secrets import LoginError
from keep.drill import prove, wait
from keep.drill.canary import Canary
from keep.drill.drill import Step
from keep.drill.scene import Stage
from keep.drill.serve import serve
from keep.drill.statistics import analyze
from keep.drill.warm import warm
from keep.errors import EstateError


@dataclass(frozen=True)
class Beats:
    """What a plan says of heartbeats on that instance."""

    source: str

    @property
    def made(self) -> str:
        """What they are."""
        return f"database of heartbeats on {self.source}"

    @property
    def touched(self) -> str:
        """What that does to the source."""
        return f"{self.source} gets heartbeats, in a database of their own that is dropped at the end"


def beat(stage: Stage) -> Canary:
    """Let the canary beat on the source until the stage is closed."""
    scene = stage.scene
    made = Canary(lambda database: scene.as_master(None, database), stage.notes.id, scene.interval)
    stage.canary = made
    stage.closing.callback(made.stop)
    made.start()
    return made


def source_clock(stage: Stage) -> datetime:
    """Return the time by the source's clock."""
    with stage.scene.as_master() as conn:
        row = conn.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None  # noqa: S101 a SELECT without FROM has a row
    found: datetime = row[0]
    return found


def entered(stage: Stage, name: str) -> Endpoint:
    """Wait until an instance is there and lets its master in; return where it listens.

    Raise EstateError where it has a password that nobody keeps any more: that is no verdict on what was kept.
    """
    scene = stage.scene
    endpoint = wait.instance_available(scene, name)

    def look() -> bool | None:
        try:
            scene.as_master(endpoint).close()
        except LoginError as error:
            if error.refused:
                raise
            return None
        except MasterError:
            raise EstateError(
                f"{name} has the master's password of its own moment, and the secret keeps none but the last two: "
                "ask for a moment after the last rotation but one"
            ) from None
        return True

    wait.until(scene, f"a login at {name}", look)
    return endpoint


def answering(stage: Stage, name: str) -> str:
    """Wait until an instance lets its master in, and say where it answers."""
    endpoint = entered(stage, name)
    return f"{name} answers at {endpoint.host}:{endpoint.port}"


def proving() -> tuple[Step, ...]:
    """Return the steps that all drills with one restored instance share: warm, statistics, prove, serve."""

    def at(stage: Stage) -> Endpoint:
        return wait.instance_available(stage.scene, stage.name())

    return (
        Step(phase="warm", do=lambda stage: warm(stage, at(stage))),
        Step(phase="statistics", do=lambda stage: analyze(stage, at(stage))),
        Step(phase="prove", do=lambda stage: _prove(stage, at(stage))),
        Step(phase="serve", do=lambda stage: serve(stage, at(stage))),
    )


def _prove(stage: Stage, endpoint: Endpoint) -> str:
    said = prove.prove(stage, endpoint)
    prove.same_settings(stage, stage.name())
    if stage.notes.rpo_seconds is None:
        lost(stage, endpoint)
    return said


def lost(stage: Stage, endpoint: Endpoint) -> None:
    """Note how much was lost: the incident less the newest heartbeat that came back."""
    notes = stage.notes
    found = prove.heartbeat(stage, endpoint)
    if found is None:
        notes.check("heartbeat", False, "none of this run came back")
        return
    notes.lost_since(found.at)
    notes.check("heartbeat", True, f"number {found.number} of {found.at.astimezone(UTC):%H:%M:%S.%f} UTC came back")
