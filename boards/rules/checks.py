"""The rules that stand for checks of which CloudWatch knows nothing: one for each step of a threshold.

Most of these say what a table or an index could do without. That is `info` and not a warning: it can wait for the next
look at the dashboard, and whoever has decided to live with it is not reminded every morning. A critical verdict is one.
"""

from __future__ import annotations

from collections.abc import Container, Iterator

from boards.expression import NODE, Aggregate, Compare, Metric, Where
from boards.rules import facts
from boards.rules.rule import Evaluation, Rule, camel
from knowledge.alarms.facts import FACTS
from knowledge.alarms.spec import MissingData
from knowledge.thresholds.every import engine, thresholds
from knowledge.thresholds.threshold import Threshold

_LASTS = Evaluation(period=60, periods=5, datapoints=5, missing=MissingData.NOT_BREACHING)
"""As the catalogue's own alarms on one server's health; a check is read once a minute or less often."""
_STEPS = ((1, "info", "high"), (2, "critical", "critical"))
"""`datatier_check_status`, severity, and the end of the name."""
_UP = {"postgres": "pg_up", "redis": "redis_up"}


def rules(expressed: Container[str]) -> Iterator[Rule]:
    """A rule for each step of each threshold whose fact no alarm's rule watches already.

    :param expressed: the alarms that are rules, `engine/key`.
    """
    for threshold in thresholds():
        if any(_key(threshold, alarm) in expressed for alarm in threshold.alarms):
            continue
        for status, severity, ending in _STEPS:
            if (threshold.warn, threshold.critical)[status - 1] is not None:
                yield _rule(threshold, status, severity, f"{threshold.id}-{ending}")


def _key(threshold: Threshold, alarm: str) -> str:
    return facts.key(alarm) if alarm in FACTS else f"{engine(threshold)}/{alarm}"


def _rule(threshold: Threshold, status: int, severity: str, key: str) -> Rule:
    up = _UP[engine(threshold)]
    series = f'datatier_check_status{{check="{threshold.id}", object="orders"}}'
    other = f'datatier_check_status{{check="{threshold.id}-of-another", object="orders"}}'
    found = Where(Metric("datatier_check_status", (("check", "=", threshold.id),)), Metric(up))
    return Rule(
        key=f"{engine(threshold)}/{key}",
        name=camel(f"{engine(threshold)}/{key}"),
        # One alert for all that it is about: `datatier health` and the commands list them.
        condition=Compare(Aggregate("max", found, (NODE, "check")), "==", status),
        evaluation=_LASTS,
        severity=severity,
        meaning=threshold.meaning,
        first_steps=tuple(threshold.first_steps),
        runbook=threshold.runbook,
        source=threshold.source,
        rings={series: f"{status}x600", up: "1x600"},
        rests={series: f"{status - 1}x600", other: f"{status}x600", up: "1x600"},
        labels={"check": threshold.id},
    )
