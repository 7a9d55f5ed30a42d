"""The dashboard: every metric that is watched, thresholds as lines, within what CloudWatch documents of a body."""

from __future__ import annotations

import json
from typing import Any

import pytest
from dashboard_schema import problems

from components.alarms.dashboard import Dashboard, DashboardArgs, address
from components.alarms.target import AlarmTarget
from knowledge.alarms.catalogue import postgres_alarms, redis_alarms
from knowledge.alarms.dashboard import AlarmedServers, GraphedServer, body
from knowledge.alarms.spec import AlarmSpec
from knowledge.classes import cache_class, rds_class
from knowledge.storage import Volume

REPLICA = postgres_alarms(
    rds_class("db.r7g.large"),
    Volume(allocated=100),
    max_connections=400,
    max_allocated_gib=1000,
    replica=True,
    lag_critical_seconds=1,
)
NODE = redis_alarms(cache_class("cache.r7g.large"), eviction="volatile-lru", replicas=1, cluster_mode=True)


def row(alarms: tuple[AlarmSpec, ...] = REPLICA, count: int = 1) -> AlarmedServers:
    dimension = "DBInstanceIdentifier" if alarms is REPLICA else "CacheClusterId"
    servers = [GraphedServer(label=f"s{n}", id=f"id-{n}", primary="crm-prod", resource_id="db-A") for n in range(count)]
    arns = tuple(f"arn:{n}:{alarm.key}" for n in range(count) for alarm in alarms)
    return AlarmedServers(title="standby", dimension=dimension, servers=tuple(servers), alarms=alarms, arns=arns)


def graph(made: dict[str, Any], metric: str) -> dict[str, Any]:
    found = [each["properties"] for each in made["widgets"] if each["properties"].get("title") == f"standby: {metric}"]
    assert len(found) == 1
    return dict(found[0])


def test_lag_with_its_limit_and_what_replication_is_designed_for() -> None:
    assert graph(body("eu-west-1", "crm-prod", [row()], []), "ReplicaLag") == {
        "title": "standby: ReplicaLag",
        "region": "eu-west-1",
        "view": "timeSeries",
        "stacked": False,
        "metrics": [
            [
                "AWS/RDS",
                "ReplicaLag",
                "DBInstanceIdentifier",
                "id-0",
                {"id": "lag0", "label": "s0 ReplicaLag", "stat": "Maximum", "period": 60, "visible": True},
            ],
            [
                "AWS/RDS",
                "MaximumUsedTransactionIDs",
                "DBInstanceIdentifier",
                "crm-prod",
                {
                    "id": "ids0",
                    "label": "s0 MaximumUsedTransactionIDs",
                    "stat": "Maximum",
                    "period": 60,
                    "visible": False,
                },
            ],
            [
                {
                    "expression": "IF((RATE(ids0) >= 2) OR (lag0 > 360), lag0, 0)",
                    "label": "s0, watched",
                    "id": "watched0",
                }
            ],
        ],
        "annotations": {
            "horizontal": [
                {"label": "replica-lag", "value": 1.0, "color": "#d13212", "fill": "above"},
                {"label": "designed for", "value": 0.1, "color": "#1d8102", "fill": "none"},
            ]
        },
    }


def test_a_graph_for_each_metric_with_both_thresholds() -> None:
    made = body("eu-west-1", "crm-prod", [row(), row(NODE, 3)], ["arn:page"])
    titles = [each["properties"]["title"].partition(": ")[2] for each in made["widgets"] if each["type"] == "metric"]
    assert titles == [*dict.fromkeys(alarm.metric for alarm in REPLICA), *dict.fromkeys(alarm.metric for alarm in NODE)]
    lines = graph(body("eu-west-1", "t", [row()], []), "DatabaseConnections")["annotations"]["horizontal"]
    assert [(each["label"], each["value"], each["fill"]) for each in lines] == [
        ("connections-critical", 360.0, "above"),
        ("connections-high", 320.0, "above"),
    ]
    node = graph(body("eu-west-1", "t", [row(NODE, 3)], []), "CPUUtilization")["metrics"]
    assert [each[:-1] for each in node] == [
        ["AWS/ElastiCache", "CPUUtilization", "CacheClusterId", f"id-{n}", "CacheNodeId", "0001"] for n in range(3)
    ]
    slow = graph(body("eu-west-1", "t", [row()], []), "SlowQueries")["metrics"]
    assert [each[:-1] for each in slow] == [["data-tier/id-0", "SlowQueries"]]
    states = [each["properties"] for each in made["widgets"] if each["type"] == "alarm"]
    assert [each["title"] for each in states] == ["Pages of crm-prod", "standby", "standby"]
    assert [len(each["alarms"]) for each in states] == [1, len(REPLICA), 3 * len(NODE)]


@pytest.mark.parametrize(
    ("nodes", "metrics", "title"),
    [
        (3, 13, "standby"),
        (100, 13, "standby"),
        (139, 3, "standby"),  # the critical ones alone: one graph takes 500 lines, a dashboard 2500
        (500, 3, "standby"),
        (900, 3, "standby, 500 of 900"),
    ],
)
def test_very_many_nodes(nodes: int, metrics: int, title: str) -> None:
    made = body("eu-west-1", "crm-prod", [row(NODE, nodes)], [])
    assert problems(made) == []
    graphs = [each["properties"]["title"] for each in made["widgets"] if each["type"] == "metric"]
    assert len(graphs) == metrics
    assert {each.partition(":")[0] for each in graphs} == {title}


def test_two_rows_share_what_a_dashboard_takes() -> None:
    made = body("eu-west-1", "crm-prod", [row(NODE, 120), row(NODE, 120), row(NODE, 300)], [])
    assert problems(made) == []
    titles = {each["properties"]["title"].partition(":")[0] for each in made["widgets"] if each["type"] == "metric"}
    assert titles == {"standby", "standby, 73 of 300"}


def test_the_check_finds_what_is_wrong() -> None:
    made = body("eu-west-1", "crm-prod", [row()], ["arn"])
    made["widgets"][3] |= {"x": 25}
    made["widgets"][4]["properties"]["metrics"][0][-1]["period"] = 61
    made["widgets"][5]["properties"]["annotations"]["horizontal"][0]["colour"] = "red"
    assert {each.partition(" ")[0] for each in problems(made)} >= {"place", "period", "no"}


def test_of_a_component(record: Any) -> None:
    target = AlarmTarget(
        dimension="DBInstanceIdentifier", id="id-0", alarms=REPLICA, primary="p", resource_id="db-A", log_group="g"
    )
    arns = {f"standby-{alarm.key}": f"arn:{alarm.key}" for alarm in REPLICA}
    args = DashboardArgs(
        name="crm-prod",
        region="eu-west-1",
        targets={"standby": target},
        alarm_arns=arns,
        page_arns={"standby": "arn:p"},
    )
    seen = record(lambda: Dashboard("dashboard", args))
    assert seen.listing == [("Dashboard", "dashboard", ""), ("Dashboard", "dashboard-dashboard", "dashboard")]
    servers = (GraphedServer(label="standby", id="id-0", primary="p", resource_id="db-A"),)
    expected = AlarmedServers(
        title="standby", dimension="DBInstanceIdentifier", servers=servers, alarms=REPLICA, arns=tuple(arns.values())
    )
    parsed = json.loads(seen["dashboard-dashboard"].inputs["dashboardBody"])
    assert parsed == body("eu-west-1", "crm-prod", [expected], ["arn:p"])


@pytest.mark.parametrize(
    ("partition", "host"),
    [
        ("aws", "eu-west-1.console.aws.amazon.com"),
        ("aws-cn", "console.amazonaws.cn"),
        ("aws-us-gov", "console.amazonaws-us-gov.com"),
    ],
)
def test_address(partition: str, host: str) -> None:
    expected = f"https://{host}/cloudwatch/home?region=eu-west-1#dashboards/dashboard/x"
    assert address("eu-west-1", partition, "x") == expected


@pytest.mark.parametrize("name", ["", "a b", "x" * 256])
def test_refused(name: str) -> None:
    with pytest.raises(ValueError, match="1 to 255 letters"):
        DashboardArgs(name=name, region="r", targets={}, alarm_arns={}, page_arns={})
