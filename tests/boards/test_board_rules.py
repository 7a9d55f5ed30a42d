"""The alert rules: each alarm has one or a reason, and promtool agrees with the examples of each."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from boards.expression import promql
from boards.files import written
from boards.rules import alarms, checks, facts
from boards.rules.catalogue import not_expressed, rules
from knowledge.alarms import catalogue
from knowledge.alarms.facts import FACTS
from knowledge.thresholds.every import engine, thresholds

LIMITS = {"shop-prod/standby": {"replica-lag": 5.0, "load-high": 5.0}}
STACK = {"secret-old": 31 * 86400.0}
needs_promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")


def promtool(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["promtool", *words], cwd=folder, capture_output=True, text=True, check=False)


def test_every_alarm_is_a_rule_or_has_a_reason_why_not() -> None:
    every = {f"postgres/{key}" for key in catalogue.POSTGRES} | {f"redis/{key}" for key in catalogue.REDIS}
    every |= {facts.key(key) for key in FACTS}
    expressed = {rule.key for rule in (*alarms.rules(LIMITS), *facts.rules(STACK, {"pg_up"}))}
    assert expressed | set(not_expressed()) == every
    assert expressed & set(not_expressed()) == set()
    assert all(not_expressed().values())


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
    with_stack, without = (
        {rule.key for rule in rules(limits, of_stack)} for limits, of_stack in ((LIMITS, STACK), ({}, {}))
    )
    assert with_stack - without == {"postgres/load-high", "stack/secret-old"}


def test_a_check_that_no_alarm_has_is_a_rule_for_each_of_its_steps() -> None:
    expressed = {rule.key for rule in (*alarms.rules(LIMITS), *facts.rules(STACK, {"pg_up"}))}
    steps = {
        (f"{engine(each)}/{each.id}-{ending}", severity)
        for each in thresholds()
        if not {*each.alarms} & {key.partition("/")[2] for key in expressed if key.startswith((engine(each), "stack"))}
        for limit, severity, ending in ((each.warn, "info", "high"), (each.critical, "critical", "critical"))
        if limit is not None
    }
    assert {(rule.key, rule.severity) for rule in checks.rules(expressed)} == steps
    assert {("postgres/response-critical", "critical"), ("postgres/long-transactions-high", "info")} <= steps
    # One alert for one fact: these are the alarms `migration-dirty` and `vacuum-behind`.
    assert not {"postgres/migration-critical", "postgres/dead-rows-high"} & {key for key, _ in steps}


def test_no_two_rules_of_one_server_have_the_same_name() -> None:
    names = [rule.name for rule in rules(LIMITS, STACK)]
    assert sorted(set(names)) == sorted(names)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with everything that is generated for Prometheus."""
    folder = tmp_path_factory.mktemp("metrics")
    for name, content in written(LIMITS, STACK, runbooks="https://example.org/", target="127.0.0.1:9187").items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    return folder / "prometheus"


@needs_promtool
def test_each_rule_rings_for_its_fault_and_rests_for_the_nearest_that_is_none(made: Path) -> None:
    tests = sorted(f"tests/{path.name}" for path in (made / "tests").iterdir())
    assert {name.removeprefix("tests/") for name in tests} == {path.name for path in (made / "alerts").iterdir()}
    tested = promtool(made, "test", "rules", *tests)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert tested.stdout.count("SUCCESS") == len(tests) == len({rule.key for rule in rules(LIMITS, STACK)})


@needs_promtool
def test_an_example_that_does_not_ring_is_found(made: Path) -> None:
    text = (made / "tests" / "postgres-down.yml").read_text(encoding="utf-8")
    (made / "tests-broken.yml").write_text(text.replace("0x600", "1x600").replace("../", ""), encoding="utf-8")
    assert promtool(made, "test", "rules", "tests-broken.yml").returncode == 1


@needs_promtool
def test_prometheus_takes_the_configuration_with_all_rules_and_keeps_the_exporter_s_labels(made: Path) -> None:
    checked = promtool(made, "check", "config", "prometheus.yml")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    (job,) = yaml.safe_load((made / "prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"]
    assert (job["job_name"], job["honor_labels"]) == ("datatier", True)
