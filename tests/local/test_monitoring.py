"""Dashboards, metric filters, expressions and pages in the real emulator: made, found again, changed, removed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from local_stack import declare

from local.emulator import Emulator
from local.handlers.base import RunContext, daemon
from local.handlers.monitoring import metric_query
from local.handlers.registry import HANDLERS
from local.state import Entry, StateDir

pytestmark = pytest.mark.server
GROUP, FILTER = "aws:cloudwatch/logGroup:LogGroup", "aws:cloudwatch/logMetricFilter:LogMetricFilter"
DASHBOARD, ALARM = "aws:cloudwatch/dashboard:Dashboard", "aws:cloudwatch/metricAlarm:MetricAlarm"
PAGE = "aws:cloudwatch/compositeAlarm:CompositeAlarm"


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    state = StateDir(tmp_path_factory.mktemp("monitoring"), "test")
    with state.lock():
        made = Emulator(state, "eu-west-1", daemon(state, "emulator"))
        made.start()
        yield made
        made.close()
        made.stop()


def ensure(emulator: Emulator, kind: str, inputs: dict[str, Any], previous: Entry | None = None) -> Any:
    context = RunContext(emulator.state, "eu-west-1", emulator)
    return HANDLERS[kind].ensure(context, declare(kind, "it", inputs), previous)


def remove(emulator: Emulator, kind: str, made: Any) -> None:
    entry: Any = {"id": made.id, "name": "it", "outputs": made.outputs}
    HANDLERS[kind].remove(RunContext(emulator.state, "eu-west-1", emulator), entry)


def test_a_filter(emulator: Emulator) -> None:
    ensure(emulator, GROUP, {"name": "/aws/rds/instance/t/postgresql"})
    said = {"namespace": "data-tier/t", "name": "Deadlocks", "value": "1", "defaultValue": "0", "unit": "Count"}
    inputs = {
        "name": "deadlocks",
        "logGroupName": "/aws/rds/instance/t/postgresql",
        "pattern": '"deadlock"',
        "metricTransformation": said,
    }
    made = ensure(emulator, FILTER, inputs)
    assert (made.id, made.outcome) == ("/aws/rds/instance/t/postgresql:deadlocks", "created")
    assert ensure(emulator, FILTER, inputs | {"pattern": '"deadlock detected"'}).outcome == "updated"
    (found,) = emulator.client("logs").describe_metric_filters()["metricFilters"]
    transformed = {"metricNamespace": "data-tier/t", "metricName": "Deadlocks", "metricValue": "1"}
    assert found["filterPattern"] == '"deadlock detected"'
    assert found["metricTransformations"] == [transformed | {"defaultValue": 0.0, "unit": "Count"}]
    remove(emulator, FILTER, made)
    assert emulator.client("logs").describe_metric_filters()["metricFilters"] == []


def test_a_dashboard(emulator: Emulator) -> None:
    inputs = {"dashboardName": "t", "dashboardBody": json.dumps({"widgets": []})}
    made = ensure(emulator, DASHBOARD, inputs)
    assert (made.id, made.outcome) == ("t", "created")
    assert made.outputs["dashboardArn"] == "arn:aws:cloudwatch::000000000000:dashboard/t"
    body = json.dumps({"widgets": [{"type": "text", "properties": {"markdown": "x"}}]})
    assert ensure(emulator, DASHBOARD, inputs | {"dashboardBody": body}).outcome == "updated"
    assert emulator.client("cloudwatch").get_dashboard(DashboardName="t")["DashboardBody"] == body
    remove(emulator, DASHBOARD, made)
    assert emulator.client("cloudwatch").list_dashboards()["DashboardEntries"] == []


def test_an_expression_and_the_page_it_silences(emulator: Emulator) -> None:
    """The emulator takes both and keeps the alarms; expression and suppressor it drops (ministack 1.4)."""
    query = {
        "id": "lag",
        "metric": {
            "namespace": "AWS/RDS",
            "metricName": "ReplicaLag",
            "dimensions": {"DBInstanceIdentifier": "t"},
            "period": 60.0,
            "stat": "Maximum",
        },
        "returnData": True,
    }
    assert metric_query(query) == {
        "Id": "lag",
        "ReturnData": True,
        "MetricStat": {
            "Metric": {
                "Namespace": "AWS/RDS",
                "MetricName": "ReplicaLag",
                "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": "t"}],
            },
            "Period": 60,
            "Stat": "Maximum",
        },
    }
    counter = {"id": "blocked", "expression": "DB_PERF_INSIGHTS('RDS', 'db-A', 'x.avg')", "period": 60.0}
    assert metric_query(counter) == {"Id": "blocked", "Expression": counter["expression"], "Period": 60}
    common = {"comparisonOperator": "GreaterThanThreshold", "evaluationPeriods": 5.0, "threshold": 1}
    ensure(emulator, ALARM, {"name": "t-lag", "metricQueries": [query], **common})
    silence = {"alarm": "t-lag", "waitPeriod": 180.0, "extensionPeriod": 180.0}
    page = ensure(emulator, PAGE, {"alarmName": "t-page", "alarmRule": 'ALARM("t-lag")', "actionsSuppressor": silence})
    assert page.id == "t-page"
    client = emulator.client("cloudwatch")
    client.set_alarm_state(AlarmName="t-lag", StateValue="ALARM", StateReason="a test")
    (found,) = client.describe_alarms(AlarmNames=["t-lag"])["MetricAlarms"]
    assert (found["StateValue"], found["EvaluationPeriods"], found["Threshold"]) == ("ALARM", 5, 1.0)
