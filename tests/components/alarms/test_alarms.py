"""Alarms: on real ids, to the topic of their severity, one page per server."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pulumi
import pytest

from components.alarms.server_alarms import RULE_CHARACTERS, RULE_CHILDREN, Alarms, AlarmsArgs, pages
from components.alarms.target import AlarmTarget
from components.redis.replication_group import node_ids
from knowledge.alarms.spec import LOGS, AlarmSpec, Term

TOPICS = {"critical": "arn:critical", "warning": "arn:warning", "info": "arn:info"}
DOWN = AlarmSpec(
    key="down",
    metric="DatabaseConnections",
    namespace="AWS/RDS",
    statistic="Average",
    comparison="LessThanThreshold",
    threshold=0,
    period=60,
    evaluation_periods=5,
    datapoints=4,
    missing="breaching",
    severity="critical",
    meaning="It is down.",
    first_steps=("Look", "Think", "Act"),
    runbook="docs/runbooks/down.md",
    source="a source",
)
FULL = replace(DOWN, key="storage-low", metric="FreeStorageSpace", statistic="Minimum")
SLOW = replace(DOWN, key="slow", metric="ReadLatency", statistic="p90", severity="warning", missing="notBreaching")
CPU = replace(DOWN, key="cpu", metric="CPUUtilization", namespace="AWS/ElastiCache", severity="info")
LAG = replace(
    DOWN,
    key="lag",
    metric="ReplicaLag",
    terms=(
        Term(id="lag", metric="ReplicaLag", statistic="Maximum"),
        Term(id="ids", metric="MaximumUsedTransactionIDs", statistic="Maximum", of="primary"),
    ),
    expression="IF(RATE(ids) >= 2, lag, 0)",
)
BLOCKED = replace(
    DOWN,
    key="blocked",
    severity="warning",
    metric="BlockedTransactions",
    terms=(Term(id="blocked", metric="db.Transactions.blocked_transactions.avg", statistic="Average", of="insights"),),
)
LOGGED = replace(
    DOWN, key="deadlocks", metric="Deadlocks", namespace=LOGS, severity="warning", pattern='"]:ERROR:  deadlock"'
)


def instance(**more: Any) -> AlarmTarget:
    given: dict[str, Any] = {"dimension": "DBInstanceIdentifier", "id": "crm-dev", "alarms": (DOWN,)}
    return AlarmTarget(**(given | more))


def test_an_alarm_over_two_servers(record: Any) -> None:
    target = instance(id="crm-dev-standby", alarms=(LAG,), primary=pulumi.Output.from_input("crm-dev"))
    args = AlarmsArgs(prefix="crm-dev", targets={"standby": target}, topic_arns=TOPICS)
    inputs = record(lambda: Alarms("alarms", args))["alarms-standby-lag"].inputs
    assert {"namespace", "metricName", "dimensions", "period", "statistic"} & set(inputs) == set()
    assert inputs["metricQueries"] == [
        query("lag", "ReplicaLag", "crm-dev-standby"),
        query("ids", "MaximumUsedTransactionIDs", "crm-dev"),
        {"id": "watched", "expression": LAG.expression, "label": "ReplicaLag", "returnData": True},
    ]


def query(identity: str, metric: str, server: str) -> dict[str, Any]:
    return {
        "id": identity,
        "metric": {
            "namespace": "AWS/RDS",
            "metricName": metric,
            "dimensions": {"DBInstanceIdentifier": server},
            "period": 60,
            "stat": "Maximum",
        },
        "returnData": False,
    }


def test_a_counter_of_insights(record: Any) -> None:
    target = instance(alarms=(BLOCKED,), resource_id=pulumi.Output.from_input("db-ABC"))
    args = AlarmsArgs(prefix="crm-dev", targets={"primary": target}, topic_arns=TOPICS)
    expression = "DB_PERF_INSIGHTS('RDS', 'db-ABC', 'db.Transactions.blocked_transactions.avg')"
    assert record(lambda: Alarms("alarms", args))["alarms-primary-blocked"].inputs["metricQueries"] == [
        {
            "id": "blocked",
            "expression": expression,
            "label": "BlockedTransactions",
            "period": 60,
            "returnData": True,
        }
    ]


def test_what_is_counted_in_the_log(record: Any) -> None:
    target = instance(alarms=(DOWN, LOGGED), log_group="/aws/rds/instance/crm-dev/postgresql")
    args = AlarmsArgs(prefix="crm-dev", targets={"primary": target}, topic_arns=TOPICS, region="eu-central-1")
    seen = record(lambda: Alarms("alarms", args))
    assert seen["alarms-primary-deadlocks-filter"].parent == "alarms"
    assert seen["alarms-primary-deadlocks-filter"].inputs == {
        "logGroupName": "/aws/rds/instance/crm-dev/postgresql",
        "metricTransformation": {
            "defaultValue": "0",
            "name": "Deadlocks",
            "namespace": "data-tier/crm-dev",
            "unit": "Count",
            "value": "1",
        },
        "name": "deadlocks",
        "pattern": LOGGED.pattern,
        "region": "eu-central-1",
    }
    alarm = seen["alarms-primary-deadlocks"].inputs
    assert (alarm["namespace"], alarm["metricName"], alarm.get("dimensions")) == (
        "data-tier/crm-dev",
        "Deadlocks",
        None,
    )
    assert {each.inputs["region"] for each in seen.resources if each.type.startswith("aws:")} == {"eu-central-1"}
    assert len(seen.of("LogMetricFilter")) == 1


def test_the_primarys_fault_is_not_one_more_page(record: Any) -> None:
    targets = {
        "primary": instance(),
        "standby": instance(id="crm-dev-standby", silenced_by="primary-down"),
        "main-1": AlarmTarget(dimension="CacheClusterId", id="a", alarms=(DOWN, FULL), page="main"),
        "main-2": AlarmTarget(dimension="CacheClusterId", id="b", alarms=(DOWN, CPU), page="main"),
    }
    seen = record(lambda: Alarms("alarms", AlarmsArgs(prefix="p", targets=targets, topic_arns=TOPICS)))
    found = seen.of("CompositeAlarm")
    assert {name: each.inputs["alarmRule"] for name, each in found.items()} == {
        "alarms-primary-page": 'ALARM("p-primary-down")',
        "alarms-standby-page": 'ALARM("p-standby-down")',
        "alarms-main-page": 'ALARM("p-main-1-down") OR ALARM("p-main-1-storage-low") OR ALARM("p-main-2-down")',
    }
    assert {name: each.inputs.get("actionsSuppressor") for name, each in found.items()} == {
        "alarms-primary-page": None,
        "alarms-standby-page": {"alarm": "p-primary-down", "waitPeriod": 180, "extensionPeriod": 180},
        "alarms-main-page": None,
    }


def test_a_page_of_armed_alarms_stays_within_what_a_composite_alarm_takes() -> None:
    down = replace(DOWN, armed_by=FULL.key)
    nodes = {
        f"shop-{number}": AlarmTarget(
            dimension="CacheClusterId", id="x", alarms=(down, replace(FULL, missing="ignore")), page="shop"
        )
        for number in range(60)
    }
    found = pages(nodes)
    assert sorted(name for names in found.values() for name in names) == sorted(
        f"{node}-{key}" for node in nodes for key in (down.key, FULL.key)
    )
    longest = "x" * 63
    for names in found.values():
        both = [f'(ALARM("{longest}{n}") AND NOT INSUFFICIENT_DATA("{longest}{n}"))' for n in names]
        rule = [
            text if name.endswith(down.key) else f'ALARM("{longest}{name}")'
            for name, text in zip(names, both, strict=True)
        ]
        assert len(" OR ".join(rule)) <= RULE_CHARACTERS
        assert sum(2 if name.endswith(down.key) else 1 for name in names) <= RULE_CHILDREN


@pytest.mark.parametrize(
    ("alarms", "message"),
    [
        ((replace(DOWN, armed_by="nothing"),), "not one of its alarms with missing data ignored"),
        ((replace(DOWN, armed_by=FULL.key), FULL), "not one of its alarms with missing data ignored"),
        (
            (replace(DOWN, armed_by=FULL.key, severity="warning"), replace(FULL, missing="ignore")),
            "no page that could ask for both",
        ),
    ],
)
def test_what_cannot_arm_an_alarm_is_refused(alarms: tuple[AlarmSpec, ...], message: str) -> None:
    target = AlarmTarget(dimension="CacheClusterId", id="x", alarms=alarms)
    with pytest.raises(ValueError, match=message):
        AlarmsArgs(prefix="shop-live", targets={"queue-1": target}, topic_arns=TOPICS)


def test_a_page_stays_within_what_a_composite_alarm_takes() -> None:
    nodes = {
        f"sharded-{number}": AlarmTarget(dimension="CacheClusterId", id="x", alarms=(DOWN, FULL), page="sharded")
        for number in range(90)
    }
    found = pages(nodes)
    assert list(found) == ["sharded", "sharded-2"]
    assert sum(map(len, found.values())) == 180
    longest = "x" * 63
    for names in found.values():
        assert len(names) <= RULE_CHILDREN
        assert len(" OR ".join(f'ALARM("{longest}{name}")' for name in names)) <= RULE_CHARACTERS


def test_alarms_of_two_servers(record: Any) -> None:
    nodes = node_ids(pulumi.Output.from_input(["node-b", "node-a"]), 2)
    targets = {
        "primary": AlarmTarget(
            dimension="DBInstanceIdentifier", id=pulumi.Output.from_input("crm-dev"), alarms=(DOWN, FULL, SLOW)
        ),
        "main-1": AlarmTarget(dimension="CacheClusterId", id=nodes[0], alarms=(CPU,)),
        "main-2": AlarmTarget(dimension="CacheClusterId", id=nodes[1], alarms=(CPU,)),
    }
    seen = record(lambda: Alarms("alarms", AlarmsArgs(prefix="crm-dev", targets=targets, topic_arns=TOPICS)))
    assert seen.listing == [
        ("Alarms", "alarms", ""),
        ("CompositeAlarm", "alarms-primary-page", "alarms"),
        ("MetricAlarm", "alarms-main-1-cpu", "alarms"),
        ("MetricAlarm", "alarms-main-2-cpu", "alarms"),
        ("MetricAlarm", "alarms-primary-down", "alarms"),
        ("MetricAlarm", "alarms-primary-slow", "alarms"),
        ("MetricAlarm", "alarms-primary-storage-low", "alarms"),
    ]
    assert seen["alarms-primary-down"].inputs == {
        # The page speaks for it; as a symptom it goes where warnings go.
        "alarmActions": ["arn:warning"],
        "okActions": ["arn:warning"],
        "alarmDescription": DOWN.description,
        "comparisonOperator": "LessThanThreshold",
        "datapointsToAlarm": 4,
        "dimensions": {"DBInstanceIdentifier": "crm-dev"},
        "evaluationPeriods": 5,
        "metricName": "DatabaseConnections",
        "name": "crm-dev-primary-down",
        "namespace": "AWS/RDS",
        "period": 60,
        "statistic": "Average",
        "threshold": 0,
        "treatMissingData": "breaching",
    }
    slow = seen["alarms-primary-slow"].inputs
    assert (slow["extendedStatistic"], slow.get("statistic"), slow["alarmActions"]) == ("p90", None, ["arn:warning"])
    assert [seen[f"alarms-main-{n}-cpu"].inputs["dimensions"] for n in (1, 2)] == [
        {"CacheClusterId": "node-a", "CacheNodeId": "0001"},
        {"CacheClusterId": "node-b", "CacheNodeId": "0001"},
    ]
    assert seen["alarms-main-1-cpu"].inputs["alarmActions"] == ["arn:info"]
    page = seen["alarms-primary-page"].inputs
    assert page["alarmRule"] == 'ALARM("crm-dev-primary-down") OR ALARM("crm-dev-primary-storage-low")'
    assert (page["alarmActions"], page["okActions"]) == (["arn:critical"], ["arn:critical"])
    assert page["alarmName"] == "crm-dev-primary-page"


@pytest.mark.parametrize(
    ("alarms", "topics", "message"),
    [
        ((DOWN, DOWN), TOPICS, "two alarms named down"),
        ((CPU,), {"critical": "arn", "warning": "arn"}, "for topic info, which"),
        ((DOWN,), {"critical": "arn"}, "for topic warning, which"),
        ((LAG,), TOPICS, "looks at its primary, which is not given"),
        ((BLOCKED,), TOPICS, "Database Insights, and no resource_id"),
        ((LOGGED,), TOPICS, "on its log, and no log_group"),
    ],
)
def test_refused(alarms: Any, topics: dict[str, str], message: str) -> None:
    targets = {"primary": AlarmTarget(dimension="DBInstanceIdentifier", id="x", alarms=alarms)}
    with pytest.raises(ValueError, match=message):
        AlarmsArgs(prefix="p", targets=targets, topic_arns=topics)


def test_silence_needs_a_reason() -> None:
    with pytest.raises(ValueError, match="silenced by primary-gone, which is not an alarm of these targets"):
        AlarmsArgs(prefix="p", targets={"standby": instance(silenced_by="primary-gone")}, topic_arns=TOPICS)


def test_nodes_changed_by_hand_are_explained(record: Any) -> None:
    async def program() -> None:
        await node_ids(pulumi.Output.from_input(["node-a"]), 2)[1].future()

    with pytest.raises(pulumi.RunError, match=r"has the nodes node-a, and the stack declares 2.*pulumi refresh"):
        record(program)
