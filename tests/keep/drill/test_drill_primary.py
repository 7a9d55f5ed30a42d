"""The drill `primary` on real servers: a copy and its standby, of which the one is killed under load."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from fake_replicas import FakeReplicas
from small_stack import Orchard

from keep.drill.lost_primary import LostPrimary
from keep.drill.run import carry_out
from keep.drill.scene import Scene

pytestmark = pytest.mark.server


@pytest.fixture
def scene(scene_of: Callable[..., Scene], small_stack: Orchard) -> Iterator[Scene]:
    with FakeReplicas(small_stack.manifest.prefix, small_stack.server) as estate:
        yield replace(scene_of(), estate=estate)


def test_the_replica_takes_over_and_gets_a_replica_again(scene: Scene) -> None:
    assert isinstance(scene.estate, FakeReplicas)
    # As RDS does while it backs up, or is deleting the primary.
    scene.estate.busy = {"promote_read_replica": 2, "create_read_replica": 1, "delete_instance": 2}
    report = carry_out(LostPrimary(), scene)
    assert report.verdict == "passed", report
    assert not any(scene.estate.busy.values())
    assert [phase.name for phase in report.phases] == ["detect", "restore", "serve", "prove", "rejoin", "destroy"]
    name = f"{scene.source}-drill-{report.id[-6:]}"
    assert report.phases[4].detail == f"{name}-rejoined follows {name}-replica"
    serve = report.phases[2]
    assert report.rto_seconds == round((serve.began_at - report.phases[0].began_at).total_seconds() + serve.seconds, 3)
    assert scene.estate.made() == []


def test_what_was_acknowledged_and_never_came_is_counted(scene: Scene) -> None:
    assert isinstance(scene.estate, FakeReplicas)
    before = len(scene.estate.calls)
    scene.estate.holds = True
    report = carry_out(LostPrimary(), scene)
    assert scene.estate.calls[before:] == [
        "restore_to_point_in_time",
        "create_read_replica",
        "lose_instance",
        "promote_read_replica",
        "create_read_replica",
        "delete_instance",
        "delete_instance",
        "delete_instance",
    ]
    lost = int(report.facts["acknowledged and lost"])
    assert lost > 0
    assert report.rpo_seconds
    there = next(check.detail for check in report.checks if check.name == "heartbeat")
    assert there.split()[0] == str(int(there.split()[2]) - lost)
