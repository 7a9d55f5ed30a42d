"""What one CloudWatch alarm is: metric or expression, threshold with its derivation, and what to do when it rings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

LOGS = "data-tier"
"""Namespace of what log filters count, followed by `/` and the instance: a filter's dimensions can only be parts of
the line (PutMetricFilter, MetricTransformation), and RDS writes no instance into it."""


@dataclass(frozen=True, kw_only=True)
class Term:
    """One metric of a math expression."""

    id: str
    """Name in the expression."""
    metric: str
    """CloudWatch metric, or a counter of Database Insights such as `db.Transactions.blocked_transactions.avg`."""
    statistic: str
    """Statistic; part of the counter's name for `insights`."""
    of: Literal["server", "primary", "insights"] = "server"
    """Whose metric it is; `insights`: the server's Database Insights (DB_PERF_INSIGHTS)."""


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A computed threshold and how it came about."""

    value: float
    how: str
    """The computation with its numbers, for people."""
    fill: tuple[tuple[str, str], ...] = ()
    """Numbers inside of the alarm's expression, by placeholder."""


@dataclass(frozen=True, kw_only=True)
class AlarmSpec:
    """One alarm on one metric of one server; the server itself is added where the alarm is made."""

    key: str
    """Name within the server, e.g. `storage-low`."""
    metric: str
    namespace: str
    statistic: str
    """`Average`, `Maximum`, ... or a percentile such as `p90`."""
    comparison: Literal["GreaterThanThreshold", "LessThanThreshold"]
    threshold: float
    period: int
    """Seconds."""
    evaluation_periods: int
    datapoints: int
    """How many of those periods must breach."""
    missing: Literal["breaching", "notBreaching", "missing", "ignore"]
    severity: Literal["critical", "warning", "info"]
    meaning: str
    first_steps: tuple[str, str, str]
    runbook: str
    """Path in the repository, with the alarm's own section."""
    source: str
    """Where the threshold comes from."""
    derivation: str = ""
    """How it was computed for this server."""
    terms: tuple[Term, ...] = ()
    """Metrics of the expression; none where the alarm is on `metric` alone."""
    expression: str = ""
    """Metric math over the terms; empty where the only term is the value itself."""
    pattern: str = ""
    """CloudWatch Logs filter pattern that counts `metric` in the instance's log; empty where AWS publishes it."""

    @property
    def engine(self) -> Literal["postgres", "redis"]:
        """Whose catalogue it is in."""
        return "redis" if self.namespace == "AWS/ElastiCache" else "postgres"

    @property
    def description(self) -> str:
        """What the alarm says of itself; CloudWatch takes 1024 characters."""
        steps = " ".join(f"{number}. {step}" for number, step in enumerate(self.first_steps, start=1))
        return f"{self.meaning} First: {steps} Runbook: {self.runbook}. Threshold: {self.source}."
