"""What waits for a maintenance window: told as AWS has it, and with the rights of who looks for drift alone."""

from __future__ import annotations

from typing import Any

import pytest
from answers import Answers, asked, declared, reader
from iam_policies import Request, allowed

from account.finding import Waiting
from account.look import look_at_waiting
from account.place import CACHE, INSTANCE
from knowledge.iam.actions import StatementScope, policies

ACCOUNT = "123456789012"
WINDOW = "sun:04:00-sun:05:00"
PRIMARY = ("shop-live", "postgres-primary")
REPORTING = ("shop-live-reporting", "postgres-reporting-instance")


def instance(identifier: str, **values: Any) -> Answers:
    return {
        "DescribeDBInstances": {
            "DBInstances": [
                {
                    "DBInstanceIdentifier": identifier,
                    "PreferredMaintenanceWindow": WINDOW,
                    "PendingModifiedValues": values,
                }
            ]
        }
    }


def group(*, group: dict[str, Any] | None = None, node: dict[str, Any] | None = None) -> Answers:
    return {
        "DescribeReplicationGroups": {
            "ReplicationGroups": [
                {
                    "ReplicationGroupId": "shop-live-queue",
                    "MemberClusters": ["shop-live-queue-001", "shop-live-queue-002"],
                    "PendingModifiedValues": group or {},
                }
            ]
        },
        "DescribeCacheClusters": {
            "CacheClusters": [{"PreferredMaintenanceWindow": WINDOW, "PendingModifiedValues": node or {}}]
        },
    }


def waits(of: tuple[str, str], inputs: dict[str, Any], *undeclared: str) -> Waiting:
    return Waiting(type=INSTANCE, name=of[1], window=WINDOW, inputs=inputs, undeclared=undeclared)


def cache_waits(inputs: dict[str, Any], *undeclared: str) -> Waiting:
    return Waiting(type=CACHE, name="queue-group", window=WINDOW, inputs=inputs, undeclared=undeclared)


CASES: list[tuple[str, Answers, list[Waiting]]] = [
    ("nothing", instance("shop-live"), []),
    ("an account in which nothing is yet", {}, []),
    (
        "what is declared",
        instance("shop-live", DBInstanceClass="db.r7g.large"),
        [waits(PRIMARY, {"instanceClass": "db.r7g.large"})],
    ),
    (
        "what somebody asked for by hand",
        instance("shop-live", DBInstanceClass="db.r7g.16xlarge", MultiAZ=True),
        [waits(PRIMARY, {"instanceClass": "db.r7g.16xlarge", "multiAz": True}, "instanceClass")],
    ),
    (
        "a minor version of the declared major",
        instance("shop-live", EngineVersion="18.9"),
        [waits(PRIMARY, {"engineVersion": "18.9"})],
    ),
    (
        "another major version",
        instance("shop-live", EngineVersion="17.1"),
        [waits(PRIMARY, {"engineVersion": "17.1"}, "engineVersion")],
    ),
    (
        "a replica's version, which the program leaves to AWS",
        instance("shop-live-reporting", EngineVersion="18.9"),
        [waits(REPORTING, {"engineVersion": "18.9"})],
    ),
    ("a password", instance("shop-live", MasterUserPassword="****"), []),
    ("another stack's instance", instance("shop-live2", DBInstanceClass="db.r7g.large"), []),
    ("nothing of a cache", group(), []),
    (
        "the class of a cache, which waits at its nodes",
        group(node={"CacheNodeType": "cache.r7g.4xlarge"}),
        [cache_waits({"nodeType": "cache.r7g.4xlarge"}, "nodeType")],
    ),
    (
        "the version of a cache, which waits at its nodes",
        group(node={"EngineVersion": "8.0.2"}),
        [cache_waits({"engineVersion": "8.0.2"})],
    ),
    (
        "a group's failover",
        group(group={"AutomaticFailoverStatus": "enabled"}),
        [cache_waits({"automaticFailoverEnabled": True})],
    ),
    (
        "a group's failover that nobody declared",
        group(group={"AutomaticFailoverStatus": "disabled"}),
        [cache_waits({"automaticFailoverEnabled": False}, "automaticFailoverEnabled")],
    ),
    ("a token that rotates", group(group={"AuthTokenStatus": "ROTATING"}), [cache_waits({})]),
]


@pytest.mark.parametrize(("answers", "expected"), [each[1:] for each in CASES], ids=[each[0] for each in CASES])
def test_what_waits(answers: Answers, expected: list[Waiting]) -> None:
    found = look_at_waiting(reader(answers), declared("live", "prod"))
    assert [each.waits for each in found] == expected
    assert all(each.state == "note" and each.check == "pending" for each in found)
    assert all(WINDOW in each.what and "proposes it again" in each.what for each in found)
    told = [name for each in expected for name in each.undeclared]
    assert ["the stack declares" in each.what for each in found] == ([bool(told)] * len(expected))


@pytest.mark.parametrize("code", ["DBInstanceNotFound", "ReplicationGroupNotFoundFault"])
def test_what_is_not_there_does_not_wait(code: str) -> None:
    calls = ("DescribeDBInstances", "DescribeReplicationGroups")
    answers = {call: {"Error": {"Code": code, "Message": ""}} for call in calls}
    assert look_at_waiting(reader(answers), declared("live", "prod")) == ()


def test_what_may_not_be_read_is_told() -> None:
    """Once, and the others are looked at all the same."""
    denied = {"DescribeDBInstances": {"Error": {"Code": "AccessDenied", "Message": ""}}}
    answers = group(group={"ClusterMode": "compatible"}) | denied
    told = look_at_waiting(reader(answers), declared("live", "prod"))
    assert sorted((each.check, each.what.partition(" ")[0]) for each in told) == [
        ("not looked at", "rds.describe_db_instances:"),
        ("pending", "shop-live-queue:"),
    ]


ASKED = {
    "DescribeDBInstances": ("rds", "db", "DBInstanceIdentifier"),
    "DescribeReplicationGroups": ("elasticache", "replicationgroup", "ReplicationGroupId"),
    "DescribeCacheClusters": ("elasticache", "cluster", "CacheClusterId"),
}


@pytest.mark.parametrize(("stack", "profile"), [("live", "prod"), ("qa", "dev")])
def test_whoever_looks_for_drift_may_ask_for_each_by_its_name(stack: str, profile: str) -> None:
    """The whole list would take rights on every database of the account."""
    look_at_waiting(reader(group()), declared(stack, profile))
    scope = StatementScope(account=ACCOUNT, prefixes=[f"shop-{stack}"])
    statements = [each for part in policies(scope, "read").values()
                  for each in part]  # fmt: skip
    # Who one is may be asked by everybody (STS API Reference, GetCallerIdentity).
    calls = [each for each in asked() if each[0] != "GetCallerIdentity"]
    assert len(calls) >= 3
    for call, given in calls:
        service, kind, key = ASKED[call]
        arn = f"arn:aws:{service}:eu-west-1:{ACCOUNT}:{kind}:{given[key]}"
        named = given[key].startswith(f"shop-{stack}")
        assert allowed(statements, Request(f"{service}:{call}", arn)) is named, arn
        assert not allowed(statements, Request(f"{service}:{call}", arn.replace(given[key], "*"))), call
