"""The alert rules: each alarm has one or a reason, and promtool agrees with the examples of each."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from boards import prometheus
from boards.expression import promql
from boards.rules import alarms, checks
from boards.rules.catalogue import rules
from knowledge.alarms import catalogue

LIMITS = {"shop-prod/standby": {"replica-lag": 5.0, "load-high": 5.0}}
needs_promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")


def written(folder: Path, name: str, document: prometheus.Plain) -> str:
    (folder / name).write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return name


def promtool(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["promtool", *words], cwd=folder, capture_output=True, text=True, check=False)


def test_every_alarm_is_a_rule_or_has_a_reason_why_not() -> None:
    every = {f"postgres/{key}" for key in catalogue.POSTGRES} | {f"redis/{key}" for key in catalogue.REDIS}
    expressed = {rule.key for rule in alarms.rules(LIMITS)}
    assert expressed | set(alarms.not_expressed()) == every
    assert expressed & set(alarms.not_expressed()) == set()
    assert all(alarms.not_expressed().values())


def test_a_rule_has_severity_words_and_runbook_of_its_alarm() -> None:
    said = {
        f"{engine}/{key}": words
        for engine, some in (("postgres", catalogue.POSTGRES), ("redis", catalogue.REDIS))
        for key, words in some.items()
    }
    for rule in alarms.rules(LIMITS):
        words = said[rule.key]
        assert (rule.severity, rule.meaning, rule.source) == (words["severity"], words["meaning"], words["source"])
        page, _, section = rule.runbook.partition("#")
        assert f"### {section}\n" in Path(page).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("key", "expression", "wait"),
    [
        ("postgres/down", "pg_up == 0", 300),
        ("postgres/connections-critical", "instance:pg_connections:ratio > 0.9", 300),
        # Silence leaves it as it is.
        ("postgres/connections-high", "last_over_time((instance:pg_connections:ratio)[1h:]) > 0.8", 600),
        # Two of three periods of five minutes.
        (
            "redis/key-failures",
            "count_over_time((increase(redis_acl_access_denied_key_total[5m]) > 0)[899s:5m]) >= 2",
            0,
        ),
        (
            "redis/memory-full",
            "(instance:redis_memory:ratio and on (instance) "
            'redis_instance_info{maxmemory_policy=~"allkeys-.*"}) > 0.95',
            3600,
        ),
        # A number of the stack's, for the one server that has it.
        (
            "postgres/replica-lag",
            'last_over_time(pg_replication_lag_seconds{instance="shop-prod/standby"}[1h]) > 5',
            600,
        ),
    ],
)
def test_durations_and_silence_are_those_of_cloudwatch(key: str, expression: str, wait: int) -> None:
    (rule,) = (each for each in alarms.rules(LIMITS) if each.key == key)
    assert (promql(rule.expression, recorded=True), rule.wait) == (expression, wait)


def test_without_a_stack_there_is_no_rule_whose_number_only_a_stack_knows() -> None:
    with_stack, without = ({rule.key for rule in rules(limits)} for limits in (LIMITS, {}))
    assert with_stack - without == {"postgres/replica-lag", "postgres/load-high"}


def test_a_check_that_no_alarm_has_is_a_rule_for_each_of_its_steps() -> None:
    expressed = {rule.key for rule in alarms.rules(LIMITS)}
    steps = {
        (f"{checks.engine(each)}/{each.id}-{ending}", severity)
        for each in checks.thresholds()
        if not {f"{checks.engine(each)}/{alarm}" for alarm in each.alarms} & expressed
        for limit, severity, ending in ((each.warn, "warning", "high"), (each.critical, "critical", "critical"))
        if limit is not None
    }
    assert {(rule.key, rule.severity) for rule in checks.rules(expressed)} == steps
    assert {("postgres/response-critical", "critical"), ("postgres/long-transactions-high", "warning")} <= steps


def test_no_two_rules_of_one_server_have_the_same_name() -> None:
    names = [rule.name for rule in rules(LIMITS)]
    assert sorted(set(names)) == sorted(names)


@needs_promtool
def test_each_rule_rings_for_its_fault_and_rests_for_the_nearest_that_is_none(tmp_path: Path) -> None:
    made = rules(LIMITS)
    recording = written(tmp_path, "recording.yml", prometheus.recording_rules())
    alerts = written(tmp_path, "alerts.yml", prometheus.alert_rules(made))
    tests = written(tmp_path, "tests.yml", prometheus.rule_tests(made, [recording, alerts]))
    checked = promtool(tmp_path, "check", "rules", recording, alerts)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    tested = promtool(tmp_path, "test", "rules", tests)
    assert tested.returncode == 0, tested.stdout + tested.stderr


@needs_promtool
def test_an_example_that_does_not_ring_is_found(tmp_path: Path) -> None:
    made = [each for each in rules(LIMITS) if each.key == "postgres/down"]
    alerts = written(tmp_path, "alerts.yml", prometheus.alert_rules(made))
    document = prometheus.rule_tests(made, [alerts])
    tests = written(tmp_path, "tests.yml", document)
    text = (tmp_path / tests).read_text(encoding="utf-8")
    (tmp_path / tests).write_text(text.replace("0x600", "1x600"), encoding="utf-8")
    assert promtool(tmp_path, "test", "rules", tests).returncode == 1


@needs_promtool
def test_the_scrape_configuration_keeps_the_exporter_s_labels(tmp_path: Path) -> None:
    document = prometheus.scrape_configuration("127.0.0.1:9187")
    name = written(tmp_path, "prometheus.yml", document)
    assert promtool(tmp_path, "check", "config", "--syntax-only", name).returncode == 0
    (job,) = document["scrape_configs"]  # type: ignore[misc]
    assert (job["job_name"], job["honor_labels"]) == ("datatier", True)
