"""One alert: a condition, for how long it must last, and the words of its alarm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from boards.expression import Compare, Expression, Often, Since
from boards.rules.watched import Series
from knowledge.alarms.spec import MissingData

IGNORED_SECONDS = 3600
"""Where CloudWatch's alarm stays as it is without data, the last value counts for so long."""


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """When a condition that holds becomes an alert, as CloudWatch counts it."""

    period: int
    """Seconds."""
    periods: int
    """How many are looked at."""
    datapoints: int
    """In how many of them it must hold."""
    missing: MissingData
    """What a period without data counts as."""

    @property
    def seconds(self) -> int:
        """How long all of them are."""
        return self.period * self.periods


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One alert of Prometheus."""

    key: str
    """`postgres/replica-lag`: engine, and the alarm or check that it stands for."""
    name: str
    """`PostgresReplicaLag`."""
    condition: Compare
    """When something is wrong at one moment."""
    evaluation: Evaluation
    """For how long it must be."""
    severity: str
    """`critical` or `warning`."""
    meaning: str
    """What is wrong, one or two sentences."""
    first_steps: tuple[str, ...]
    """What to do first, in order."""
    runbook: str
    """Path in the repository, with its section."""
    source: str
    """Where the number comes from."""
    rings: Series
    """Example of a fault, for promtool."""
    rests: Series
    """The nearest that is none."""
    labels: Mapping[str, str]
    """Labels of the alert in the example, besides its server's."""

    @property
    def expression(self) -> Expression:
        """What Prometheus evaluates: it holds for `wait` where all periods must breach, else some of them did."""
        condition = self.condition
        if self.evaluation.missing is MissingData.IGNORE:
            condition = replace(condition, of=Since(condition.of, IGNORED_SECONDS))
        evaluation = self.evaluation
        if evaluation.datapoints == evaluation.periods:
            return condition
        return Often(condition, evaluation.datapoints, evaluation.periods, evaluation.period)

    @property
    def wait(self) -> int:
        """Seconds for which the expression must hold."""
        return self.evaluation.seconds if self.evaluation.datapoints == self.evaluation.periods else 0


def camel(key: str) -> str:
    """`postgres/replica-lag` -> `PostgresReplicaLag`."""
    return "".join(part.capitalize() for part in key.replace("/", "-").replace("_", "-").split("-"))
