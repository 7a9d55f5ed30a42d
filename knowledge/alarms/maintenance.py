"""CloudWatch alarms on the maintenance that runs by itself; words and looks are in `maintenance.toml`.

That it has not run for weeks has none: an alarm looks back seven days at most (PutMetricAlarm, EvaluationPeriods), the
time from one run to the next, so it would ring a moment before each. What a missed run leaves undone has alarms.
"""

from __future__ import annotations

from knowledge.alarms.facts import INSTANCE
from knowledge.alarms.spec import LOGS, AlarmSpec, Comparison, MissingData, Severity
from knowledge.alarms.words import words
from knowledge.maintenance import KIND

MAINTENANCE = words("maintenance.toml")
FAILED = str(MAINTENANCE["maintenance-failed"]["metric"])
"""Metric of a run: its actions that failed."""
_OWN = "own"


def namespace(prefix: str) -> str:
    """CloudWatch namespace of what its runs write; the scheduled looks, whose function is found by it, have another."""
    return f"{LOGS}/{prefix}/{KIND}"


def maintenance_alarms(prefix: str, *, in_task: bool) -> tuple[AlarmSpec, ...]:
    """Those of a stack.

    :param in_task: whether a task does it, and no function.
    """
    return tuple(_alarm(key, prefix) for key, said in MAINTENANCE.items() if not (in_task and said["of"] == "function"))


def _alarm(key: str, prefix: str) -> AlarmSpec:
    said = MAINTENANCE[key]
    period, looks, datapoints = said["looks"]
    own = said["namespace"] == _OWN
    return AlarmSpec(
        key=key,
        metric=said["metric"],
        namespace=namespace(prefix) if own else said["namespace"],
        statistic=said["statistic"],
        comparison=Comparison(said["comparison"]),
        threshold=0.0,
        period=period,
        evaluation_periods=looks,
        datapoints=datapoints,
        missing=MissingData(said["missing"]),
        severity=Severity(said["severity"]),
        meaning=said["meaning"],
        first_steps=tuple(said["first_steps"]),
        runbook=f"docs/runbooks/{said['runbook']}.md#{key}",
        source=said["source"],
        derivation="none is expected",
        dimensions={INSTANCE: prefix} if own else {said["dimension"]: f"{prefix}-{KIND}"},
        engine="stack",
    )
