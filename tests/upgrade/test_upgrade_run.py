"""Plans carried out on a scripted AWS: every change to its end, from wherever it was killed; every failure."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from scripted_aws import ACCOUNT, Killed, Scripted, deployed, refusal
from test_upgrade_plan import ELSEWHERE, stack

from bootstrap.errors import AskedError
from local.files import write_private
from upgrade import queries
from upgrade.deployed import Deployed
from upgrade.file import StoredPlan, as_json, read, stored
from upgrade.plan import plan
from upgrade.run.report import UpgradeReport
from upgrade.run.run import Asked
from upgrade.run.session import carry_out, listed

AT = datetime(2026, 11, 30, 4, tzinfo=UTC)
REGION = "eu-west-3"
SHOP = {"name": "shop"}
REDIS_7 = {"redis": {"main": {"engine": "redis", "version": "7.1", "replicas": 1}}}


@dataclass(frozen=True)
class Case:
    """A change, the stack that it is of, and what it comes to."""

    to: str
    profile: str = "prod"
    was: str = ""
    more: dict[str, Any] = field(default_factory=dict)
    calls: tuple[str, ...] = ()
    """Operations in order, those of deployments as well."""

    def __str__(self) -> str:
        return f"{self.profile}-{self.to}"


REHEARSED = ("RestoreDBInstanceToPointInTime", "ModifyDBInstance", "DeleteDBInstance")
CASES = [
    Case("postgres.version=17.10", more={"postgres": {"version": "17.9"}},
         calls=("ModifyDBInstance", "ModifyDBInstance", "pulumi up")),
    Case("postgres.version=18", was="postgres.version=16", calls=(*REHEARSED, "CreateDBSnapshot", "pulumi up")),
    Case("postgres.version=18", "dev", "postgres.version=17",
         calls=(*REHEARSED, "pulumi up", "RebootDBInstance", "CreateDBParameterGroup", "ModifyDBParameterGroup",
                "ModifyDBParameterGroup", "ModifyDBParameterGroup", "CreateBlueGreenDeployment",
                "SwitchoverBlueGreenDeployment", "pulumi up")),
    Case("postgres.class=db.r7g.2xlarge", calls=("pulumi up", *["RebootDBInstance"] * 3)),
    Case("postgres.class=db.m7g.large", "dev", calls=("pulumi up",)),
    Case("postgres.storage=400", more={"postgres": {"storage": {"allocated": 300, "max": 350}}}, calls=("pulumi up",)),
    Case("postgres.ca=rds-ca-ecc384-g1", calls=(*["ModifyDBInstance"] * 3, "pulumi up")),
    Case("main.engine=valkey", more=REDIS_7, calls=("CreateSnapshot", "pulumi up")),
    Case("main.version=9.0", "dev", calls=("pulumi up", "CreateSnapshot", "pulumi up")),
    Case("main.version=9.0", more={"redis": {"main": {"shards": 2, "replicas": 1, "version": "8.2"}}},
         calls=("CreateSnapshot", "pulumi up")),
    Case("postgres.version=17.10", more={"postgres": {"version": "17.9", "replicas": {"dr": {"remote": ELSEWHERE}}}},
         calls=("ModifyDBInstance", "pulumi up")),
    Case("main.class=cache.r7g.xlarge", calls=("pulumi up",)),
    Case("main.auth=rbac", was="main.auth=token", calls=("pulumi up", "ModifyReplicationGroup", "pulumi up")),
    Case("main.tls=required", "dev", "main.tls=none", calls=("ModifyReplicationGroup", "ModifyReplicationGroup")),
]  # fmt: skip
MINOR, IN_PLACE, BLUE_GREEN, _, CLASS, _, AUTHORITY, ENGINE, *_, SIZE, _, TLS = CASES


@cache
def planned(number: int) -> tuple[Deployed, tuple[StoredPlan, ...]]:
    """The stack of a case, and its plan as it comes back from its file."""
    case = CASES[number]
    declared = stack(case.profile, "live", {"region": REGION, "allowedAccountIds": [ACCOUNT]}, **SHOP, **case.more)
    made = stored(declared, plan(declared, [case.to], [case.was] if case.was else []), AT)
    found = read(json.dumps(as_json(made)), "plan.json")
    assert found == made
    return declared, found


class Scene:
    """A stack on a scripted AWS, its plan in a file, and whoever runs it."""

    def __init__(self, case: Case, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.declared, self.plans = planned(CASES.index(case))
        self.world = Scripted(monkeypatch, REGION)
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.said: list[str] = []
        self._deploy_all(case)

    def _deploy_all(self, case: Case) -> None:
        servers, state = self.declared.instances, self.world.state
        was = self.plans[0].change.was if case.to.startswith("postgres.version") else servers.primary.version
        version = was if "." in was else f"{was}.4"
        for each in servers.databases:
            state.add_instance(
                each.identifier,
                each.region or "",
                f"{each.identifier}-old",
                EngineVersion=version,
                DBInstanceClass=each.instance_class,
                AllocatedStorage=each.volume.allocated,
            )
        here = [
            f"arn:aws:rds:eu-central-1:{ACCOUNT}:db:{each.identifier}" if each.elsewhere else each.identifier
            for each in servers.replicas.values()
        ]
        state.instances[servers.primary.identifier]["ReadReplicaDBInstanceIdentifiers"] = here
        for group in servers.caches.values():
            more: dict[str, Any] = {"CacheNodeType": group.node_type, "ClusterEnabled": group.shards > 0}
            if case.to == "main.auth=rbac":
                more |= {"AuthTokenEnabled": True, "UserGroupIds": []}
            state.add_cache(group.identifier, group.engine, group.version, group.replicas + 1, **more)
            if case.was == "main.tls=none":
                state.caches[group.identifier] |= {"TransitEncryptionEnabled": False}
                del state.caches[group.identifier]["TransitEncryptionMode"]

    def run(self, *, agreed: bool = True, go: bool = True, until: str | None = None, **more: Any) -> UpgradeReport:
        """As `upgrade run` does; the person writes what it asks for into the stack's file, and runs it again."""
        while True:
            asked = Asked(agreed=lambda _: agreed, go=go, until=until)
            found = carry_out(self.plans, self.world, self.folder, self.write, asked, self.said.append, **more)
            lacking = [line for line in self._lines() if line in found.why] if found.needs == "deployment" else []
            if not lacking or not self.world.lacks(lacking):
                return found
            self.world.write(lacking)

    def write(self, path: Path, text: str) -> None:
        self.world.strike()
        path.write_text(text)

    def _lines(self) -> list[str]:
        return [
            line
            for plan in self.plans
            for step in plan.steps
            for effect in (*step.do, *step.undo)
            if effect.kind == "deploy"
            for line in effect.lines
        ]

    def unseen(self) -> set[str]:
        return {
            deployed(effect)
            for step in self.plans[0].steps
            for effect in step.do
            if effect.kind == "deploy" and effect.unseen
        }

    def operations(self) -> tuple[str, ...]:
        return tuple(operation for operation, _ in self.world.state.calls)

    def end(self) -> Any:
        found = self.world.state.snapshot()
        database = self.world.database
        return found, dict(database.slots), sorted(database.outdated), sorted(database.unknown), self.world.file


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Case], Scene]:
    made = 0

    def make(case: Case) -> Scene:
        nonlocal made
        made += 1
        return Scene(case, tmp_path / str(made), monkeypatch)

    return make


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_change_comes_to_its_end(case: Case, scene: Callable[[Case], Scene]) -> None:
    it = scene(case)
    found = it.run()
    assert (found.state, found.next, found.why) == ("done", None, "")
    assert it.operations() == case.calls
    assert [each.step for each in found.done] == [step.id for step in it.plans[0].steps]
    assert it.world.database.outdated == [] or not case.to.startswith("postgres.version")
    assert it.world.database.slots == {"etl": False, "search": False}
    again = it.run()
    assert (again.state, again.done, it.operations()) == ("done", found.done, case.calls), "nothing is done twice"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_killed_anywhere_the_next_run_goes_on_to_the_same_end(case: Case, scene: Callable[[Case], Scene]) -> None:
    """Before every note, which is after the effect that it notes, and before every effect; no call is made twice."""
    whole = scene(case)
    whole.run()
    wanted, calls = whole.end(), Counter(whole.world.state.calls)
    struck = 0
    while True:
        it, left = scene(case), struck

        def strike(it: Scene = it) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                it.world.strike = lambda: None
                raise Killed

        it.world.strike = strike
        try:
            it.run()
        except Killed:
            found = it.run()
            assert found.state == "done", (struck, found.why)
            assert it.end() == wanted, struck
            more = Counter(it.world.state.calls) - calls
            assert not calls - Counter(it.world.state.calls), struck
            # What AWS does not show is deployed once more, which changes nothing.
            assert all(each[0] == "pulumi up" and each[1] in it.unseen() for each in more), (struck, more)
            struck += 1
        else:
            break
    assert struck > 2 * len(case.calls)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_stopped_after_any_step_the_next_run_goes_on(case: Case, scene: Callable[[Case], Scene]) -> None:
    it = scene(case)
    ids = [step.id for step in it.plans[0].steps]
    for number, name in enumerate(ids, start=1):
        found = it.run(until=name)
        assert [each.step for each in found.done] == ids[:number]
        assert (found.next, found.state) == ((ids[number], "stopped") if number < len(ids) else (None, "done"))
    assert it.operations() == case.calls


def test_what_was_done_by_hand_is_found(scene: Callable[[Case], Scene]) -> None:
    it = scene(MINOR)
    for name in ("shop-live-standby", "shop-live-reporting"):
        it.world.state.instances[name]["EngineVersion"] = "17.10"
    found = it.run()
    assert it.operations() == ("pulumi up",)
    assert [each.found for each in found.done] == [True, True, False, False]


def test_the_switchover_is_held_whatever_was_agreed_to(scene: Callable[[Case], Scene]) -> None:
    it = scene(BLUE_GREEN)
    found = it.run(go=False)
    assert (found.state, found.needs, found.next) == ("waiting", "go", "switchover")
    assert "SwitchoverBlueGreenDeployment" not in it.operations()
    assert it.run(go=True).state == "done"


def test_what_users_notice_is_asked_for(scene: Callable[[Case], Scene]) -> None:
    it = scene(MINOR)
    found = it.run(agreed=False)
    assert (found.state, found.needs, found.next) == ("waiting", "consent", "replica-standby")
    assert "--accept replica-standby" in found.why
    assert it.operations() == ()


def test_what_only_people_can_do_is_theirs_to_say(scene: Callable[[Case], Scene]) -> None:
    it = scene(AUTHORITY)
    found = it.run(agreed=False)
    assert (found.state, found.needs, found.next, it.operations()) == ("waiting", "person", "clients", ())


def test_a_deployment_is_handed_to_a_person(scene: Callable[[Case], Scene]) -> None:
    it = scene(CLASS)
    it.world.pulumi = False
    asked = Asked(agreed=lambda _: True)

    def once() -> UpgradeReport:
        return carry_out(it.plans, it.world, it.folder, write_private, asked, it.said.append)

    lines = "data-tier:postgres: {class: db.m7g.large}"
    first = once()
    assert (first.state, first.needs) == ("waiting", "deployment")
    assert first.why == f"the stack's file has to say {lines}; then: pulumi up -s live"
    it.world.write([lines])
    assert once().why == "it is declared and not deployed: pulumi up -s live"
    [effect] = it.plans[0].steps[0].do
    assert effect.kind == "deploy"
    it.world.up(effect)
    assert once().state == "done"


def test_a_deployment_waits_for_the_maintenance_window(scene: Callable[[Case], Scene]) -> None:
    it = scene(CLASS)
    it.world.windowed = True
    found = it.run()
    assert (found.state, found.needs) == ("waiting", "window")
    assert "waits for the maintenance window of shop-live" in found.why
    assert it.run().needs == "window", "and is not deployed again"
    it.world.state.change("shop-live", "modifying", {"DBInstanceClass": "db.m7g.large"})
    assert (it.run().state, it.operations()) == ("done", ("pulumi up",))


# What breaks, and the sentence
FAILURES: list[tuple[Case, dict[str, Any], str]] = [
    (MINOR, {"refuse": {"ModifyDBInstance": ["AccessDenied"]}}, r"access denied; allow rds:ModifyDBInstance"),
    (MINOR, {"refuse": {"ModifyDBInstance": ["InsufficientDBInstanceCapacity"]}}, r"try again later"),
    (MINOR, {"breaks": {"ModifyDBInstance"}}, r"AWS has taken it back: wanted: shop-live-\w+ runs 17.10; found"),
    (IN_PLACE, {"breaks": {"RestoreDBInstanceToPointInTime"}}, r"found: incompatible-parameters"),
    (IN_PLACE, {"breaks": {"CreateDBSnapshot"}}, r"the snapshot shop-live-before-18 is available; found: failed"),
    (BLUE_GREEN, {"breaks": {"CreateBlueGreenDeployment"}}, r"found: INVALID_CONFIGURATION"),
    (BLUE_GREEN, {"breaks": {"SwitchoverBlueGreenDeployment"}}, r"SWITCHOVER_FAILED; AWS has gone back to the blue"),
    (AUTHORITY, {"breaks": {"DescribeDBEngineVersions"}}, r"without a restart; found: false; upgrade to a newer minor"),
    (BLUE_GREEN, {"wrong": {queries.NO_KEY: ["app.log"]}}, r"has a primary key.*found: app.log; give each one"),
    (IN_PLACE, {"wrong": {queries.REG: ["a.b.c regproc"]}}, r"found: a.b.c regproc; change each to text"),
    (IN_PLACE, {"wrong": {queries.PREPARED: ["tx"]}}, r"found: tx; end each: COMMIT PREPARED"),
    (IN_PLACE, {"wrong": {queries.BROKEN: ["gone"]}}, r"found: gone; drop each"),
    (MINOR, {"wrong": {queries.BEHIND: ["10.0.0.1 00:01"]}}, r"ten seconds behind; found: 10.0.0.1"),
    (IN_PLACE, {"wrong": {queries.LONG: ["17 of app"]}}, r"longer than a minute; found: 17 of app; wait for it"),
    (IN_PLACE, {"wrong": {queries.USED_SLOTS: ["etl"]}}, r"found: etl; stop its consumer"),
    (MINOR, {"otherwise": ["GRANT x"]}, r"not done after 15 minutes: .* otherwise than declared; found: GRANT x"),
    (MINOR, {"account": "111111111111"}, r"found: 111111111111; log in to that account"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "broken", "says"), FAILURES, ids=[f"{f[0]}-{f[2][:40]}" for f in FAILURES])
def test_a_step_that_fails_says_why_and_the_next_run_goes_on(
    case: Case, broken: dict[str, Any], says: str, scene: Callable[[Case], Scene]
) -> None:
    it = scene(case)
    state, database = it.world.state, it.world.database
    state.refuse, state.breaks = broken.get("refuse", {}), broken.get("breaks", set())
    state.account = broken.get("account", ACCOUNT)
    database.wrong = {each.statement: found for each, found in broken.get("wrong", {}).items()}
    database.otherwise = broken.get("otherwise", [])
    found = it.run()
    assert found.state == "failed"
    assert found.next not in [each.step for each in found.done]
    assert re.search(says, found.why), found.why
    # Whoever runs it mends it: what AWS has left in a failed state goes first.
    state.breaks, state.account, database.wrong, database.otherwise = set(), ACCOUNT, {}, []
    state.instances = {n: i for n, i in state.instances.items() if i["DBInstanceStatus"] != "incompatible-parameters"}
    state.snapshots = {}
    state.blue_green = {n: b for n, b in state.blue_green.items() if b["Status"] != "INVALID_CONFIGURATION"}
    assert it.run().state == "done"


def test_a_throttled_look_is_no_failure_while_it_waits(scene: Callable[[Case], Scene]) -> None:
    it = scene(MINOR)
    describe, calls = it.world.state.on_describe_db_instances, it.world.state.calls
    left = 3

    def busy(*args: Any, **given: Any) -> Any:
        nonlocal left
        if calls and left:
            left -= 1
            raise refusal("DescribeDBInstances", "Throttling", "Rate exceeded")
        return describe(*args, **given)

    it.world.state.on_describe_db_instances = busy  # type: ignore[method-assign]
    assert (it.run().state, left) == ("done", 0)


def test_a_call_that_aws_does_not_show_yet_is_taken_for_made(scene: Callable[[Case], Scene]) -> None:
    """The run is killed between the call and its note, and the next one looks before AWS has caught up."""
    it = scene(IN_PLACE)
    it.run(until="drop-slots")
    state, describe = it.world.state, it.world.state.on_describe_db_snapshots
    hidden = 3

    def strike() -> None:
        if state.calls[-1][0] == "CreateDBSnapshot":
            it.world.strike = lambda: None
            raise Killed

    def late(*args: Any, **given: Any) -> Any:
        nonlocal hidden
        if state.snapshots and hidden:
            hidden -= 1
            raise refusal("DescribeDBSnapshots", "DBSnapshotNotFound")
        return describe(*args, **given)

    it.world.strike = strike
    with pytest.raises(Killed):
        it.run()
    state.on_describe_db_snapshots = late  # type: ignore[method-assign]
    found = it.run(until="snapshot")
    assert (found.state, found.why, hidden) == ("stopped", "", 0)
    # The second call was refused, and is no failure.
    assert it.operations()[-2:] == ("CreateDBSnapshot", "CreateDBSnapshot")
    # Where nobody had begun it, something else has the name.
    other = scene(IN_PLACE)
    other.world.state.snapshots["shop-live-before-18"] = {"Status": "copying"}
    assert "(DBSnapshotAlreadyExists); something else has this name" in other.run().why


def test_what_is_waited_for_is_said_when_it_changes(scene: Callable[[Case], Scene]) -> None:
    it = scene(MINOR)
    it.run(until="replica-standby")
    assert it.said == [
        "Upgrade the replica standby to 17.10. Users: Readers of this replica are cut for some minutes; the others and "
        "the primary go on.",
        "rds ModifyDBInstance",
        "waiting for: shop-live-standby runs 17.10; now: 17.9",
        "replica-standby: done",
    ]


def test_the_deadline_is_kept(scene: Callable[[Case], Scene]) -> None:
    it = scene(SIZE)
    it.world.state.change_cache = lambda *_: None  # type: ignore[method-assign]
    found = it.run()
    assert (found.state, found.next) == ("failed", "class")
    assert "not done after 180 minutes: wanted: shop-live-main has nodes of cache.r7g.xlarge; found:" in found.why


def _primary(**values: Any) -> Callable[[Scene], object]:
    return lambda it: it.world.state.instances["shop-live"].update(values)


STALE: list[tuple[Case, Callable[[Scene], object], str]] = [
    (MINOR, _primary(EngineVersion="16.4"), "version is 16.4, and it was made for 17.9 or 17.10"),
    (MINOR, _primary(ReadReplicaDBInstanceIdentifiers=["shop-live-x"]),
     "replicas is shop-live-x, and it was made for shop-live-reporting,shop-live-standby"),
    (MINOR, lambda it: it.world.state.instances.pop("shop-live"), "version is nothing"),
    (SIZE, lambda it: it.world.state.caches["shop-live-main"].update(CacheNodeType="cache.t4g.micro"),
     "class is cache.t4g.micro"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "change", "says"), STALE, ids=[s[2] for s in STALE])
def test_a_plan_that_no_longer_fits_is_refused(
    case: Case, change: Callable[[Scene], object], says: str, scene: Callable[[Case], Scene]
) -> None:
    it = scene(case)
    change(it)
    with pytest.raises(AskedError, match=says):
        it.run()
    assert it.operations() == ()


def test_two_at_once_are_kept_apart(scene: Callable[[Case], Scene]) -> None:
    it = scene(CLASS)
    said: list[str] = []

    def meanwhile() -> None:
        with pytest.raises(AskedError, match=r"runs already \(process \d+ on .*: wait until it has ended") as caught:
            it.run()
        said.append(str(caught.value))

    it.world.strike = meanwhile
    assert it.run().state == "done"
    assert said


UNDONE = [
    (CLASS, "class", ("pulumi up", "pulumi up")),
    (BLUE_GREEN, "green", ("CreateBlueGreenDeployment", "DeleteBlueGreenDeployment")),
    (BLUE_GREEN, "parameters", ("CreateDBParameterGroup", *["ModifyDBParameterGroup"] * 3, "DeleteDBParameterGroup")),
    (BLUE_GREEN, "drop-slots", ("DeleteDBInstance",)),
    (TLS, "prefer", ("ModifyReplicationGroup", "ModifyReplicationGroup")),
    (TLS, "require", ("ModifyReplicationGroup", "ModifyReplicationGroup")),
    (AUTHORITY, "rotate-standby", ("ModifyDBInstance", "ModifyDBInstance")),
    (ENGINE, "snapshot", ("CreateSnapshot", "DeleteSnapshot")),
    (IN_PLACE, "snapshot", ("CreateDBSnapshot", "DeleteDBSnapshot")),
]


@pytest.mark.parametrize(("case", "name", "calls"), UNDONE, ids=[f"{u[0]}-{u[1]}" for u in UNDONE])
def test_a_step_is_taken_back_and_done_again(
    case: Case, name: str, calls: tuple[str, ...], scene: Callable[[Case], Scene]
) -> None:
    it = scene(case)
    ids = [step.id for step in it.plans[0].steps]
    before = it.run(until=ids[ids.index(name) - 1]) if ids.index(name) else None
    was = it.end()
    it.run(until=name)
    assert it.end() != was
    found = it.run(undo=name)
    assert (found.next, found.done) == (name, before.done if before else ())
    assert it.operations()[-len(calls) :] == calls
    now = it.end()
    assert now[:4] == was[:4]
    assert it.run().state == "done"


def test_what_cannot_be_taken_back_says_so(scene: Callable[[Case], Scene]) -> None:
    it = scene(BLUE_GREEN)
    with pytest.raises(AskedError, match="nothing to undo: the step `green` was not done"):
        it.run(undo="green")
    it.run(until="switchover")
    with pytest.raises(AskedError, match="`green` is not the last that was done: undo switchover first"):
        it.run(undo="green")
    with pytest.raises(AskedError, match=r"`switchover` cannot be undone\. The old instance goes on as `-old1`"):
        it.run(undo="switchover")


def test_notes_name_what_was_before_and_the_request_and_no_secret(scene: Callable[[Case], Scene]) -> None:
    it = scene(MINOR)
    it.run(until="replica-standby")
    [path] = it.folder.glob("*.json")
    effect = json.loads(path.read_text())["steps"]["replica-standby"]["effects"]["0"]
    assert effect["was"] == {"shop-live-standby runs 17.10": "17.9", "shop-live-standby is available": "available"}
    assert effect["request"] == "request-1"
    found = listed(it.plans, it.folder, write_private)
    assert (found.state, found.next, found.done[0].requests) == ("listed", "replica-reporting", ("request-1",))


def test_broken_notes_are_no_traceback(scene: Callable[[Case], Scene]) -> None:
    it = scene(MINOR)
    (it.folder / f"{it.plans[0].id}.json").write_text("{")
    with pytest.raises(Exception, match=r"cannot be read .*: move the file away"):
        it.run()
