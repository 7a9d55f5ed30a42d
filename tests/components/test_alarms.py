"""Alarms: on real ids, to the topic of their severity, one page per server."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pulumi
import pytest

from components.alarms import Alarms, AlarmsArgs, AlarmTarget
from components.redis import node_ids
from components.sizing.thresholds import AlarmSpec

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


def test_alarms_of_two_servers(record: Any) -> None:
    nodes = node_ids(pulumi.Output.from_input(["node-b", "node-a"]), 2)
    targets = {
        "primary": AlarmTarget(
            dimension="DBInstanceIdentifier", id=pulumi.Output.from_input("tmi-dev"), alarms=(DOWN, FULL, SLOW)
        ),
        "main-1": AlarmTarget(dimension="CacheClusterId", id=nodes[0], alarms=(CPU,)),
        "main-2": AlarmTarget(dimension="CacheClusterId", id=nodes[1], alarms=(CPU,)),
    }
    seen = record(lambda: Alarms("alarms", AlarmsArgs(prefix="tmi-dev", targets=targets, topic_arns=TOPICS)))
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
        "dimensions": {"DBInstanceIdentifier": "tmi-dev"},
        "evaluationPeriods": 5,
        "metricName": "DatabaseConnections",
        "name": "tmi-dev-primary-down",
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
    assert page["alarmRule"] == 'ALARM("tmi-dev-primary-down") OR ALARM("tmi-dev-primary-storage-low")'
    assert (page["alarmActions"], page["okActions"]) == (["arn:critical"], ["arn:critical"])
    assert page["alarmName"] == "tmi-dev-primary-page"


@pytest.mark.parametrize(
    ("alarms", "topics", "message"),
    [
        ((DOWN, DOWN), TOPICS, "two alarms named down"),
        ((CPU,), {"critical": "arn", "warning": "arn"}, "for topic info, which"),
        ((DOWN,), {"critical": "arn"}, "for topic warning, which"),
    ],
)
def test_refused(alarms: Any, topics: dict[str, str], message: str) -> None:
    targets = {"primary": AlarmTarget(dimension="DBInstanceIdentifier", id="x", alarms=alarms)}
    with pytest.raises(ValueError, match=message):
        AlarmsArgs(prefix="p", targets=targets, topic_arns=topics)


def test_nodes_changed_by_hand_are_explained(record: Any) -> None:
    async def program() -> None:
        await node_ids(pulumi.Output.from_input(["node-a"]), 2)[1].future()

    with pytest.raises(ValueError, match=r"has the nodes node-a, and the stack declares 2.*pulumi refresh"):
        record(program)
