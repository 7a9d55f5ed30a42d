"""What stands around a database as the provider reads it for an import: ids, names and inputs of each type."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from botocore_shape import described
from described_around import APP, alarm, log_group, secret, security_group, subscription, topic
from described_rds import ACCOUNT, GROUP, KEY, REGION, VPC, replica, running
from tiers import tier

from adopt.estate import Estate
from adopt.live import access, logs, notified
from adopt.live.instances import instances
from adopt.live.resource import LiveResource

FAR = "eu-central-1"
ROLE = described(
    "iam",
    "Role",
    {
        "Path": "/",
        "RoleName": "shop-live-monitoring",
        "RoleId": "AROA0123456789ABCDEFG",
        "Arn": f"arn:aws:iam::{ACCOUNT}:role/shop-live-monitoring",
        "CreateDate": "2024-01-01",
        "MaxSessionDuration": 3600,
        "AssumeRolePolicyDocument": "{}",
    },
)
MATH = {
    "Id": "m1",
    "MetricStat": {
        "Metric": {
            "Namespace": "AWS/RDS",
            "MetricName": "ReadIOPS",
            "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": "orders"}],
        },
        "Period": 60,
        "Stat": "Sum",
    },
    "ReturnData": True,
}


def replaced(given: dict[str, Any], text: str, by: str) -> dict[str, Any]:
    """The same thing elsewhere."""
    return {
        key: value.replace(text, by) if isinstance(value, str) and key != "kmsKeyId" else value
        for key, value in given.items()
    }


def around(**differs: Any) -> Estate:
    return tier(replicas={}, around=differs)


ROWS: tuple[tuple[Callable[[Estate], Iterator[LiveResource]], dict[str, Any], str, str, str, dict[str, Any]], ...] = (
    (
        access.aliases,
        {"keys": ({"Arn": KEY, "KeyId": "0a1b", "Aliases": ["alias/shop-live-storage"]},)},
        "alias/shop-live-storage",
        "alias/shop-live-storage",
        REGION,
        {"name": "alias/shop-live-storage", "targetKeyId": "0a1b"},
    ),
    (
        access.roles,
        {"roles": (ROLE,), "tags": {ROLE["Arn"]: {"team": "fulfilment"}}},
        "shop-live-monitoring",
        "shop-live-monitoring",
        REGION,
        {
            "assumeRolePolicy": "{}",
            "maxSessionDuration": 3600,
            "name": "shop-live-monitoring",
            "path": "/",
            "tags": {"team": "fulfilment"},
        },
    ),
    (
        access.secrets,
        {"secrets": (secret(KmsKeyId=KEY, Tags=[{"Key": "team", "Value": "fulfilment"}]),)},
        f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:orders/orders_root-AbCdEf",
        "orders/orders_root",
        REGION,
        {"kmsKeyId": KEY, "name": "orders/orders_root", "tags": {"team": "fulfilment"}},
    ),
    (
        access.security_groups,
        {"security_groups": (security_group(),)},
        GROUP,
        "orders-db",
        REGION,
        {
            "description": "Orders",
            "egress": [{"cidrBlocks": ["0.0.0.0/0"], "fromPort": 0, "protocol": "-1", "toPort": 0}],
            "ingress": [{"fromPort": 5433, "protocol": "tcp", "securityGroups": [APP], "toPort": 5433}],
            "name": "orders-db",
            "vpcId": VPC,
        },
    ),
    (
        logs.log_groups,
        {"log_groups": (replaced(log_group(retentionInDays=90, kmsKeyId=KEY), f":{REGION}:", f":{FAR}:"),)},
        f"/aws/rds/instance/orders/postgresql@{FAR}",
        "/aws/rds/instance/orders/postgresql",
        FAR,
        {
            "kmsKeyId": KEY,
            "logGroupClass": "STANDARD",
            "name": "/aws/rds/instance/orders/postgresql",
            "retentionInDays": 90,
        },
    ),
    (
        notified.topics,
        {"topics": (topic("orders-oncall", key=KEY),)},
        f"arn:aws:sns:{REGION}:{ACCOUNT}:orders-oncall",
        "orders-oncall",
        REGION,
        {"kmsMasterKeyId": KEY, "name": "orders-oncall"},
    ),
    (
        notified.subscriptions,
        {"event_subscriptions": (subscription(),)},
        "orders-events",
        "orders-events",
        REGION,
        {
            "enabled": True,
            "eventCategories": ["failure", "failover"],
            "name": "orders-events",
            "snsTopic": f"arn:aws:sns:{REGION}:{ACCOUNT}:orders-events",
            "sourceIds": ["orders"],
            "sourceType": "db-instance",
        },
    ),
    (
        notified.alarms,
        {
            "alarms": (
                alarm(Metrics=[MATH], MetricName=None, Statistic=None, Dimensions=[], Namespace=None, Period=None),
            )
        },
        "orders-cpu",
        "orders-cpu",
        REGION,
        {
            "actionsEnabled": True,
            "alarmActions": [f"arn:aws:sns:{REGION}:{ACCOUNT}:orders-oncall"],
            "comparisonOperator": "GreaterThanThreshold",
            "evaluationPeriods": 3,
            "metricQueries": [
                {
                    "id": "m1",
                    "metric": {
                        "dimensions": {"DBInstanceIdentifier": "orders"},
                        "metricName": "ReadIOPS",
                        "namespace": "AWS/RDS",
                        "period": 60,
                        "stat": "Sum",
                    },
                    "returnData": True,
                }
            ],
            "name": "orders-cpu",
            "threshold": 90.0,
            "treatMissingData": "missing",
        },
    ),
)


@pytest.mark.parametrize(("read", "there", "id_", "name", "region", "inputs"), ROWS, ids=lambda each: str(each)[:20])
def test_a_thing_around_a_database(
    read: Callable[[Estate], Iterator[LiveResource]],
    there: dict[str, Any],
    id_: str,
    name: str,
    region: str,
    inputs: dict[str, Any],
) -> None:
    (found,) = read(around(**there))
    assert (found.id, found.name, found.region) == (id_, name, region)
    assert {key: value for key, value in found.inputs.items() if value not in (None, False, "", [], {})} == inputs


def test_an_instance_is_imported_by_what_rds_knows_it_by_for_good_and_a_group_of_two_comes_once() -> None:
    far = running(replica("orders-dr", ReadReplicaSourceDBInstanceIdentifier="arn:aws:rds:x:y:db:orders"), region=FAR)
    whole = tier()
    found = list(instances(replace(whole, replicas={**whole.replicas, "dr": far})))
    assert [(each.id, each.name, each.region) for each in found] == [
        ("orders-pg16", "orders-pg16", REGION),
        ("db-ORDERSABCDEFGHIJKLMNOPQ", "orders", REGION),
        ("orders-reports-pg16", "orders-reports-pg16", REGION),
        ("db-ORDERSREPORTSABCDEFGHIJKLMNOPQ", "orders-reports", REGION),
        ("db-ORDERSSTANDBYABCDEFGHIJKLMNOPQ", "orders-standby", REGION),
        (f"orders-pg16@{FAR}", "orders-pg16", FAR),
        (f"db-ORDERSDRABCDEFGHIJKLMNOPQ@{FAR}", "orders-dr", FAR),
    ]
    assert sorted(found[0].inputs["parameters"], key=lambda each: str(each["name"])) == [
        {"applyMethod": "pending-reboot", "name": "max_connections", "value": "400"},
        {"applyMethod": "immediate", "name": "statement_timeout", "value": "60000"},
        {"applyMethod": "immediate", "name": "work_mem", "value": "8192"},
    ]
    assert found[1].outputs == {
        "address": "orders.abcdefghijkl.eu-west-1.rds.amazonaws.com",
        "arn": f"arn:aws:rds:{REGION}:{ACCOUNT}:db:orders",
        "endpoint": "orders.abcdefghijkl.eu-west-1.rds.amazonaws.com:5433",
        "engineVersionActual": "16.9",
        "hostedZoneId": "Z29XKXDKYMONMX",
        "resourceId": "db-ORDERSABCDEFGHIJKLMNOPQ",
        "status": "available",
    }
    assert not {"password", "applyImmediately", "finalSnapshotIdentifier"} & found[1].inputs.keys()
