"""The drill `pitr`: what it refuses, and a whole one on a real server, restored by base backup."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fake_estate import FakeEstate
from small_stack import Orchard

from keep.drill.pitr import Pitr
from keep.drill.run import carry_out, planned
from keep.drill.scene import Scene
from keep.errors import AskedError, EstateError
from keep.estate.estate import Instance

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


class Window(FakeEstate):
    """A source that can be restored to two hours ago at the earliest and to five minutes ago at the latest."""

    def instance(self, identifier: str) -> Instance | None:
        if not self.keeps or identifier != self.source:
            return super().instance(identifier)
        earliest, latest = NOW - timedelta(hours=2), NOW - timedelta(minutes=5)
        return Instance(identifier=identifier, status="available", endpoint=None, earliest=earliest, latest=latest)


def window(scene: Scene, *, keeps: bool = True) -> Scene:
    return replace(scene, estate=Window(scene.source, keeps=keeps), now=lambda: NOW)


@pytest.mark.parametrize(
    ("before", "says"),
    [
        (timedelta(seconds=-1), "2026-11-30T12:00:01Z is in the future: "),
        (timedelta(minutes=4), "2026-11-30T11:56:00Z cannot be restored to yet: "),
        (timedelta(hours=3), "2026-11-30T09:00:00Z is before the oldest backup: "),
    ],
)
def test_a_moment_that_cannot_be_restored_to_is_refused_with_those_that_can(
    scene_of: Callable[..., Scene], before: timedelta, says: str
) -> None:
    can = "farm-orchard1 can be restored to any moment from 2026-11-30T10:00:00Z to 2026-11-30T11:55:00Z"
    scene = window(scene_of(real=False))
    with pytest.raises(AskedError, match=re.escape(says + can)):
        carry_out(Pitr(to=NOW - before), scene)
    assert (scene.books.running(), scene.books.reports()) == (None, [])


@pytest.mark.parametrize("before", [timedelta(minutes=5), timedelta(hours=2), None])
def test_the_ends_of_the_window_can_be_restored_to(scene_of: Callable[..., Scene], before: timedelta | None) -> None:
    plan = planned(Pitr(to=NOW - before if before else None), window(scene_of(real=False)))
    assert re.fullmatch(r"instance farm-orchard1-drill-[0-9a-f]{6}", plan.makes[0])
    assert plan.seconds is None


def test_without_backups_it_is_refused_with_what_turns_them_on(scene_of: Callable[..., Scene]) -> None:
    with pytest.raises(
        AskedError, match=r"set postgres\.backup\.retention to 1 or more and deploy; .* `datatier up` makes"
    ):
        planned(Pitr(), window(scene_of(real=False), keeps=False))


def test_a_stack_that_is_not_there_has_nothing_to_restore(scene_of: Callable[..., Scene]) -> None:
    scene = replace(scene_of(real=False), estate=FakeEstate("another"))
    with pytest.raises(EstateError, match="there is no instance farm-orchard1"):
        planned(Pitr(), scene)


def test_a_whole_drill(scene_of: Callable[..., Scene], small_stack: Orchard) -> None:
    scene = scene_of()
    report = carry_out(Pitr(), scene)
    assert report.verdict == "passed", report
    assert [phase.name for phase in report.phases] == [
        *("detect", "restore", "warm", "statistics", "prove", "serve", "destroy"),
    ]
    details = {each.name: each.detail for each in report.checks}
    assert details["application"] == "picker1 has logged in, has read public.apple and may write to it"
    assert details["settings"] == "the groups and parameters of the source"
    assert {each.name: each.detail for each in report.phases}["prove"] == "2 tables with 2020 rows, 8 checks passed"
    assert scene.estate.made() == []
    assert scene.books.running() is None
    assert scene.books.report(report.id) == report
    with small_stack.server.superuser() as conn:
        assert conn.execute("SELECT datname FROM pg_database WHERE datname LIKE 'datatier%'").fetchall() == []
