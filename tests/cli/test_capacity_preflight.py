"""A recommendation as it reaches people: lines to paste, the preflight's words, and the command that plans it."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import replace

import pytest
import shop
import yaml
from in_process import _recorded
from shop import Folder

from capacity.limit import Limit, Recommendation, Section
from capacity.recommend.declared import DeclaredCache, DeclaredDatabase
from capacity.report import CapacityReport
from cli.capacity_preflight import judged
from cli.capacity_target import declared
from cli.project import StackSource, load
from graph.deployment import Deployment
from infra.load import load_settings
from knowledge.storage import Volume

RUNS: list[str] = []


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return shop.make(tmp_path_factory.mktemp("shop"))


@pytest.fixture
def live(files: Folder, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def offline(source: StackSource) -> Deployment:
        RUNS.append(source.stack)
        return _recorded(source)

    RUNS.clear()
    monkeypatch.chdir(files.path)
    monkeypatch.setattr(StackSource, "offline", offline)
    return iter(())


def report(*settings: Section) -> CapacityReport:
    bare = Limit(
        name="storage", node="primary", unit="bytes", now=1, limit=2, date=None, interval=(None, None),
        confidence="none", why="",
    )  # fmt: skip
    limits = [replace(bare, recommendation=Recommendation(what="x", settings=each)) for each in settings]
    return CapacityReport(at=datetime.datetime(2027, 1, 1, tzinfo=datetime.UTC), limits=(*limits, bare), growth=())


def advice(stack: str, settings: Section) -> Recommendation:
    (found, _) = judged(report(settings), load(stack)).limits
    assert found.recommendation is not None
    return found.recommendation


@pytest.mark.usefixtures("live")
@pytest.mark.parametrize(
    ("stack", "settings", "lines", "users", "command"),
    [
        (
            "live",
            {"postgres": {"class": "db.r7g.xlarge"}},
            ("data-tier:postgres: {class: db.r7g.xlarge}",),
            "One failover, usually 60 to 120 seconds",
            "datatier upgrade plan live --to postgres.class=db.r7g.xlarge",
        ),
        (
            "live",
            {"postgres": {"storage": {"allocated": 150}}},
            ("data-tier:postgres: {storage: {allocated: 150}}",),
            "postgres-primary, at once: Grows without a pause",
            "datatier upgrade plan live --to postgres.storage=150",
        ),
        (
            "live",
            {"postgres": {"storage": {"max": 1500}}},
            ("data-tier:postgres: {storage: {max: 1500}}",),
            "Only the limit of the growth changes",
            "pulumi stack export -s live | datatier preview live --against -",
        ),
        # The other entries of a map that is whole are in its line: naming one takes the others out.
        (
            "live",
            {"redis": {"main": {"class": "cache.r7g.xlarge"}}},
            ("data-tier:redis: {main: {class: cache.r7g.xlarge, multi_az: true, replicas: 1}}",),
            "Nodes are added, filled and swapped",
            "datatier upgrade plan live --to main.class=cache.r7g.xlarge",
        ),
        (
            "prod",
            {"redis": {"queue": {"class": "cache.t4g.small"}}},
            ("data-tier:redis: {main: {}, queue: {eviction: noeviction, class: cache.t4g.small}}",),
            "A single node is replaced by one that is filled from it",
            "datatier upgrade plan prod --to queue.class=cache.t4g.small",
        ),
        (
            "live",
            {"postgres": {"replicas": {"standby": {"class": "db.r7g.2xlarge"}}}},
            ("data-tier:postgres: {replicas: {standby: {class: db.r7g.2xlarge}}}",),
            "postgres-standby-instance, in the maintenance window: Down for some minutes",
            "pulumi stack export -s live | datatier preview live --against -",
        ),
    ],
)
def test_what_is_written_noticed_and_planned(
    stack: str, settings: Section, lines: tuple[str, ...], users: str, command: str
) -> None:
    found = advice(stack, settings)
    assert (found.lines, found.command, found.blocked) == (lines, command, "")
    assert users in " ".join(found.users)


@pytest.mark.usefixtures("live")
@pytest.mark.parametrize("stack", ["live", "prod"])
def test_the_lines_are_what_was_judged(stack: str) -> None:
    """Pasted over what the file has, they say of the stack's servers what the preflight was made of, and no less."""
    before = load(stack)
    found = advice(stack, {"redis": {"main": {"class": "cache.m7g.xlarge"}}})
    (line,) = found.lines
    key, _, value = line.partition(": ")
    pasted = load_settings({**before.config, key: yaml.safe_load(value)}, stack=stack, source="test")
    was = before.settings.redis
    assert pasted.redis == {**was, "main": was["main"].model_copy(update={"class_": "cache.m7g.xlarge"})}


@pytest.mark.usefixtures("live")
@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"postgres": {"storage": {"allocated": 105}}}, "RDS takes steps of 10 % or more."),
        ({"postgres": {"parameters": {"max_connections": 4000}}}, "the parameters may claim"),
        ({"postgres": {"class": "db.r7g.huge"}}, "unknown RDS instance class 'db.r7g.huge'"),
    ],
)
def test_what_would_be_refused_is_said(settings: Section, said: str) -> None:
    assert said in advice("live", settings).blocked


@pytest.mark.usefixtures("live")
def test_the_program_runs_once_for_each_change_and_not_without_one() -> None:
    source = load("live")
    same: Section = {"postgres": {"class": "db.r7g.xlarge"}}
    found = judged(report(same, same), source)
    assert RUNS == ["live", "live"]
    first, second, none = (each.recommendation for each in found.limits)
    assert first == second
    assert none is None
    RUNS.clear()
    assert judged(report(), source) == report()
    assert judged(report({}), source) == report({})
    assert RUNS == []


@pytest.mark.usefixtures("live")
def test_what_a_stack_declares() -> None:
    source = load("live")
    settings = load_settings(
        {
            **source.config,
            "data-tier:postgres": {
                "class": "db.m7g.xlarge",
                "storage": {"allocated": 500, "max": 900, "iops": 15000},
                "parameters": {"max_connections": 300},
                "replicas": {"reports": {"class": "db.m7g.xlarge"}, "standby": {"max_storage": 1000}},
            },
            "data-tier:redis": {"basket": {"class": "cache.m7g.large", "shards": 2, "replicas": 1}},
        },
        stack="live",
        source="test",
    )
    from infra.instances import instances

    found = declared(instances("live", settings), settings)
    primary = DeclaredDatabase(
        node="primary", instance_class="db.m7g.xlarge", volume=Volume(allocated=500, iops=15000), max_allocated=900,
        max_connections=300,
    )  # fmt: skip
    assert dict(found.databases) == {
        "primary": primary,
        "reports": replace(primary, node="reports", replica=True, own_class=True),
        "standby": replace(primary, node="standby", replica=True, own_max=True, max_allocated=1000),
    }
    assert found.primary == primary
    assert dict(found.caches) == {
        "basket": DeclaredCache(name="basket", node_type="cache.m7g.large", replicas=1, shards=2)
    }
