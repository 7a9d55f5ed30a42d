"""What the sections `existing` of a stack may say together, and what the program makes of them."""

from __future__ import annotations

from typing import Any

import pytest

from infra.instances import Instances, instances
from infra.load import load_settings
from infra.settings.problems import SettingsError

NETWORK = {"vpc": "vpc-0a", "subnets": ["subnet-0a", "subnet-0b"]}
KEY = "arn:aws:kms:eu-west-1:123456789012:key/0a1b"
GROUP = {"name": "billing-pg16", "family": "postgres16"}


def config(
    postgres: dict[str, Any] | None = None, redis: dict[str, Any] | None = None, **more: Any
) -> dict[str, object]:
    given = {"profile": "dev", "name": "crm", "network": NETWORK, "postgres": postgres or {}, "redis": redis or {}}
    return {"aws:region": "eu-west-1", **{f"data-tier:{key}": value for key, value in (given | more).items()}}


def problems(given: dict[str, object]) -> dict[str, str]:
    try:
        load_settings(given, stack="live", source="a test")
    except SettingsError as error:
        return {each.key.removeprefix("data-tier:"): each.rule for each in error.problems}
    return {}


def primary(identifier: str = "billing", **more: Any) -> dict[str, Any]:
    return {"existing": {"identifier": identifier, **more}}


def replica(identifier: str = "billing-reads", **more: Any) -> dict[str, Any]:
    return {"replicas": {"reads": {"existing": {"identifier": identifier, **more}}}}


def cache(identifier: str = "sessions", **more: Any) -> dict[str, Any]:
    return {"existing": {"identifier": identifier, **more}}


RULES: list[tuple[dict[str, object], dict[str, str]]] = [
    (config(primary()), {}),
    (config(primary() | replica()), {}),
    (config(primary(), network={}), {"network.vpc": "are in a VPC already"}),
    (config(redis={"main": cache()}, network={}), {"network.vpc": "are in a VPC already"}),
    (config(primary("Billing")), {"postgres.existing.identifier": "`Billing` must be 2 to 63 characters"}),
    (config(replica()), {"postgres.replicas.reads.existing": "name that one in postgres.existing"}),
    (
        config(primary(encrypted=False) | replica()),
        {"postgres.replicas.reads.existing.encrypted": "is not the primary's"},
    ),
    (config(primary(encrypted=False) | replica(encrypted=False)), {}),
    (config(primary(encrypted=False, key=KEY)), {"postgres.existing.key": "the server is not encrypted"}),
    (
        config(primary() | replica("billing")),
        {"postgres.replicas.reads": "`billing` is another instance's identifier too"},
    ),
    # A new replica is called by the stack, which an old one may have been too.
    (
        config(primary("crm-live-reads") | {"replicas": {"reads": {}}}),
        {"postgres.replicas.reads": "`crm-live-reads` is another instance's identifier too"},
    ),
    (
        config(redis={"main": cache(), "other": cache()}),
        {
            "redis.main": "`sessions` is another cache's id too",
            "redis.other": "`sessions` is another cache's id too",
        },
    ),
    (
        config(primary(parameter_group={"name": "default.postgres16", "family": "postgres16"})),
        {"postgres.existing.parameter_group.managed": "default.postgres16 is AWS's own"},
    ),
    (config(primary(parameter_group={**GROUP, "name": "default.postgres16", "managed": False})), {}),
    (config(primary(parameter_group={"name": "b-pg16"})), {"postgres.existing.parameter_group.family": "is required"}),
    # A minor that RDS no longer makes may still run; one that it never had in support may not.
    (config(primary() | {"version": "16.3"}), {}),
    (config({"version": "16.3"}), {"postgres.version": "'16.3' does not exist on RDS"}),
    (config(primary() | {"version": "13.9"}), {"postgres.version": "not a PostgreSQL version of RDS"}),
    # Each type of storage, in every stack.
    (config({"storage": {"type": "io2", "allocated": 100, "max": 0, "iops": 3000}}), {}),
    (config({"storage": {"type": "gp2", "allocated": 90}}), {}),
    (config({"storage": {"type": "gp2", "allocated": 90, "iops": 3000}}), {"postgres.storage.iops": "of gp2"}),
    (
        config({"storage": {"type": "io1", "allocated": 100, "max": 3000, "iops": 1000}}),
        {"postgres.storage.max": "1500 iops"},
    ),
    (
        config({"replicas": {"reads": {"storage": {"type": "io1"}}}, "storage": {"allocated": 100, "max": 0}}),
        {"postgres.replicas.reads.storage.iops": "is missing: io1"},
    ),
    (
        config({"replicas": {"reads": {"storage": {"type": "gp2"}}}, "storage": {"allocated": 400, "max": 0}}),
        {},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("given", "expected"), RULES, ids=[str(number) for number, _ in enumerate(RULES)])
def test_rules(given: dict[str, object], expected: dict[str, str]) -> None:
    found = problems(given)
    assert sorted(found) == sorted(expected)
    for key, says in expected.items():
        assert says in found[key], found[key]


def tier(**postgres: Any) -> Instances:
    given = config(postgres)
    return instances("live", load_settings(given, stack="live", source="a test"), "eu-west-1")


def test_a_replica_has_its_primary_s_volume_until_it_says_otherwise() -> None:
    found = tier(
        storage={"type": "io1", "allocated": 400, "max": 0, "iops": 5000},
        replicas={
            "same": {},
            "more": {"storage": {"iops": 6000}},
            "plain": {"storage": {"type": "gp3"}},
            "old": {"storage": {"type": "gp2"}},
        },
    )
    assert {name: (each.volume.type, each.volume.lasting_iops) for name, each in found.replicas.items()} == {
        "same": ("io1", 5000),
        "more": ("io1", 6000),
        "plain": ("gp3", 12000),
        "old": ("gp2", 1200),
    }


def test_a_gp2_volume_rings_for_its_credits_and_no_other_does() -> None:
    found = tier(storage={"type": "gp2", "allocated": 90}, replicas={"new": {"storage": {"type": "gp3"}}})
    ringing = {name: {one.key: one.threshold for one in alarms} for name, alarms in found.alarms.items()}
    assert ringing["primary"]["burst-balance"] == 20
    assert "burst-balance" not in ringing["new"]
    # While it has credits it may have as much as gp3.
    assert ringing["primary"]["iops-high"] == ringing["new"]["iops-high"]
