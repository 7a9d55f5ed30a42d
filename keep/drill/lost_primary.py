"""The drill `primary`: a primary is lost while it is written to, its replica takes over, and gets a replica again.

Nothing of the stack is at risk: the pair is made of a copy and a replica of it. Replication is asynchronous, as on RDS,
so what the primary has acknowledged and the replica never got is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from bootstrap.errors import BootstrapError
from bootstrap.manifest import Endpoint
from keep.drill import copies, prove, wait
from keep.drill.canary import Canary, newest, until
from keep.drill.drill import NotWholeError, Step
from keep.drill.pitr import source_of
from keep.drill.plan import DrillPlan
from keep.drill.report import DrillName
from keep.drill.scene import Scene, Stage
from keep.drill.serve import serve
from keep.drill.steps import entered
from keep.errors import KeepError
from keep.estate.naming import copy_name

OLD, REPLICA, AGAIN = "primary", "replica", "rejoined"
"""Parts of the names: the primary that is lost, the replica that takes over, and the one that takes its place."""
_BEATS = 200
"""Heartbeats under way before the loss, so that it meets a server at work."""
_LOAD = 0.005
"""Seconds between two of them."""
_REFUSALS = 3
"""Logins in a row that fail before a primary counts as lost: one may be chance."""
_LOST, _BEFORE = "primary", "acknowledged"


@dataclass(kw_only=True)
class _Redirected:
    """Where the application's endpoint leads to."""

    endpoint: Endpoint


@dataclass(frozen=True, kw_only=True)
class LostPrimary:
    """Implements `Drill`."""

    @property
    def name(self) -> DrillName:
        return "primary"

    @property
    def asked(self) -> dict[str, str]:
        return {}

    def plan(self, scene: Scene, run: str) -> DrillPlan:
        source_of(scene)
        prefix = scene.stack.prefix
        return DrillPlan(
            drill="primary",
            stack=scene.stack.stack,
            makes=tuple(f"instance {copy_name(prefix, run, part)}" for part in (OLD, REPLICA, AGAIN)),
            touches=(f"nothing: a copy of {scene.source} is lost, not it",),
            does=(
                f"restores {scene.source} to the newest moment that it can be, and makes a read replica of that",
                "writes to it without a pause, and has it fail",
                "promotes the replica, leads the application there, and counts what was acknowledged and is lost",
                "proves roles, schema and rows, and makes a replica again",
                "destroys the instances and proves that they are gone",
            ),
            seconds=scene.usual_seconds("primary"),
        )

    def prepare(self, stage: Stage) -> None:
        scene, notes = stage.scene, stage.notes
        if _LOST in notes.facts:
            raise KeepError("the run was killed while its primary was lost: what came next was not seen; begin again")
        old = self._pair(stage)
        where = _Redirected(endpoint=old)
        canary = Canary(lambda database: scene.as_master(where.endpoint, database), notes.id, _LOAD)
        stage.canary, stage.redirected = canary, lambda endpoint: setattr(where, "endpoint", endpoint)
        stage.closing.callback(canary.stop)
        canary.start()
        replica = wait.instance_available(scene, stage.name(REPLICA))
        wait.until(scene, "the first heartbeat in the replica", lambda: _beat(stage, replica))
        wait.until(scene, "a load on the primary", lambda: len(canary.acknowledged) >= _BEATS or None)
        notes.facts = {**notes.facts, _LOST: f"{stage.name(OLD)} at {old.host}:{old.port}"}
        scene.books.note(notes)
        scene.estate.lose_instance(stage.name(OLD))
        wait.until(scene, f"the loss of {stage.name(OLD)}", lambda: not _answers(scene, old) or None)
        notes.facts = {**notes.facts, _BEFORE: str(len(canary.acknowledged))}
        notes.incident_at = canary.acknowledged[-1].at

    def steps(self) -> Sequence[Step]:
        return (
            Step(phase="detect", do=_detect),
            Step(phase="restore", do=_promote),
            Step(phase="serve", do=_serve),
            Step(phase="prove", do=_prove),
            Step(phase="rejoin", do=_rejoin),
        )

    def _pair(self, stage: Stage) -> Endpoint:
        scene, notes = stage.scene, stage.notes
        old, replica = stage.name(OLD), stage.name(REPLICA)

        def restore() -> None:
            latest = source_of(scene).latest
            assert latest is not None  # noqa: S101 source_of
            scene.estate.restore_to_point_in_time(scene.source, old, latest, made_by=notes.id, replicated=True)

        copies.instance(stage, old, restore)
        endpoint = entered(stage, old)
        copies.instance(stage, replica, lambda: scene.estate.create_read_replica(old, replica, made_by=notes.id))
        entered(stage, replica)
        return endpoint


def _detect(stage: Stage) -> str:
    """Ask as whoever watches it does; it was gone when this began, so the time is that of noticing."""
    scene = stage.scene
    found = scene.estate.instance(stage.name(OLD))
    if found is not None and found.endpoint is not None:
        for _ in range(_REFUSALS):
            if _answers(scene, found.endpoint):
                raise NotWholeError(f"{stage.name(OLD)} answers, although it was lost")
            scene.sleep(scene.poll)
    return f"{stage.name(OLD)} does not answer; decided to promote {stage.name(REPLICA)}"


def _promote(stage: Stage) -> str:
    scene, name = stage.scene, stage.name(REPLICA)

    def asked() -> bool:
        found = scene.estate.instance(name)
        # RDS may have promoted it by itself when its source was deleted.
        if found is not None and found.replica_of is not None:
            scene.estate.promote_read_replica(name)
        return True

    def primary() -> Endpoint | None:
        endpoint = wait.instance_available(scene, name)
        try:
            with scene.as_master(endpoint) as conn:
                row = conn.execute("SELECT pg_is_in_recovery()").fetchone()
        except (BootstrapError, psycopg.Error):  # RDS restarts it
            return None
        return endpoint if row == (False,) else None

    wait.until(scene, f"the beginning of the promotion of {name}", asked)
    endpoint = wait.until(scene, f"the promotion of {name}", primary)
    return f"{name} is a primary at {endpoint.host}:{endpoint.port}"


def _serve(stage: Stage) -> str:
    endpoint = wait.instance_available(stage.scene, stage.name(REPLICA))
    if stage.redirected is not None and stage.canary is not None:
        before = len(stage.canary.acknowledged)
        stage.redirected(endpoint)
        canary = stage.canary
        wait.until(stage.scene, "a write to the new primary", lambda: len(canary.acknowledged) > before or None)
    return serve(stage, endpoint)


def _prove(stage: Stage) -> str:
    scene, notes = stage.scene, stage.notes
    endpoint = wait.instance_available(scene, stage.name(REPLICA))
    incident = notes.incident_at
    assert incident is not None  # noqa: S101 prepare has set it: when the last heartbeat was acknowledged
    there, last = until(lambda database: scene.as_master(endpoint, database), notes.id, incident)
    lost = max(int(notes.facts[_BEFORE]) - there, 0)
    notes.check("heartbeat", last is not None, f"{there} of {notes.facts[_BEFORE]} acknowledged writes are there")
    if last is not None:
        notes.lost_since(last.at)
    notes.facts = {**notes.facts, "acknowledged and lost": str(lost)}
    return f"acknowledged writes lost: {lost}; {prove.prove(stage, endpoint)}"


def _rejoin(stage: Stage) -> str:
    """A replica again, copied anew: what the old primary had committed last is not in the new one's history."""
    scene, name = stage.scene, stage.name(AGAIN)

    def make() -> None:
        scene.estate.create_read_replica(stage.name(REPLICA), name, made_by=stage.notes.id)

    copies.instance(stage, name, make)
    endpoint = entered(stage, name)
    new = wait.instance_available(scene, stage.name(REPLICA))
    written = newest(lambda database: scene.as_master(new, database), stage.notes.id)
    if written is None:
        raise NotWholeError("the new primary has no heartbeat that a replica could follow")

    def follows() -> bool | None:
        found = newest(lambda database: scene.as_master(endpoint, database), stage.notes.id)
        return True if found is not None and found.number >= written.number else None

    wait.until(scene, f"what {name} follows", follows)
    return f"{name} follows {stage.name(REPLICA)}"


def _answers(scene: Scene, endpoint: Endpoint) -> bool:
    try:
        scene.as_master(endpoint).close()
    except BootstrapError:
        return False
    return True


def _beat(stage: Stage, endpoint: Endpoint) -> bool | None:
    return newest(lambda database: stage.scene.as_master(endpoint, database), stage.notes.id) is not None or None
