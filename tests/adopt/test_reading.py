"""What is read of a tier: all of it, at few calls, by the least policy; what is refused costs what it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from intercepted import Answer, Intercept, Intercepted, refused
from made_by_hand import CACHES, PRIMARY, REGION

from adopt.estate import Estate, Unread
from adopt.live.everything import live
from adopt.reading import calls
from adopt.reading.read import read
from adopt.refusals import refusals
from adopt.settings.written import written
from bootstrap.errors import AskedError

pytestmark = pytest.mark.server

ONLY_WHERE_SOMETHING_IS_AMISS = {calls.CLUSTERS, calls.REGIONS, calls.SERVERLESS}
ONLY_WHERE_THERE_IS_ONE = {calls.OPTION_GROUPS}


def again(account: Intercepted, intercept: Intercept = lambda *_: None) -> Estate:
    return read(account.with_answers(intercept), PRIMARY, CACHES, REGION, "shop-live")


def test_the_whole_tier_is_found(estate: Estate) -> None:
    assert (estate.account, estate.partition, estate.region) == ("000000000000", "aws", REGION)
    assert estate.primary.identifier == PRIMARY
    assert {name: (each.identifier, each.region) for name, each in estate.replicas.items()} == {
        "reports": ("orders-reports", REGION),
        "dr": ("orders-dr", "eu-central-1"),
    }
    assert {name: (each.identifier, len(each.nodes)) for name, each in estate.caches.items()} == {
        "main": ("orders-cache", 2),
        "queue": ("orders-queue", 1),
    }
    assert [each["UserId"] for each in estate.caches["main"].users] == ["orders-app", "orders-default"]
    assert [each["UserGroupId"] for each in estate.caches["main"].user_groups] == ["orders"]
    assert estate.caches["queue"].users == ()
    assert estate.unread == ()


def test_parameter_groups_have_what_was_set_and_what_the_engine_has(estate: Estate) -> None:
    groups = {name: each.parameter_group for name, each in {"primary": estate.primary, **estate.replicas}.items()}
    assert {name: each.described["DBParameterGroupName"] for name, each in groups.items()} == {
        "primary": "orders-pg16",
        "reports": "orders-pg16",
        "dr": "default.postgres16",
    }
    found = {each["ParameterName"]: (each["ParameterValue"], each["Source"]) for each in groups["primary"].parameters}
    assert found["max_connections"] == ("400", "user")
    assert found["work_mem"] == ("16384", "user")
    assert found["log_statement"] == ("none", "engine-default")
    assert {each["Source"] for each in groups["dr"].parameters} == {"engine-default"}
    cache = estate.caches["main"].parameter_group
    assert cache.described["CacheParameterGroupFamily"] == "redis7"
    assert {each["ParameterName"]: each["ParameterValue"] for each in cache.parameters}["maxmemory-policy"] == (
        "volatile-ttl"
    )


def test_what_is_around_it_is_found_and_nothing_else(estate: Estate) -> None:
    around = estate.around
    group = around.security_groups[0]["GroupId"]
    assert [each["GroupName"] for each in around.security_groups] == ["orders", "orders"]
    assert dict(around.security_group_users) == {group: ("billing",)}
    assert [each["CidrBlock"] for each in around.subnets] == ["10.40.0.0/24", "10.40.1.0/24"] * 2
    assert len(around.vpcs) == 1
    assert [each.get("DBSubnetGroupName", each.get("CacheSubnetGroupName")) for each in around.subnet_groups] == [
        "far",
        "private",
        "private",
    ]
    assert [each["Aliases"] for each in around.keys] == [[], ["alias/orders-data"]]
    assert {each["logGroupName"]: each.get("retentionInDays") for each in around.log_groups} == {
        "/aws/rds/instance/orders/postgresql": 60,
        "/aws/rds/instance/orders-reports/postgresql": None,
    }
    assert [each["CustSubscriptionId"] for each in around.event_subscriptions] == ["orders-events"]
    assert [each["Name"] for each in around.secrets] == ["orders/master", "orders/queue"]
    assert [each["AlarmName"] for each in around.alarms] == ["Orders database is busy"]
    (topic,) = around.topics
    assert topic["TopicArn"].endswith(":orders-oncall")
    assert [each["Endpoint"] for each in topic["Subscriptions"]] == ["oncall@example.com"]
    assert [(each["BackupPlan"]["BackupPlanName"], each["Selects"]) for each in around.backup_plans] == [
        ("nightly", [estate.primary.described["DBInstanceArn"]])
    ]
    owned = {arn.rpartition(":")[2]: tags for arn, tags in around.tags.items() if tags}
    assert owned.pop("orders-cache") == {"team": "fulfilment"}
    assert estate.caches["main"].tags == {"team": "fulfilment"}
    assert estate.primary.tags == {"team": "fulfilment", "backup": "daily"}


def test_no_secret_value_is_asked_for(estate: Estate) -> None:
    assert "not-a-secret" not in repr(estate)
    assert "a-token-of-sixteen-characters" not in repr(estate)


def test_every_call_of_the_table_is_made_and_no_other(hand_made: Intercepted, estate: Estate) -> None:
    assert again(hand_made) == replace(estate, calls=estate.calls)
    wanted = set(calls.CALLS) - ONLY_WHERE_SOMETHING_IS_AMISS - ONLY_WHERE_THERE_IS_ONE
    assert set(hand_made.asked) == {(each.service, each.operation) for each in wanted}
    assert len(hand_made.asked) == estate.calls


def test_a_tier_takes_sixty_calls_at_most_with_the_pages_of_rds(hand_made: Intercepted, estate: Estate) -> None:
    """RDS answers with a hundred parameters at a time, and PostgreSQL 16 has more than four hundred there."""

    def paged(service: str, operation: str, region: str, asked: Mapping[str, Any]) -> Answer | None:
        if operation != "DescribeDBParameters":
            return None
        page = int(asked.get("Marker", 0))
        return {"Parameters": [{"ParameterName": f"p{page}"}]} | ({"Marker": str(page + 1)} if page < 4 else {})

    found = again(hand_made, paged)
    assert [each["ParameterName"] for each in found.primary.parameter_group.parameters] == [
        "p0",
        "p1",
        "p2",
        "p3",
        "p4",
    ]
    assert found.calls == estate.calls + 8
    assert found.calls <= 60


CODES = {"ec2": "UnauthorizedOperation", "sns": "AuthorizationError"}
"""Of a refused call, where it is not AccessDenied: EC2's and SNS's own."""
CACHE_GROUPS = {"parameter_group", "user_groups", "users"}
# Refused action -> what is not known then: of the surroundings, of a cache, of an instance.
LOSES: dict[str, set[str]] = {
    "backup:GetBackupPlan": {"backup_plans"},
    "backup:GetBackupSelection": {"backup_plans"},
    "backup:ListBackupPlans": {"backup_plans"},
    "backup:ListBackupSelections": {"backup_plans"},
    "cloudwatch:DescribeAlarms": {"alarms"},
    "ec2:DescribeNetworkInterfaces": set(),
    "ec2:DescribeRouteTables": {"route_tables"},
    "ec2:DescribeSecurityGroups": {"security_groups"},
    "ec2:DescribeSubnets": {"subnets"},
    "ec2:DescribeVpcEndpoints": set(),
    "ec2:DescribeVpcAttribute": {"vpcs"},
    "ec2:DescribeVpcs": {"vpcs"},
    "elasticache:DescribeCacheClusters": {"caches", "subnet_groups", "tags"},
    "elasticache:DescribeCacheParameterGroups": {"caches", "tags"},
    "elasticache:DescribeCacheParameters": {"caches"},
    "elasticache:DescribeCacheSubnetGroups": {"subnet_groups"},
    "elasticache:DescribeReplicationGroups": {"caches", "subnet_groups", "tags"},
    "elasticache:DescribeUserGroups": {"caches", "tags"},
    "elasticache:DescribeUsers": {"caches", "tags"},
    "iam:ListRoles": set(),
    "kms:DescribeKey": {"keys", "tags"},
    "kms:ListAliases": {"keys"},
    "logs:DescribeLogGroups": {"log_groups"},
    "rds:DescribeBlueGreenDeployments": set(),
    "rds:DescribeDBParameterGroups": {"primary", "replicas"},
    "rds:DescribeDBParameters": {"primary", "replicas"},
    "rds:DescribeEventSubscriptions": {"event_subscriptions"},
    "rds:DescribePendingMaintenanceActions": set(),
    "secretsmanager:ListSecrets": {"secrets"},
    "sns:GetTopicAttributes": {"topics", "tags"},
    "sns:ListSubscriptionsByTopic": {"topics"},
    "sns:ListTopics": set(),
    "tag:GetResources": {"caches", "tags"},
}


def refusing(action: str) -> Intercept:
    """An account that does not allow an action."""
    call = next(each for each in calls.CALLS if each.action == action)

    def refuse(service: str, operation: str, region: str, asked: Mapping[str, Any]) -> Answer | None:
        if (service, operation) != (call.service, call.operation):
            return None
        return refused(CODES.get(service, "AccessDeniedException"))

    return refuse


@pytest.fixture(scope="module")
def without(hand_made: Intercepted) -> Callable[[str], Estate]:
    """What is read where an action is not allowed, once for each."""
    return cache(lambda action: again(hand_made, refusing(action)))


@pytest.mark.parametrize("action", sorted(LOSES))
def test_a_refused_call_costs_what_it_would_have_read_and_stops_nothing_else(
    action: str, without: Callable[[str], Estate], estate: Estate
) -> None:
    call = next(each for each in calls.CALLS if each.action == action)
    found = without(action)
    assert found.unread == (Unread(permission=action, cost=call.cost),)
    differs = {field for field in vars(found.around) if getattr(found.around, field) != getattr(estate.around, field)}
    differs |= {each for each in ("primary", "replicas", "caches") if getattr(found, each) != getattr(estate, each)}
    assert differs == LOSES[action]
    assert found.primary.described == estate.primary.described
    assert found.replicas.keys() == estate.replicas.keys()


# Refused action -> servers whose parameter group is only referred to then: what cannot be read is not changed.
REFERRED = {
    "rds:DescribeDBParameterGroups": {"primary"},
    "rds:DescribeDBParameters": {"primary"},
    "elasticache:DescribeCacheParameterGroups": {"main", "queue"},
    "elasticache:DescribeCacheParameters": {"main", "queue"},
}


def referred(estate: Estate) -> set[str]:
    """Servers of the stack's file whose parameter group it only refers to."""
    assert not [each for each in refusals(estate) if each.whole]
    file = written(estate, "shop", "live")
    assert not file.refusals
    sections = {"primary": file.config["data-tier:postgres"], **(file.config.get("data-tier:redis") or {})}
    groups = {key: each["existing"]["parameter_group"] for key, each in sections.items()}
    return {key for key, each in groups.items() if not each.get("managed", True)}


@pytest.mark.parametrize("action", sorted(LOSES))
def test_a_stack_s_file_is_written_all_the_same(action: str, without: Callable[[str], Estate], estate: Estate) -> None:
    found = without(action)
    servers = {"primary", *found.caches}
    assert referred(found) == (referred(estate) & servers) | REFERRED.get(action, set())
    assert list(live(found))


def test_the_table_of_refusals_has_every_action() -> None:
    elsewhere = {each.action for each in ONLY_WHERE_SOMETHING_IS_AMISS | ONLY_WHERE_THERE_IS_ONE}
    free = {each.action for each in calls.CALLS if each.free}
    assert {each.action for each in calls.CALLS} - elsewhere - free == LOSES.keys() | {calls.INSTANCES.action}


ROLE = "arn:aws:iam::000000000000:role/monitoring"


def test_what_a_tier_may_have_besides_is_found_and_nothing_of_others(hand_made: Intercepted, estate: Estate) -> None:
    arn, other = estate.primary.described["DBInstanceArn"], "arn:aws:rds:eu-west-1:000000000000:db:billing"
    primary = dict(estate.primary.described) | {
        "OptionGroupMemberships": [{"OptionGroupName": "orders-16", "Status": "in-sync"}],
        "MonitoringRoleArn": ROLE,
    }
    key = estate.around.keys[1]
    answers: dict[str, Answer] = {
        "DescribeDBInstances": {"DBInstances": [primary, dict(estate.replicas["reports"].described)]},
        "DescribeOptionGroups": {"OptionGroupsList": [{"OptionGroupName": name} for name in ("orders-16", "billing")]},
        "DescribeBlueGreenDeployments": {
            "BlueGreenDeployments": [
                {"Source": arn, "Status": "PROVISIONING"},
                {"Source": arn, "Status": "SWITCHOVER_COMPLETED"},
                {"Source": other, "Status": "AVAILABLE"},
            ]
        },
        "DescribePendingMaintenanceActions": {
            "PendingMaintenanceActions": [{"ResourceIdentifier": each} for each in (arn, other)]
        },
        "ListRoles": {
            "Roles": [
                {"RoleName": "monitoring", "Arn": ROLE},
                {"RoleName": "shop-live-bootstrap", "Arn": "arn:aws:iam::000000000000:role/shop-live-bootstrap"},
                {"RoleName": "billing", "Arn": "arn:aws:iam::000000000000:role/billing"},
            ]
        },
        "ListAliases": {"Aliases": [{"AliasName": "alias/shop-live-storage", "TargetKeyId": key["KeyId"]}]},
    }

    def besides(service: str, operation: str, region: str, asked: Mapping[str, Any]) -> Answer | None:
        return answers.get(operation) if region == REGION else None

    around = again(hand_made, besides).around
    assert [each["OptionGroupName"] for each in around.option_groups] == ["orders-16"]
    assert [each["Status"] for each in around.blue_green] == ["PROVISIONING"]
    assert [each["ResourceIdentifier"] for each in around.maintenance] == [arn]
    assert [each["RoleName"] for each in around.roles] == ["monitoring", "shop-live-bootstrap"]
    assert [each["Aliases"] for each in around.keys if each["KeyId"] == key["KeyId"]] == [["alias/shop-live-storage"]]


@pytest.mark.parametrize("call", sorted(ONLY_WHERE_SOMETHING_IS_AMISS, key=lambda each: each.action), ids=str)
def test_what_would_help_a_sentence_may_be_refused_too(call: calls.Call, hand_made: Intercepted) -> None:
    instance, caches = (PRIMARY, {"main": "order"}) if call == calls.SERVERLESS else ("order", {})
    with pytest.raises(AskedError, match=r"eu-west-1 has no (instance|cache) order"):
        read(hand_made.with_answers(refusing(call.action)), instance, caches, REGION, "shop-live")


def test_the_account_is_known_without_the_caller(hand_made: Intercepted, estate: Estate) -> None:
    """A VPC endpoint's policy may refuse what IAM does not."""
    found = again(hand_made, lambda _, operation, *__: refused() if operation == "GetCallerIdentity" else None)
    assert found.account == estate.account


def test_an_instance_that_alone_may_be_read_is_enough(hand_made: Intercepted, estate: Estate) -> None:
    def refuse(service: str, operation: str, region: str, asked: Mapping[str, Any]) -> Answer | None:
        return refused() if operation == "DescribeDBInstances" and "DBInstanceIdentifier" not in asked else None

    found = again(hand_made, refuse)
    assert (found.primary, found.replicas) == (estate.primary, estate.replicas)
    assert [each.permission for each in found.unread] == ["rds:DescribeDBInstances"]


def test_without_the_instance_there_is_nothing_to_adopt(hand_made: Intercepted) -> None:
    with pytest.raises(AskedError, match="allow rds:DescribeDBInstances"):
        again(hand_made, lambda _, operation, *__: refused() if operation == "DescribeDBInstances" else None)
