"""The drill `pitr`: what it refuses, and a whole one on a real server, restored by base backup."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from fake_estate import FakeEstate
from killed import DEAD
from small_stack import Orchard

from bootstrap.secrets import Credential, Secret
from bootstrap.secrets.memory import MemoryStore
from keep.drill import prove
from keep.drill.canary import Canary
from keep.drill.notes import Notes
from keep.drill.pitr import Pitr, refuse
from keep.drill.run import carry_out, planned
from keep.drill.scene import Scene, Stage
from keep.drill.steps import entered
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


@dataclass
class Public(FakeEstate):
    """A source that the internet reaches, and a copy that it may reach."""

    copy: Instance | None = None
    public: bool = True

    def instance(self, identifier: str) -> Instance | None:
        if identifier == self.source:
            found = super().instance(identifier)
            return replace(found, public=True) if found else None
        return replace(self.copy, public=self.public) if self.copy else None


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


@pytest.mark.parametrize(
    ("digits", "shown"), [("10:00:00.25", "10:00:00.250000Z"), ("10:00:00", "10:00:00Z")], ids=["fraction", "whole"]
)
def test_the_window_is_shown_so_that_its_ends_can_be_asked_for(
    scene_of: Callable[..., Scene], digits: str, shown: str
) -> None:
    ends = datetime.fromisoformat(f"2026-11-30T{digits}+00:00")
    source = Instance(identifier="s", status="available", endpoint=None, earliest=ends, latest=ends)
    with pytest.raises(AskedError, match=f"any moment from 2026-11-30T{re.escape(shown)} to 2026-11-30T"):
        refuse(ends - timedelta(microseconds=1), source, NOW)
    refuse(datetime.fromisoformat(f"2026-11-30T{shown}"), source, NOW)


def test_a_moment_is_the_same_in_every_time_zone() -> None:
    here = timezone(timedelta(hours=5, minutes=45))
    assert Pitr(to=NOW.astimezone(here)).asked == Pitr(to=NOW).asked == {"to": "2026-11-30T12:00:00+00:00"}


def test_a_moment_that_is_asked_for_has_no_heartbeat_so_the_source_is_not_touched(
    scene_of: Callable[..., Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    def beats(_: Canary) -> None:
        raise AssertionError("it makes a database on the source")

    monkeypatch.setattr(Canary, "start", beats)
    scene = scene_of()
    at = scene.now() - timedelta(minutes=1)
    plan = planned(Pitr(to=at), scene)
    assert (len(plan.makes), plan.touches) == (1, ())
    report = carry_out(Pitr(to=at), scene)
    assert (report.verdict, report.facts["RPO by"]) == ("passed", "LatestRestorableTime"), report


def test_a_copy_whose_password_nobody_keeps_any_more_gives_no_verdict(
    scene_of: Callable[..., Scene], small_stack: Orchard
) -> None:
    """As of a moment before two rotations."""
    arn, given = "arn:master", small_stack.store.get("arn:master")
    assert given is not None
    store = MemoryStore([arn])
    for other in ("a-password-of-last-month", "a-password-of-today"):
        login = Credential(username=given.credential.username, password=Secret(other))
        store.promote(arn, store.put_pending(arn, login))

    class Restored(FakeEstate):
        """Whose copy is the source itself."""

        def instance(self, identifier: str) -> Instance | None:
            found = super().instance(self.source)
            return replace(found, identifier=identifier) if found else None

    scene = replace(scene_of(), store=store, estate=Restored("farm-orchard1", small_stack.server))
    stage = Stage(scene=scene, notes=Notes(id="i", drill="pitr", stack="s", holder=DEAD, began_at=NOW, renewed_at=NOW))
    with pytest.raises(
        EstateError, match=r"x has the master's password of its own moment, .* the last rotation but one"
    ):
        entered(stage, "x")


@pytest.mark.parametrize("public", [True, False])
def test_a_copy_that_the_internet_reaches_fails_and_a_source_that_it_reaches_does_not(
    scene_of: Callable[..., Scene], public: bool
) -> None:
    scene = scene_of(real=False)
    assert isinstance(scene.estate, FakeEstate)
    name = f"{scene.source}-drill-0a1b2c"
    scene.estate.restore_to_point_in_time(scene.source, name, NOW, made_by="x")
    stage = Stage(
        scene=replace(scene, estate=Public(scene.source, copy=scene.estate.instance(name), public=public)),
        notes=Notes(id="i", drill="pitr", stack="s", holder=DEAD, began_at=NOW, renewed_at=NOW),
    )
    prove.same_settings(stage, name)
    (check,) = stage.notes.checks
    said = "it is publicly accessible" if public else "the groups and parameters of the source"
    assert (check.ok, check.detail) == (not public, said)


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
