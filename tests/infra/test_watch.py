"""What a stack's settings give to its alarms: pages, what silences them, and thresholds that follow the parameters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from clinic_project import CLINIC, NAME
from recorded_program import recorded

from infra.instances import instances
from infra.load import load_settings
from infra.settings.stackfile import read_stack

ROOT = Path(__file__).parents[2]
PAGE, ALARM = "aws:cloudwatch/compositeAlarm:CompositeAlarm", "aws:cloudwatch/metricAlarm:MetricAlarm"


@pytest.fixture(scope="module")
def prod() -> dict[str, dict[str, Any]]:
    made = recorded("prod", read_stack(CLINIC, "prod"))
    return {each.name: dict(each.inputs) for each in made.resources if each.type in (PAGE, ALARM)}


def test_pages_and_what_silences_them(prod: dict[str, dict[str, Any]]) -> None:
    pages = {name: each.get("actionsSuppressor", {}).get("alarm") for name, each in prod.items() if "alarmRule" in each}
    assert pages == {
        "alarms-primary-page": None,
        "alarms-standby-page": "clinic-prod-primary-down",
        "alarms-reporting-page": "clinic-prod-primary-down",
        "alarms-main-page": None,
        "alarms-queue-page": None,
    }
    rule = prod["alarms-main-page"]["alarmRule"]
    assert all(f'ALARM("clinic-prod-main-{node}-down")' in rule for node in (1, 2, 3))


def test_lag_looks_at_the_primary(prod: dict[str, dict[str, Any]]) -> None:
    queries = prod["alarms-standby-replica-lag"]["metricQueries"]
    assert [each["metric"]["dimensions"] for each in queries[:2]] == [
        {"DBInstanceIdentifier": "clinic-prod-standby"},
        {"DBInstanceIdentifier": "clinic-prod"},
    ]
    insights = prod["alarms-standby-sessions-blocked"]["metricQueries"][0]["expression"]
    assert insights.startswith("DB_PERF_INSIGHTS('RDS', 'db-")
    assert insights != prod["alarms-primary-sessions-blocked"]["metricQueries"][0]["expression"]


@pytest.mark.parametrize(
    ("postgres", "key", "threshold"),
    [
        ({}, "slow-queries", 120),
        ({"parameters": {"log_min_duration_statement": 100}}, "slow-queries", 600),
        ({"parameters": {"log_min_duration_statement": -1}}, "slow-queries", None),
        ({"parameters": {"idle_in_transaction_session_timeout": 60000}}, "idle-in-transaction", 30),
        ({"insights": "off"}, "load-high", None),
        ({"parameters": {"rds.logical_replication": 1}}, "logical-slot-wal", 20 * 1024**3),
        ({}, "logical-slot-wal", None),
        (
            {"class": "db.r7g.16xlarge", "storage": {"allocated": 1000, "max": 0, "throughput": 1000, "iops": 40000}},
            "throughput-high",
            800 * 1024**2,
        ),
        (
            {"class": "db.r7g.16xlarge", "storage": {"allocated": 1000, "max": 0, "throughput": 1000, "iops": 40000}},
            "iops-high",
            32000,
        ),
    ],
)
def test_what_a_setting_gives(postgres: dict[str, Any], key: str, threshold: float | None) -> None:
    config = {**NAME, "data-tier:profile": "prod", "data-tier:postgres": postgres}
    settings = load_settings(config, stack="prod", source="a test")
    found = {alarm.key: alarm.threshold for alarm in instances("live", settings).primary.alarms}
    assert found.get(key) == (pytest.approx(threshold) if threshold is not None else None)
