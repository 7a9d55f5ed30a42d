"""How a drill is carried out: what fails, what is killed, what is left; with a drill that restores nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
from fake_estate import FakeEstate
from killed import DEAD, KilledError, carry_out_killed

from keep.backup.create import new_id
from keep.drill import copies, wait
from keep.drill.chain import broken
from keep.drill.drill import NotWholeError, Step
from keep.drill.notes import STALE, Holder, Notes, alive, me
from keep.drill.plan import DrillPlan
from keep.drill.report import DrillName, DrillObjective, PhaseName
from keep.drill.run import carry_out, clean
from keep.drill.scene import Scene, Stage
from keep.errors import AskedError, EstateError, KeepError

PHASES: tuple[PhaseName, ...] = ("detect", "restore", "prove", "serve")


@dataclass
class Toy:
    """Makes an instance in `restore`, and does in each phase what it was given."""

    trouble: dict[str, BaseException] = field(default_factory=dict)
    name: DrillName = "pitr"
    asked: dict[str, str] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)

    def plan(self, scene: Scene, run: str) -> DrillPlan:
        return DrillPlan(drill=self.name, stack=scene.stack.stack, makes=(run,), touches=(), does=())

    def prepare(self, stage: Stage) -> None:
        self._do("prepare")
        stage.notes.incident_at = stage.scene.now()

    def steps(self) -> Sequence[Step]:
        return [Step(phase=phase, do=lambda stage, phase=phase: self._step(stage, phase)) for phase in PHASES]

    def _step(self, stage: Stage, phase: str) -> str:
        if phase == "restore":
            copies.instance(stage, stage.name(), lambda: self._restore(stage))
        self._do(phase)
        stage.notes.rpo_seconds = 0.5
        return f"{phase} done"

    def _restore(self, stage: Stage) -> None:
        estate, now = stage.scene.estate, datetime.now(UTC)
        estate.restore_to_point_in_time(stage.scene.source, stage.name(), now, made_by=stage.notes.id)

    def _do(self, phase: str) -> None:
        if phase in self.trouble:
            raise self.trouble[phase]
        self.done.append(phase)


def estate_of(scene: Scene) -> FakeEstate:
    assert isinstance(scene.estate, FakeEstate)
    return scene.estate


@pytest.fixture
def scene(scene_of: Callable[..., Scene]) -> Scene:
    return scene_of(real=False)


@pytest.fixture
def killed(scene: Scene) -> Callable[[str], Notes]:
    """Carries out a drill that is killed in a phase; returns what it left."""
    return lambda phase: carry_out_killed(Toy({phase: KilledError()}), scene)


def test_a_drill_that_passes(scene: Scene) -> None:
    found = carry_out(Toy(), scene)
    assert (found.verdict, [(p.name, p.detail) for p in found.phases]) == (
        "passed",
        [
            *((name, f"{name} done") for name in PHASES),
            ("destroy", f"gone: instance farm-orchard1-drill-{found.id[-6:]}"),
        ],
    )
    assert (estate_of(scene).made(), scene.books.running()) == ([], None)


@pytest.mark.parametrize("phase", ["prepare", *PHASES])
@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (NotWholeError("a table is missing"), "failed"),
        (EstateError("AWS refused"), "error"),
        (OSError("no route to host"), "error"),
        (redis.ConnectionError("the cache has gone away"), "error"),
    ],
)
def test_whatever_goes_wrong_is_reported_and_leaves_nothing(
    scene: Scene, phase: PhaseName, error: BaseException, verdict: str
) -> None:
    found = carry_out(Toy({phase: error}), scene)
    assert (found.verdict, found.reason, found.rto_seconds) == (verdict, str(error), None)
    done = [] if phase == "prepare" else PHASES[: PHASES.index(phase) + 1]
    assert [(each.name, each.ok) for each in found.phases] == [
        *((each, each != phase) for each in done),
        ("destroy", True),
    ]
    assert (estate_of(scene).made(), scene.books.running()) == ([], None)
    assert [each.report for each in scene.books.reports()] == [found]


def test_the_same_drill_fails_when_the_objective_is_tightened_below_what_was_measured(
    scene_of: Callable[..., Scene],
) -> None:
    verdicts = [
        carry_out(Toy(), scene_of(real=False, objective=DrillObjective(rto_seconds=rto, rpo_seconds=rpo))).verdict
        for rto, rpo in ((3600, 0.5), (3600, 0.4), (0.0001, 0.5))
    ]
    assert verdicts == ["passed", "failed", "failed"]


def test_what_cannot_be_removed_leaves_no_verdict_and_is_removed_later(scene: Scene) -> None:
    estate_of(scene).refuses["delete_instance"] = "AWS refused"
    found = carry_out(Toy(), scene)
    assert (found.verdict, found.reason) == (
        "error",
        "everything came back, but AWS refused: `datatier drill clean` removes it",
    )
    assert [kind for kind, _, _ in estate_of(scene).made()] == ["instance"]
    estate_of(scene).refuses.clear()
    assert clean(scene) == (f"instance farm-orchard1-drill-{found.id[-6:]}",)
    assert estate_of(scene).made() == []


@pytest.mark.parametrize("call", ["restore_to_point_in_time", "delete_instance"])
def test_what_an_estate_cannot_do_now_is_asked_for_again(scene: Scene, call: str) -> None:
    estate_of(scene).busy[call] = 3
    found = carry_out(Toy(), scene)
    assert (found.verdict, estate_of(scene).made()) == ("passed", [])
    assert estate_of(scene).calls.count(call) == 4


def test_looks_that_are_throttled_end_no_wait(scene: Scene) -> None:
    estate = estate_of(scene)
    estate.restore_to_point_in_time(scene.source, "farm-orchard1-drill-0a1b2c", datetime.now(UTC), made_by="x")
    estate.busy["instance"] = 3
    assert wait.instance_available(scene, "farm-orchard1-drill-0a1b2c").port == 1


def test_what_never_comes_ends_with_a_sentence(scene: Scene) -> None:
    clock = [datetime(2026, 11, 30, tzinfo=UTC)]

    def sleep(seconds: float) -> None:
        clock[0] += timedelta(seconds=seconds)

    scene = replace(scene, poll=15.0, now=lambda: clock[0], sleep=sleep)
    with pytest.raises(EstateError, match=r"^the instance x is not there after 3 h$"):
        wait.until(scene, "the instance x", lambda: None)
    estate = estate_of(scene)
    estate.restore_to_point_in_time(scene.source, "farm-orchard1-drill-0a1b2c", clock[0], made_by="x")
    estate.busy["instance"] = 9999
    with pytest.raises(EstateError, match=r"drill-0a1b2c is not there after 3 h: instance: not now$"):
        wait.instance_available(scene, "farm-orchard1-drill-0a1b2c")


def test_a_drill_removes_what_all_before_it_have_left_but_nothing_of_a_backup_under_way(scene: Scene) -> None:
    began = datetime.now(UTC)
    today, once = (new_id(began - timedelta(hours=hours)) for hours in (1, 25))
    left = {
        "farm-orchard1-drill-00000a": ("snapshot", "20200101T000000Z-00000a"),
        "farm-orchard1-drill-00000b": ("snapshot", once),
        "farm-orchard1-drill-00000c": ("snapshot", today),
    }
    estate = estate_of(scene)
    for name, (kind, by) in left.items():
        estate.half_made(kind, name, by)  # type: ignore[arg-type]
    found = carry_out(Toy(), scene)
    assert (found.verdict, estate.made()) == ("passed", [("snapshot", "farm-orchard1-drill-00000c", today)])
    assert "snapshot farm-orchard1-drill-00000a" in found.phases[-1].detail
    assert clean(scene) == ()
    assert estate.made() == [("snapshot", "farm-orchard1-drill-00000c", today)]


def test_what_a_killed_run_left_and_cannot_be_removed_is_in_its_report_and_goes_with_a_later_drill(
    scene: Scene, killed: Callable[[str], Notes]
) -> None:
    left = killed("prove")
    estate_of(scene).refuses["delete_instance"] = "AWS refused"
    carry_out(Toy({"prepare": EstateError("no")}), scene)
    assert scene.books.report(left.id).reason == (
        "the drill was killed in the phase prove; AWS refused: `datatier drill clean` removes it"
    )
    assert len(estate_of(scene).made()) == 1
    estate_of(scene).refuses.clear()
    assert carry_out(Toy(), scene).verdict == "passed"
    assert estate_of(scene).made() == []


def test_clean_says_what_it_has_removed_of_a_killed_run(scene: Scene, killed: Callable[[str], Notes]) -> None:
    left = killed("prove")
    assert clean(scene) == (f"instance farm-orchard1-drill-{left.id[-6:]}",)


def test_while_a_killed_run_is_being_removed_nobody_else_begins(
    scene: Scene, killed: Callable[[str], Notes], monkeypatch: pytest.MonkeyPatch
) -> None:
    killed("prove")
    estate = estate_of(scene)
    met: list[object] = []
    real = estate.delete_instance

    def delete(identifier: str) -> None:
        if not met:
            for call in (lambda: carry_out(Toy(), scene), lambda: clean(scene)):
                with pytest.raises(KeepError, match="wait until it has ended"):
                    call()
                met.append(call)
        real(identifier)

    monkeypatch.setattr(estate, "delete_instance", delete)
    assert carry_out(Toy(), scene).verdict == "passed"
    assert len(met) == 2


def test_the_end_of_a_run_leaves_the_notes_of_the_next_alone(scene: Scene, killed: Callable[[str], Notes]) -> None:
    left = killed("prove")
    scene.books.ended("20200101T000000Z-00000a")
    assert scene.books.running() == left
    scene.books.ended(left.id)
    assert scene.books.running() is None


@pytest.mark.parametrize("phase", ["prepare", *PHASES])
def test_a_run_that_was_killed_is_found_removed_and_reported_by_the_next(
    scene: Scene, killed: Callable[[str], Notes], phase: str
) -> None:
    left = killed(phase)
    drill = Toy(name="snapshot")
    found = carry_out(drill, scene)
    where = "" if phase == "prepare" else f" in the phase {phase}"
    reports = sorted((each.report for each in scene.books.reports()), key=lambda each: each.began_at)
    assert [(each.id, each.verdict) for each in reports] == [(left.id, "error"), (found.id, "passed")]
    assert reports[0].reason == f"the drill was killed{where}; a later run removed what it had made"
    broken_off = [(each.name, each.detail) for each in reports[0].phases if not each.ok]
    assert broken_off == ([] if phase == "prepare" else [(phase, "killed")])
    assert drill.done == ["prepare", *PHASES]
    assert (estate_of(scene).made(), scene.books.running()) == ([], None)
    assert broken(scene.books.reports(), scene.books.head(), scene.books.pages()) == ()


@pytest.mark.parametrize("phase", ["prepare", *PHASES])
def test_a_run_that_was_killed_goes_on_where_it_was(scene: Scene, killed: Callable[[str], Notes], phase: str) -> None:
    left = killed(phase)
    drill = Toy()
    found = carry_out(drill, scene, resume=True)
    everything = ["prepare", *PHASES]
    assert drill.done == everything[everything.index(phase) :]
    assert (found.id, found.verdict, [each.name for each in found.phases]) == (left.id, "passed", [*PHASES, "destroy"])
    assert "resumed" in found.facts
    assert estate_of(scene).calls.count("restore_to_point_in_time") == 1
    assert (estate_of(scene).made(), scene.books.running()) == ([], None)


@pytest.mark.parametrize(
    ("drill", "says"),
    [
        (Toy(name="redis"), "the one that was killed is `pitr`"),
        (Toy(asked={"to": "2026"}), "was asked for nothing: ask for the same, or begin one"),
    ],
)
def test_another_drill_does_not_go_on_with_it(
    scene: Scene, killed: Callable[[str], Notes], drill: Toy, says: str
) -> None:
    killed("prove")
    with pytest.raises(AskedError, match=says):
        carry_out(drill, scene, resume=True)
    assert len(estate_of(scene).made()) == 1


def test_without_one_that_was_killed_there_is_nothing_to_go_on_with(scene: Scene) -> None:
    with pytest.raises(AskedError, match="no drill was killed"):
        carry_out(Toy(), scene, resume=True)


def test_while_a_drill_runs_no_other_begins_goes_on_or_cleans(scene: Scene) -> None:
    def second(call: Callable[[], object]) -> None:
        with pytest.raises(KeepError, match=r"the drill pitr of orchard1 runs since .* wait until it has ended"):
            call()

    class Meeting(Toy):
        def _do(self, phase: str) -> None:
            if phase == "prove":
                second(lambda: carry_out(Toy(name="redis"), scene))
                second(lambda: carry_out(Toy(), scene, resume=True))
                second(lambda: clean(scene))
                assert len(estate_of(scene).made()) == 1

    assert carry_out(Meeting(), scene).verdict == "passed"


def test_what_other_stacks_drills_have_made_is_left_alone(scene: Scene) -> None:
    other = {"farm-plums-drill-123456": ("instance", "20261130T020000Z-123456")}
    estate_of(scene).left.update(other)  # type: ignore[arg-type]
    assert (carry_out(Toy(), scene).verdict, clean(scene), estate_of(scene).left) == ("passed", (), other)


NOW = datetime(2026, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("holder", "renewed", "lives"),
    [
        (me(), NOW - timedelta(days=9), True),
        (me().model_copy(update={"started": "1"}), NOW, False),
        (DEAD, NOW, False),
        (DEAD.model_copy(update={"host": "elsewhere"}), NOW - STALE + timedelta(seconds=1), True),
        (DEAD.model_copy(update={"host": "elsewhere"}), NOW - STALE, False),
    ],
    ids=["this process", "its number again", "ended", "elsewhere and fresh", "elsewhere and stale"],
)
def test_whether_a_run_is_alive(holder: Holder, renewed: datetime, lives: bool) -> None:
    given: dict[str, Any] = {"id": "i", "drill": "pitr", "stack": "s", "began_at": NOW}
    assert alive(Notes(**given, holder=holder, renewed_at=renewed), NOW) is lives
