"""What one CloudWatch alarm is: metric or expression, threshold with its derivation, and what to do when it rings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

LOGS = "data-tier"
"""First part of the namespaces of this project's own metrics, followed by `/` and an instance for what log filters
count: a filter's dimensions can only be parts of the line (PutMetricFilter, MetricTransformation), and RDS writes no
instance into it. By itself it stands for that in a specification; a stack's own metrics have their whole namespace."""


class Comparison(StrEnum):
    """On which side of the threshold a datapoint breaches."""

    ABOVE = "GreaterThanThreshold"
    """Above it."""
    BELOW = "LessThanThreshold"
    """Below it."""


class MissingData(StrEnum):
    """What CloudWatch makes of a period without a datapoint."""

    BREACHING = "breaching"
    """Silence is the fault."""
    NOT_BREACHING = "notBreaching"
    """Silence is health: the metric exists only while something happens."""
    MISSING = "missing"
    """The alarm has insufficient data."""
    IGNORE = "ignore"
    """The alarm stays as it is."""


class Severity(StrEnum):
    """How soon somebody has to look."""

    CRITICAL = "critical"
    """Now: somebody is woken."""
    WARNING = "warning"
    """Within the working day."""
    INFO = "info"
    """Good to know."""


class Origin(StrEnum):
    """Whose metric a term of an expression is."""

    SERVER = "server"
    """The server's own."""
    PRIMARY = "primary"
    """The primary's of a replica."""
    INSIGHTS = "insights"
    """The server's Database Insights (DB_PERF_INSIGHTS)."""


@dataclass(frozen=True, kw_only=True)
class Term:
    """One metric of a math expression."""

    id: str
    """Name in the expression."""
    metric: str
    """CloudWatch metric, or a counter of Database Insights such as `db.Transactions.blocked_transactions.avg`."""
    statistic: str
    """Statistic; part of the counter's name for `insights`."""
    of: Origin = Origin.SERVER
    """Whose metric it is."""


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
    """CloudWatch metric."""
    namespace: str
    """CloudWatch namespace, e.g. `AWS/RDS`."""
    statistic: str
    """`Average`, `Maximum`, ... or a percentile such as `p90`."""
    comparison: Comparison
    """On which side of the threshold it breaches."""
    threshold: float
    """Threshold, in the metric's own unit."""
    period: int
    """Seconds."""
    evaluation_periods: int
    """How many periods are looked at."""
    datapoints: int
    """How many of those periods must breach."""
    missing: MissingData
    """What a period without data counts as."""
    severity: Severity
    """How soon somebody has to look."""
    meaning: str
    """What is wrong when it rings, one sentence."""
    first_steps: Sequence[str]
    """What to do first, in order."""
    runbook: str
    """Path in the repository, with the alarm's own section."""
    source: str
    """Where the threshold comes from."""
    derivation: str = ""
    """How it was computed for this server."""
    terms: Sequence[Term] = ()
    """Metrics of the expression; none where the alarm is on `metric` alone."""
    expression: str = ""
    """Metric math over the terms; empty where the only term is the value itself."""
    armed_by: str = ""
    """For an alarm to which silence is a fault: the alarm of the same server that has to have seen a figure before the
    page rings. It treats silence as `ignore`: it leaves INSUFFICIENT_DATA at the server's first figure and never goes
    back. Without it somebody is woken for every new server that has not spoken yet."""
    pattern: str = ""
    """CloudWatch Logs filter pattern that counts `metric` in the instance's log; empty where AWS publishes it."""
    dimensions: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Dimensions of `metric`, where the stack's own function publishes it; empty where the server's id is the one.
    Two servers whose alarms differ in nothing else have the same alarm, as those have that AWS measures."""
    engine: str = "postgres"
    """Whose catalogue it is in: `postgres`, `redis`, or `stack` for what is of no single server."""

    @property
    def description(self) -> str:
        """What the alarm says of itself; CloudWatch takes 1024 characters."""
        steps = " ".join(f"{number}. {step}" for number, step in enumerate(self.first_steps, start=1))
        return f"{self.meaning} First: {steps} Runbook: {self.runbook}. Threshold: {self.source}."
