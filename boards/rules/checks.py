"""The rules that stand for checks of which CloudWatch knows nothing: one for each step of a threshold."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

from boards.expression import Compare, Metric, Where
from boards.rules.rule import Evaluation, Rule, camel
from knowledge.alarms.spec import MissingData
from knowledge.thresholds import postgres, redis
from knowledge.thresholds.threshold import Threshold

_LASTS = Evaluation(period=60, periods=5, datapoints=5, missing=MissingData.NOT_BREACHING)
"""As the catalogue's own alarms on one server's health; a check is read once a minute or less often."""
_STEPS = ((1, "warning", "high"), (2, "critical", "critical"))
"""`datatier_check_status`, severity, and the end of the name."""
_ENGINES: tuple[tuple[str, str, ModuleType], ...] = (("postgres", "pg_up", postgres), ("redis", "redis_up", redis))


def rules() -> Iterator[Rule]:
    """A rule for each step of each threshold that no alarm has."""
    for engine, up, module in _ENGINES:
        for threshold in thresholds(module):
            if threshold.alarms:
                continue
            for status, severity, ending in _STEPS:
                if (threshold.warn, threshold.critical)[status - 1] is not None:
                    yield _rule(engine, up, threshold, status, severity, f"{threshold.id}-{ending}")


def thresholds(module: ModuleType) -> tuple[Threshold, ...]:
    """The thresholds of a module, in its order."""
    return tuple(each for each in vars(module).values() if isinstance(each, Threshold))


def _rule(engine: str, up: str, threshold: Threshold, status: int, severity: str, key: str) -> Rule:
    series = f'datatier_check_status{{check="{threshold.id}", object="orders"}}'
    other = f'datatier_check_status{{check="{threshold.id}-of-another", object="orders"}}'
    found = Metric("datatier_check_status", (("check", "=", threshold.id),))
    return Rule(
        key=f"{engine}/{key}",
        name=camel(f"{engine}/{key}"),
        condition=Compare(Where(found, Metric(up)), "==", status),
        evaluation=_LASTS,
        severity=severity,
        meaning=threshold.meaning,
        first_steps=tuple(threshold.first_steps),
        runbook=threshold.runbook,
        source=threshold.source,
        rings={series: f"{status}x600", up: "1x600"},
        rests={series: f"{status - 1}x600", other: f"{status}x600", up: "1x600"},
        labels={"check": threshold.id, "object": "orders"},
    )
