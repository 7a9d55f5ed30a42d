"""The drill `region`: from replicated backups, from a copy that is there, and refused where nothing is declared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from fake_estate import FakeEstate
from small_stack import Orchard

from keep.drill.lost_region import LostRegion
from keep.drill.run import carry_out, clean, planned
from keep.drill.scene import Elsewhere, Scene
from keep.errors import AskedError
from keep.estate.estate import Instance

THERE = "eu-west-9"


class Second(FakeEstate):
    """The second region: the source itself is not there."""

    def instance(self, identifier: str) -> Instance | None:
        return None if identifier == self.source else super().instance(identifier)


@pytest.fixture
def second(small_stack: Orchard) -> Iterator[Second]:
    with Second(small_stack.manifest.prefix, small_stack.server) as estate:
        yield estate


@pytest.mark.server
def test_replicated_backups_bring_it_back_there(scene_of: Callable[..., Scene], second: Second) -> None:
    scene = replace(scene_of(), elsewhere=Elsewhere(region=THERE, estate=second, point_in_time=True))
    report = carry_out(LostRegion(), scene)
    assert report.verdict == "passed", report
    assert second.calls == ["restore_to_point_in_time", "delete_instance"]
    assert isinstance(scene.estate, FakeEstate)
    assert scene.estate.calls == []
    assert (report.facts["region"], second.made()) == (THERE, [])
    assert report.rpo_seconds is not None
    checks = {check.name: check.detail for check in report.checks}
    assert checks["settings"] == f"not compared: {scene.source} is in another region than the copy"


@pytest.mark.server
def test_a_copy_that_is_there_brings_it_back(scene_of: Callable[..., Scene], second: Second) -> None:
    second.create_snapshot(second.source, "awsbackup-of-tonight", made_by="AWS Backup")
    scene = replace(scene_of(), elsewhere=Elsewhere(region=THERE, estate=second, point_in_time=False))
    report = carry_out(LostRegion(), scene)
    assert report.verdict == "passed", report
    assert second.calls == ["create_snapshot", "restore_from_snapshot", "delete_instance"]
    assert report.facts["restored from"] == "awsbackup-of-tonight"
    assert report.facts["RPO by"] == "when the copy was taken"


@pytest.mark.server
def test_this_computer_plays_the_copy_too(scene_of: Callable[..., Scene]) -> None:
    scene = scene_of()
    elsewhere = Elsewhere(region=THERE, estate=scene.estate, point_in_time=False, played=True)
    report = carry_out(LostRegion(), replace(scene, elsewhere=elsewhere))
    assert report.verdict == "passed", report
    assert report.facts["region"] == f"{THERE}, played by this computer"
    assert scene.estate.made() == []


def test_what_a_killed_run_left_there_is_found(scene_of: Callable[..., Scene], small_stack: Orchard) -> None:
    with Second(small_stack.manifest.prefix) as second:
        name = f"{small_stack.manifest.prefix}-drill-00c0de"
        second.left[name] = ("instance", "20261130T000000Z-00c0de")
        second._instances[name] = Instance(identifier=name, status="available", endpoint=None)
        elsewhere = Elsewhere(region=THERE, estate=second, point_in_time=True)
        gone = clean(replace(scene_of(), elsewhere=elsewhere))
        assert (gone[0], second.made()) == (f"instance {name}", [])


def test_without_groups_for_it_there_nothing_is_begun(scene_of: Callable[..., Scene]) -> None:
    with Second("farm-orchard1") as second:
        elsewhere = Elsewhere(region=THERE, estate=second, point_in_time=True, lands=False)
        scene = replace(scene_of(real=False), elsewhere=elsewhere)
        with pytest.raises(AskedError, match="say which of that region it gets, by --subnet-group, --security-group"):
            carry_out(LostRegion(), scene)
        assert (scene.books.running(), second.calls) == (None, [])


@pytest.mark.parametrize(
    ("keeps", "point_in_time", "sentence"),
    [
        (False, True, "eu-west-9 has no replicated backups of farm-orchard1 yet: deploy the stack"),
        (False, False, "eu-west-9 has no copy of farm-orchard1 yet: the first comes with the next backup"),
    ],
)
def test_where_nothing_is_kept_there_it_is_refused(
    scene_of: Callable[..., Scene], keeps: bool, point_in_time: bool, sentence: str
) -> None:
    with Second("farm-orchard1", keeps=keeps) as second:
        elsewhere = Elsewhere(region=THERE, estate=second, point_in_time=point_in_time)
        with pytest.raises(AskedError, match=sentence):
            planned(LostRegion(), replace(scene_of(real=False), elsewhere=elsewhere))


def test_a_stack_without_a_second_region_is_told_the_line_to_add(scene_of: Callable[..., Scene]) -> None:
    with pytest.raises(AskedError, match=r"add to its file `data-tier:backup: \{second_region: \{region: REGION, "):
        planned(LostRegion(), scene_of(real=False))
