"""What Prometheus reads: recording rules, alert rules, promtool's tests of them, and how the exporter is scraped.

Prometheus's documentation, Configuration: Recording rules, Alerting rules, Unit testing for rules.
"""

from __future__ import annotations

from collections.abc import Iterable

from boards.changed import paced
from boards.expression import NODE, Recorded, promql, span, walk
from boards.rules.catalogue import JOB
from boards.rules.recorded import RECORDED
from boards.rules.rule import Rule
from boards.rules.watched import EXAMPLE, Series, on_example

Plain = dict[str, object]
SCRAPE_SECONDS = 15
"""A counter's increase in a minute takes two samples within it; Prometheus looks at four."""
TEST_SECONDS = 30
"""How often promtool evaluates the rules."""


def recording_rules(minute: int = 60) -> Plain:
    """The document of the recording rules; `minute` is how long one is."""
    made = [{"record": each.name, "expr": promql(paced(each.of, minute))} for each in RECORDED]
    return {"groups": [{"name": f"{JOB}-recorded", "rules": made}]}


def alert_rules(rules: Iterable[Rule], runbooks: str = "", minute: int = 60) -> dict[str, Plain]:
    """A document of alert rules for each name, such as `postgres-replica-lag`.

    :param runbooks: what comes before each runbook's path.
    """
    return {
        name: {"groups": [{"name": f"{JOB}-{name}", "rules": [_alert(rule, runbooks, minute) for rule in some]}]}
        for name, some in _by_name(rules).items()
    }


def rule_tests(rules: Iterable[Rule], recording: str, alerts: str, runbooks: str = "") -> dict[str, Plain]:
    """promtool's document for each name: it rings for its fault, not before its time, not for the nearest that is none.

    :param recording: path of the recording rules from the tests.
    :param alerts: the same of a document of alert rules, with `{name}`.
    """
    made: dict[str, Plain] = {}
    for name, (rule, *_) in _by_name(rules).items():
        # Every rule of a file is evaluated at every step, so a test has no more of them than it needs.
        files = [recording] if any(isinstance(each, Recorded) for each in walk(rule.expression)) else []
        made[name] = {
            "rule_files": [*files, alerts.format(name=name)],
            "evaluation_interval": f"{TEST_SECONDS}s",
            "tests": [_rings(rule, runbooks), _rests(rule)],
        }
    return made


def scrape_configuration(target: str, *, seconds: int = SCRAPE_SECONDS) -> Plain:
    """One job for all servers: the exporter says whose a series is, and Prometheus must not write over it."""
    job: Plain = {
        "job_name": JOB,
        "honor_labels": True,
        "scrape_interval": f"{seconds}s",
        "scrape_timeout": f"{max(1, min(10, seconds))}s",
        "static_configs": [{"targets": [target]}],
    }
    return {"scrape_configs": [job]}


def _alert(rule: Rule, runbooks: str, minute: int) -> Plain:
    made: Plain = {"alert": rule.name, "expr": promql(paced(rule.expression, minute), recorded=True)}
    if rule.wait:
        made["for"] = span(max(1, rule.wait * minute // 60))
    return made | {"labels": _labels(rule), "annotations": _annotations(rule, runbooks, "{{ $labels.instance }}")}


def _labels(rule: Rule) -> dict[str, str]:
    engine, _, key = rule.key.partition("/")
    return {"severity": rule.severity, "engine": engine, "alarm": key}


def _annotations(rule: Rule, runbooks: str, server: str) -> dict[str, str]:
    steps = " ".join(f"{number}. {step}" for number, step in enumerate(rule.first_steps, start=1))
    first, _, _ = rule.meaning.partition(". ")
    return {
        "summary": f"{server}: {first.rstrip('.')}.",
        "description": f"{rule.meaning} First: {steps} Threshold: {rule.source}.",
        "runbook_url": f"{runbooks}{rule.runbook}",
    }


def _by_name(rules: Iterable[Rule]) -> dict[str, list[Rule]]:
    """Rules by the name of their file; a stack's for its single servers are together."""
    found: dict[str, list[Rule]] = {}
    for rule in rules:
        found.setdefault(rule.key.replace("/", "-"), []).append(rule)
    return found


def _rings(rule: Rule, runbooks: str) -> Plain:
    labels = {NODE: EXAMPLE, **rule.labels, **_labels(rule)}
    alert = {"exp_labels": labels, "exp_annotations": _annotations(rule, runbooks, EXAMPLE)}
    asked: list[Plain] = [{"eval_time": _settled(rule), "alertname": rule.name, "exp_alerts": [alert]}]
    if rule.wait:
        early: Plain = {"eval_time": span(rule.wait - TEST_SECONDS), "alertname": rule.name, "exp_alerts": []}
        asked.insert(0, early)
    return _test(f"{rule.name} rings", rule.rings, asked)


def _rests(rule: Rule) -> Plain:
    asked: list[Plain] = [{"eval_time": _settled(rule), "alertname": rule.name, "exp_alerts": []}]
    return _test(f"{rule.name} rests", rule.rests, asked)


def _settled(rule: Rule) -> str:
    """Late enough for what looks back over its periods, and for the longest increase."""
    return span(rule.evaluation.seconds + 660)


def _test(name: str, series: Series, asked: list[Plain]) -> Plain:
    given = [{"series": on_example(each), "values": values} for each, values in series.items()]
    return {"name": name, "interval": f"{SCRAPE_SECONDS}s", "input_series": given, "alert_rule_test": asked}
