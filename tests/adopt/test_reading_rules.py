"""The reading's rules: what replicas are called, what a plan of AWS Backup selects, what else uses a group."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from adopt.reading.backup import selects
from adopt.reading.cloudwatch import of_servers
from adopt.reading.network import Site, users
from adopt.reading.replicas import names
from adopt.reading.secretsmanager import concerns

HOME, FAR = "eu-west-1", "eu-central-1"


@pytest.mark.parametrize(
    ("primary", "replicas", "called"),
    [
        ("orders", [(HOME, "orders-reports")], ["reports"]),
        ("orders", [(HOME, "reporting")], ["reporting"]),
        ("orders", [(HOME, "ordersreports")], ["ordersreports"]),
        ("orders", [(HOME, "orders-eu-west-1b")], ["eu-west-1b"]),
        # The same identifier in two regions, and two that come to the same.
        ("orders", [(HOME, "orders-dr"), (FAR, "orders-dr")], ["dr-2", "dr"]),
        ("orders", [(HOME, "orders-reports"), (HOME, "reports")], ["reports", "reports-2"]),
        ("orders", [(HOME, "orders-2"), (HOME, "orders-3")], ["replica-2", "replica-3"]),
        ("orders", [(HOME, "orders-primary")], ["replica-primary"]),
        ("orders", [(HOME, "orders-stack")], ["replica-stack"]),
    ],
)
def test_what_replicas_are_called(primary: str, replicas: list[tuple[str, str]], called: list[str]) -> None:
    found = names(primary, replicas)
    assert [found[each] for each in replicas] == called
    assert names(primary, reversed(replicas)) == found
    assert all(re.fullmatch(r"[a-z](-?[a-z0-9])*", each) for each in called)


ARN = "arn:aws:rds:eu-west-1:123456789012:db:orders"
TAGS = {"backup": "daily", "team": "fulfilment"}


def rule(key: str, value: str) -> dict[str, str]:
    return {"ConditionType": "STRINGEQUALS", "ConditionKey": key, "ConditionValue": value}


@pytest.mark.parametrize(
    ("selection", "selected"),
    [
        ({"Resources": [ARN]}, True),
        ({"Resources": ["arn:aws:rds:*:*:db:*"]}, True),
        ({"Resources": ["*"]}, True),
        ({"Resources": ["arn:aws:rds:*:*:db:billing*"]}, False),
        ({"Resources": ["arn:aws:ec2:*:*:volume/*"]}, False),
        ({}, True),
        ({"NotResources": [ARN]}, False),
        ({"Resources": ["*"], "NotResources": ["arn:aws:rds:*:*:db:*"]}, False),
        ({"ListOfTags": [rule("backup", "daily")]}, True),
        ({"ListOfTags": [rule("backup", "weekly")]}, False),
        ({"ListOfTags": [rule("backup", "weekly"), rule("team", "fulfilment")]}, True),
        ({"ListOfTags": [rule("aws:ResourceTag/backup", "daily")]}, True),
        ({"ListOfTags": [rule("backup", "daily")], "NotResources": [ARN]}, False),
        # A tag adds to what is named.
        ({"Resources": [ARN], "ListOfTags": [rule("backup", "weekly")]}, True),
        ({"Resources": ["arn:aws:s3:::*"], "ListOfTags": [rule("backup", "daily")]}, True),
        # A condition narrows it.
        ({"Resources": ["*"], "Conditions": {"StringEquals": [rule("aws:ResourceTag/backup", "daily")]}}, True),
        ({"Resources": ["*"], "Conditions": {"StringEquals": [rule("aws:ResourceTag/backup", "weekly")]}}, False),
        ({"Resources": ["*"], "Conditions": {"StringLike": [rule("aws:ResourceTag/team", "ful*")]}}, True),
        ({"Resources": ["*"], "Conditions": {"StringNotLike": [rule("aws:ResourceTag/team", "ful*")]}}, False),
        ({"Resources": ["*"], "Conditions": {"StringNotEquals": [rule("aws:ResourceTag/stage", "prod")]}}, True),
        ({"Resources": ["*"], "Conditions": {"StringEquals": [rule("aws:ResourceTag/stage", "prod")]}}, False),
    ],
)
def test_what_a_selection_takes_in(selection: Mapping[str, Any], selected: bool) -> None:
    assert selects(selection, ARN, TAGS) is selected


def interface(number: int, requester: str | None, *groups: str, text: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {
        "NetworkInterfaceId": f"eni-{number}",
        "Description": text,
        "InterfaceType": "interface",
        "Groups": [{"GroupId": each} for each in groups],
    }
    return found | ({"RequesterId": requester} if requester else {})


def test_what_else_uses_a_security_group() -> None:
    """The servers' own interfaces are not somebody else's; a group that names itself is not another."""
    site = Site(
        region=HOME, vpcs=frozenset({"vpc-1"}), subnets=frozenset(), security_groups=frozenset({"sg-1", "sg-2"}),
        others={"sg-1": ("billing",)},
    )  # fmt: skip
    named = [{"UserIdGroupPairs": [{"GroupId": "sg-1"}]}]
    groups = [
        {"GroupId": "sg-1", "GroupName": "orders", "IpPermissions": named},
        {"GroupId": "sg-9", "GroupName": "web", "IpPermissionsEgress": named},
    ]
    interfaces = [
        interface(1, "amazon-rds", "sg-1", text="RDSNetworkInterface"),
        interface(2, "amazon-elasticache", "sg-2", text="ElastiCache orders-cache-001"),
        interface(3, "AROA:lambda", "sg-1", text="AWS Lambda VPC ENI-nightly"),
        interface(4, None, "sg-3"),
    ]
    assert users(site, groups, interfaces) == {
        "sg-1": ("AWS Lambda VPC ENI-nightly (eni-3)", "billing", "rules of sg-9 (web)")
    }


@pytest.mark.parametrize(
    ("secret", "found"),
    [
        ({"Name": "orders/master"}, True),
        ({"Name": "prod/db", "Description": "Master of ORDERS"}, True),
        ({"Name": "prod/db", "Tags": [{"Key": "database", "Value": "orders"}]}, True),
        ({"Name": "shop-live/shop_app"}, True),
        ({"Name": "billing/master", "Tags": [{"Key": "orders", "Value": "no"}]}, False),
    ],
)
def test_the_secrets_that_may_be_a_servers(secret: Mapping[str, Any], found: bool) -> None:
    assert concerns(secret, ["orders", "shop-live"]) is found


def alarm(name: str, *dimensions: tuple[str, str], metrics: bool = False) -> dict[str, Any]:
    named = [{"Name": key, "Value": value} for key, value in dimensions]
    over = [{"Id": "e", "Expression": "m"}, {"Id": "m", "MetricStat": {"Metric": {"Dimensions": named}}}]
    return {"AlarmName": name} | ({"Metrics": over} if metrics else {"Dimensions": named})


def test_the_alarms_that_are_the_tiers() -> None:
    alarms = [
        alarm("busy", ("DBInstanceIdentifier", "orders")),
        alarm("another's", ("DBInstanceIdentifier", "billing")),
        alarm("queue", ("CacheClusterId", "orders-queue-001")),
        alarm("both", ("DBInstanceIdentifier", "orders"), metrics=True),
        alarm("a function", ("FunctionName", "orders")),
        alarm("shop-live-cpu-high"),
        alarm("shop-live2-cpu-high"),
    ]
    found = of_servers(alarms, {"orders", "orders-queue-001"}, "shop-live")
    assert [each["AlarmName"] for each in found] == ["busy", "queue", "both", "shop-live-cpu-high"]
