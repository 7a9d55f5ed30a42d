"""The servers of a stack: names, places, sizes and thresholds, worked out once from settings and the stack's name."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from clinic_project import NAME

from infra.instances import Instances, instances
from infra.load import load_settings
from infra.settings.problems import SettingsError

ROOT = Path(__file__).parents[2]
FAR = {"region": "eu-central-1", "vpc": "vpc-0c", "subnets": ["subnet-0c", "subnet-0d"]}


def servers(stack: str, region: str | None = "eu-west-3", **given: Any) -> Instances:
    config = (
        NAME | {f"data-tier:{key}": value for key, value in given.items()} | ({"aws:region": region} if region else {})
    )
    return instances(stack, load_settings(config, stack=stack, source="a test"), region)


LIVE: dict[str, Any] = {
    "profile": "prod",
    "name": "shop",
    "postgres": {
        "version": "16.9",
        "parameters": {"work_mem": "8192"},
        "replica_lag": 3,
        "replicas": {
            "near": {},
            "far": {"remote": FAR, "class": "db.r7g.xlarge", "max_storage": 2000, "parameters": {"work_mem": "4096"}},
        },
    },
    "redis": {
        "main": {"class": "cache.r7g.large", "shards": 2, "replicas": 1},
        "jobs": {"engine": "redis", "version": "7.1", "auth": "token", "eviction": "noeviction"},
    },
}


def test_databases_are_called_by_the_stack_and_have_their_own_place_class_and_ceiling() -> None:
    found = servers("live", **LIVE)
    assert (found.stack, found.prefix, found.region) == ("live", "shop-live", "eu-west-3")
    assert [
        (d.name, d.identifier, d.region, d.elsewhere, d.instance_class, d.major, d.max_allocated_storage)
        for d in found.databases
    ] == [
        ("primary", "shop-live", "eu-west-3", False, "db.r7g.large", 16, 1000),
        ("near", "shop-live-near", "eu-west-3", False, "db.r7g.large", 16, 1000),
        ("far", "shop-live-far", "eu-central-1", True, "db.r7g.xlarge", 16, 2000),
    ]
    memory = [{each.name: each.value for each in d.parameters}["work_mem"] for d in found.databases]
    assert memory == ["8192", "8192", "4096"]


def connections(parameters: dict[str, Any], **primary: Any) -> list[str]:
    network = {"vpc": "vpc-0a", "subnets": ["subnet-0a", "subnet-0b"]}
    found = servers("live", profile="staging", postgres={"parameters": parameters, **primary}, network=network)
    return [each.values["max_connections"] for each in found.databases]


@pytest.mark.parametrize(
    ("parameters", "managed", "primary"),
    [
        ({}, True, "200"),
        ({"max_connections": "default"}, True, "829"),
        ({"*": "default"}, True, "829"),
        ({"*": "default", "max_connections": "computed"}, True, "200"),
        ({}, False, "829"),
        ({"max_connections": 300}, False, "300"),
    ],
)
def test_what_a_group_leaves_to_rds_is_rds_s_for_alarms_and_replicas(
    parameters: dict[str, Any], managed: bool, primary: str
) -> None:
    """A db.m7g.large; its replica has a group of its own that has no fewer connections."""
    group = {"name": "orders", "managed": managed, "family": "postgres18"}
    existing = {"identifier": "orders", "parameter_group": group}
    assert connections(parameters, existing=existing) == [primary, primary]


def test_caches_are_called_by_the_stack_and_have_as_many_nodes_as_shards_and_replicas_make() -> None:
    assert [
        (c.name, c.identifier, c.region, c.node_type, c.family, c.nodes, c.takes_tokens)
        for c in servers("live", **LIVE).caches.values()
    ] == [
        (
            "main", "shop-live-main", "eu-west-3", "cache.r7g.large", "valkey8",
            ("main-1", "main-2", "main-3", "main-4"), True,
        ),
        ("jobs", "shop-live-jobs", "eu-west-3", "cache.t4g.micro", "redis7", ("jobs-1",), False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("engine", "version", "auth", "takes"),
    [("valkey", "7.2", "rbac", True), ("redis", "7.0", "rbac", True), ("valkey", "8.0", "token", False)],
)
def test_who_takes_tokens_of_iam(engine: str, version: str, auth: str, takes: bool) -> None:
    found = servers("qa", profile="dev", redis={"main": {"engine": engine, "version": version, "auth": auth}})
    assert found.caches["main"].takes_tokens is takes


def test_a_replica_has_at_least_its_primary_s_connections() -> None:
    found = servers(
        "qa",
        profile="prod",
        postgres={"class": "db.r7g.xlarge", "replicas": {"small": {"class": "db.r7g.large"}}},
    )
    connections = [{p.name: p.value for p in d.parameters}["max_connections"] for d in found.databases]
    assert connections[0] == connections[1]


@pytest.mark.parametrize(
    ("server", "alarm", "threshold"),
    [
        ("near", "replica-lag", 3.0),
        ("far", "replica-lag", 360.0),
        ("primary", "replica-lag", None),
        ("main", "replication-lag", 10.0),
        ("jobs", "replication-lag", None),
        ("jobs", "evictions", None),
    ],
)
def test_the_threshold_of_each_server(server: str, alarm: str, threshold: float | None) -> None:
    assert {a.key: a.threshold for a in servers("live", **LIVE).alarms[server]}.get(alarm) == threshold


def test_where_no_file_names_a_region_only_a_replica_elsewhere_has_one() -> None:
    found = servers("live", None, **LIVE)
    assert [d.region for d in found.databases] == [None, None, "eu-central-1"]
    assert [c.region for c in found.caches.values()] == [None, None]


@pytest.mark.parametrize("region", [["eu-west-1"], {"a": 1}, 5, True, "eu-centrl-1", "", "eu-west-1a"])
def test_what_is_not_a_region_is_refused_with_its_key_whichever_rules_ask_for_it(region: Any) -> None:
    elsewhere = {"second_region": {"region": "eu-central-1", "point_in_time": 7}}
    replicas = {"far": {"remote": FAR}, "near": {"zone": "eu-west-1a"}}
    config = {"profile": "dev", "name": "shop", "backup": elsewhere, "postgres": {"replicas": replicas}, "bucket": {}}
    values = {f"data-tier:{key}": value for key, value in config.items()} | {"aws:region": region}
    with pytest.raises(SettingsError) as refused:
        load_settings(values, stack="live", source="a test")
    assert [each.key for each in refused.value.problems] == ["aws:region"]


MAKES = {"rds_class", "cache_class", "postgres_parameters", "redis_parameters", "redis_family"}
MAKES |= {"postgres_alarms", "redis_alarms"}
NAMES = {"prefix", "server", "node"}
# The pages of the alarms have examples of their own, a plan compares the class that is asked for.
OTHERS = {"cli/runbooks.py", "upgrade/postgres.py", "upgrade/cache.py"}


@pytest.mark.parametrize("room", ["infra", "cli", "upgrade", "preview", "pipeline", "alarms", "account"])
def test_nobody_else_works_out_a_name_a_class_a_parameter_or_a_threshold(room: str) -> None:
    wrong = []
    for path in (ROOT / room).rglob("*.py"):
        file = path.relative_to(ROOT).as_posix()
        # Where adopting begins there is no stack's file yet, and so are no instances.
        if file in ("infra/instances.py", "cli/adopt_read.py"):
            continue
        for call in (n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Call)):
            called = ast.unparse(call.func)
            named = called.startswith("names.") and called.removeprefix("names.") in NAMES
            if named or (called in MAKES and file not in OTHERS):
                wrong.append(f"{file}:{call.lineno} {called}")
    assert not wrong
