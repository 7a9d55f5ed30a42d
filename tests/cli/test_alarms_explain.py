"""`datatier alarms explain` for every alarm of the stacks, by each of its names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from clinic_project import CLINIC
from typer.testing import CliRunner

from cli.alarms_explain import explained
from cli.errors import InputError, report
from cli.main import application
from infra.load import load_stack

ROOT = Path(__file__).parents[2]
PROD = load_stack(CLINIC, "prod").instances
RUN = CliRunner()


@pytest.fixture(autouse=True)
def _in_the_clinic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CLINIC)


def run(*words: str) -> Any:
    return RUN.invoke(application(["alarms"]), ["alarms", "explain", *words], env={"COLUMNS": "200"})


def test_the_whole_answer() -> None:
    found = json.loads(run("replica-lag", "staging", "--json").output)
    assert found == [
        {
            "alarm": "replica-lag",
            "engine": "postgres",
            "servers": ["standby"],
            "severity": "critical",
            "metric": "ReplicaLag",
            "namespace": "AWS/RDS",
            "statistic": "Maximum",
            "expression": "IF((RATE(ids) >= 0.4) OR (lag > 360), lag, 0)",
            "terms": [
                {"id": "lag", "metric": "ReplicaLag", "statistic": "Maximum", "of": "server"},
                {"id": "ids", "metric": "MaximumUsedTransactionIDs", "statistic": "Maximum", "of": "primary"},
            ],
            "pattern": "",
            "comparison": "GreaterThanThreshold",
            "threshold": 5.0,
            "derivation": "the stack's replica_lag of 5 s; counted while the primary commits 0.4 times a second or "
            "more, and above 360 s always",
            "source": "the stack's replica_lag; ten of ten minutes as in the AWS list; idle primary: "
            "USER_PostgreSQL.Replication.ReadReplicas",
            "period": 60,
            "evaluation_periods": 10,
            "datapoints": 10,
            "missing_data": "ignore",
            "meaning": found[0]["meaning"],
            "first_steps": found[0]["first_steps"],
            "runbook": "docs/runbooks/postgres-replication.md#replica-lag",
        }
    ]
    assert found[0]["meaning"].startswith("The replica has been behind its primary by more than the stack's limit")
    assert len(found[0]["first_steps"]) == 3


@pytest.mark.parametrize(
    ("name", "servers"),
    [
        ("storage-low", [("primary", "standby", "reporting")]),
        ("primary-storage-low", [("primary",)]),
        ("clinic-prod-primary-storage-low", [("primary",)]),
        (
            "memory-critical",
            [("main", "queue")] if PROD.alarms["main"] == PROD.alarms["queue"] else [("main",), ("queue",)],
        ),
        ("main-memory-critical", [("main",)]),
        ("clinic-prod-main-2-memory-critical", [("main",)]),
        ("postgres-swap-used", [("primary", "standby", "reporting")]),
    ],
)
def test_an_alarm_by_each_of_its_names(name: str, servers: list[tuple[str, ...]]) -> None:
    assert [each.servers for each in explained(name, PROD)] == servers


@pytest.mark.parametrize(
    ("name", "near"),
    [("storage-lwo", "storage-low"), ("primary-cpu-hihg", "primary-cpu-high"), ("main-2-storage-low", "storage-low")],
)
def test_the_nearest(name: str, near: str) -> None:
    with pytest.raises(InputError, match=rf"no alarm '{name}'; the nearest is '[a-z-]*{near}'"):
        explained(name, PROD)


def test_wrong_names_are_wrong_input(capsys: pytest.CaptureFixture[str]) -> None:
    done = run("storage-lwo", "dev")
    assert isinstance(done.exception, InputError)
    assert report(done.exception) == 2
    assert "the nearest is 'storage-low'" in capsys.readouterr().err


@pytest.mark.parametrize("key", sorted({alarm.key for alarms in PROD.alarms.values() for alarm in alarms}))
def test_every_alarm_of_prod(key: str) -> None:
    done = run(key)  # the one protected stack here
    assert done.exit_code == 0, done.output
    for each in explained(key, PROD):
        assert f"{each.alarm.engine} {key}" in done.output
        page, _, section = each.alarm.runbook.partition("#")
        assert f"### {section}" in (ROOT / page).read_text("utf-8")
        assert f"{each.alarm.runbook}" in done.output
