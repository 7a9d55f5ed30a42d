"""What a drill makes is made once; what a killed one left half made, again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from fake_estate import FakeEstate, Kind
from fake_replicas import FakeReplicas
from killed import DEAD, carry_out_killed, dying
from small_stack import Orchard

from keep.drill import copies
from keep.drill.deletion import Deletion
from keep.drill.drill import Drill, NotWholeError
from keep.drill.lost_primary import LostPrimary
from keep.drill.lost_region import LostRegion
from keep.drill.notes import Notes
from keep.drill.pitr import Pitr
from keep.drill.run import clean
from keep.drill.scene import Elsewhere, Scene, Stage
from keep.drill.snapshot import FromSnapshot
from keep.estate.estate import Instance, Snapshot, Status

NOW = datetime(2026, 11, 30, tzinfo=UTC)
RUN, OTHER = "20261130T000000Z-0a1b2c", "20261130T000000Z-d3e4f5"
NAME = "farm-orchard1-drill-0a1b2c"


class Ending(FakeEstate):
    """What is being deleted is listed twice more."""

    def instance(self, identifier: str) -> Instance | None:
        found = super().instance(identifier)
        if found is not None and found.status == "deleting":
            self._looks[identifier] = self._looks.get(identifier, 0) + 1
            if self._looks[identifier] > 2:
                del self._instances[identifier]
        return found


def stage_of(scene: Scene) -> Stage:
    return Stage(
        scene=scene,
        notes=Notes(id=RUN, drill="pitr", stack="orchard1", holder=DEAD, began_at=NOW, renewed_at=NOW),
    )


@pytest.mark.parametrize(
    ("status", "by", "calls", "facts"),
    [
        (None, RUN, ["restore_to_point_in_time"], {}),
        ("creating", RUN, [], {}),
        ("changing", RUN, [], {}),
        ("available", RUN, [], {}),
        ("failed", RUN, ["delete_instance", "restore_to_point_in_time"], {"made again": NAME}),
        ("deleting", RUN, ["restore_to_point_in_time"], {"made again": NAME}),
        ("failed", OTHER, [], {}),
    ],
)
def test_what_is_done_about_what_is_there(
    scene_of: Callable[..., Scene], status: Status | None, by: str, calls: list[str], facts: dict[str, str]
) -> None:
    with Ending("farm-orchard1") as estate:
        if status is not None:
            estate.half_made("instance", NAME, by)
            estate._instances[NAME] = Instance(identifier=NAME, status=status, endpoint=None)
        stage = stage_of(replace(scene_of(real=False), estate=estate))

        def make() -> None:
            estate.restore_to_point_in_time(estate.source, NAME, NOW, made_by=RUN)

        copies.instance(stage, NAME, make)
        assert (estate.calls, stage.notes.facts) == (calls, facts)


def test_everything_that_was_made_again_is_said(scene_of: Callable[..., Scene]) -> None:
    stage = stage_of(scene_of(real=False))
    estate = estate_of(stage.scene)
    for part in ("", "-used"):
        estate.half_made("instance", f"{NAME}{part}", RUN)
        copies.instance(stage, f"{NAME}{part}", lambda: None)
    assert (stage.notes.facts, estate.made()) == ({"made again": f"{NAME}, {NAME}-used"}, [])


def test_a_snapshot_that_fails_while_it_is_waited_for_is_not_taken_again(scene_of: Callable[..., Scene]) -> None:
    stage, asked = stage_of(scene_of(real=False)), []
    failed = Snapshot(identifier=NAME, source="farm-orchard1", status="failed", taken_at=None)
    with pytest.raises(NotWholeError, match=f"the snapshot {NAME} failed"):
        copies.snapshot(stage, NAME, lambda: [failed] if asked else [], lambda: asked.append(NAME))
    assert asked == [NAME]


def estate_of(scene: Scene) -> FakeEstate:
    assert isinstance(scene.estate, FakeEstate)
    return scene.estate


@pytest.mark.server
@pytest.mark.parametrize(
    ("drill", "call", "kind", "number"),
    [
        (Pitr(), "restore_to_point_in_time", "instance", 1),
        (FromSnapshot(), "create_snapshot", "snapshot", 1),
        (FromSnapshot(), "restore_from_snapshot", "instance", 1),
        (Deletion(), "restore_to_point_in_time", "instance", 1),
        (Deletion(), "restore_to_point_in_time", "instance", 2),
        (LostRegion(), "create_snapshot", "snapshot", 1),
        (LostRegion(), "restore_from_snapshot", "instance", 1),
        (LostPrimary(), "restore_to_point_in_time", "instance", 1),
        (LostPrimary(), "create_read_replica", "instance", 1),
        (LostPrimary(), "create_read_replica", "instance", 2),
    ],
    ids=lambda value: str(getattr(value, "name", value)),
)
def test_every_drill_makes_again_what_it_was_killed_over(
    scene_of: Callable[..., Scene], small_stack: Orchard, drill: Drill, call: str, kind: Kind, number: int
) -> None:
    with FakeReplicas(small_stack.manifest.prefix, small_stack.server) as estate:
        elsewhere = Elsewhere(region="eu-west-9", estate=estate, point_in_time=False, played=True)
        scene = replace(scene_of(), estate=estate, elsewhere=elsewhere)
        with dying(estate, call, kind, number):
            first = carry_out_killed(drill, scene)
            before = list(estate.calls)
            again = carry_out_killed(drill, scene, resume=True)
        assert before[-1] == call
        assert estate.calls[len(before) :] == [f"delete_{kind}", call]
        assert (again.id, again.phases) == (first.id, first.phases)
        assert again.facts["made again"] in {identifier for _, identifier, _ in estate.made()}
        clean(scene)
        assert estate.made() == []
