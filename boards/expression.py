"""What a panel or a rule computes from metrics: an expression that Prometheus is given as PromQL.

The page on this computer computes the same without Prometheus (`boards.evaluate`), so only what both do is here.
https://prometheus.io/docs/prometheus/latest/querying/basics/
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Literal

NODE = "instance"
"""The label that says which server: `PREFIX/NODE`, as if an exporter ran for each."""
Matcher = tuple[str, Literal["=", "!=", "=~", "!~"], str]
"""Label, operator, value."""


@dataclass(frozen=True)
class Metric:
    """The newest value of each series of a name."""

    name: str
    matchers: tuple[Matcher, ...] = ()


@dataclass(frozen=True)
class Rate:
    """By how much a counter rises a second."""

    of: Metric
    seconds: int | None = None
    """Over how long; None: what suits the panel, which is `$__rate_interval` in Grafana."""


@dataclass(frozen=True)
class Increase:
    """By how much a counter has risen."""

    of: Metric
    seconds: int


@dataclass(frozen=True)
class Aggregate:
    """Series that agree in some labels, as one."""

    how: Literal["sum", "max", "min", "count"]
    of: Expression
    by: tuple[str, ...] = (NODE,)


@dataclass(frozen=True)
class Top:
    """The largest few."""

    count: int
    of: Expression


@dataclass(frozen=True)
class Binary:
    """Two expressions, series by series.

    `on` are the labels in which they agree; each of the left may have one partner at the right (`group_left`).
    """

    left: Expression
    sign: Literal["+", "-", "*", "/"]
    right: Expression
    on: tuple[str, ...] = (NODE,)
    many: bool = False
    """Whether several of the left have the same partner."""


@dataclass(frozen=True)
class Where:
    """Those series of the left that the right has too, or `unless` it has them."""

    of: Expression
    other: Expression
    unless: bool = False
    on: tuple[str, ...] = (NODE,)


@dataclass(frozen=True)
class Compare:
    """Those whose value is beyond a limit."""

    of: Expression
    sign: Literal[">", "<", ">=", "<=", "==", "!="]
    limit: float


@dataclass(frozen=True)
class Number:
    """The same number for every series."""

    value: float


@dataclass(frozen=True)
class Since:
    """A value, or where there is none the last one of so many seconds."""

    of: Expression
    seconds: int


@dataclass(frozen=True)
class Often:
    """Those that were beyond the limit in so many of the last periods, as CloudWatch counts datapoints."""

    of: Compare
    datapoints: int
    periods: int
    seconds: int
    """Length of a period."""


@dataclass(frozen=True)
class Either:
    """The left, and of the right what the left has not."""

    left: Expression
    right: Expression


@dataclass(frozen=True)
class Recorded:
    """An expression that a recording rule keeps under a name of its own, `level:metric:operations`."""

    name: str
    of: Expression
    help: str = field(compare=False, default="")
    """What it is, one sentence."""


Expression = (
    Metric | Rate | Increase | Aggregate | Top | Binary | Where | Compare | Number | Since | Often | Either | Recorded
)
_SCALED = (Binary, Where, Compare, Either, Often)


def promql(expression: Expression, *, window: str = "5m", recorded: bool = False) -> str:  # noqa: PLR0912 a case for each kind
    """The expression in Prometheus's language.

    :param window: what a rate looks back over that has no window of its own.
    :param recorded: whether the recording rules are there: then their names are used.
    """

    def text(each: Expression) -> str:
        return promql(each, window=window, recorded=recorded)

    def inside(each: Expression) -> str:
        return f"({text(each)})" if isinstance(_plain(each, recorded), _SCALED) else text(each)

    match expression:
        case Metric(name, matchers):
            return name + _braces(matchers)
        case Rate(of, seconds):
            return f"rate({text(of)}[{window if seconds is None else span(seconds)}])"
        case Increase(of, seconds):
            return f"increase({text(of)}[{span(seconds)}])"
        case Aggregate(how, of, by):
            return f"{how} by ({', '.join(by)}) ({text(of)})" if by else f"{how}({text(of)})"
        case Top(count, of):
            return f"topk({count}, {text(of)})"
        case Binary(left, sign, right, on, many):
            if isinstance(left, Number) or isinstance(right, Number):
                return f"{inside(left)} {sign} {inside(right)}"
            group = " group_left ()" if many else ""
            return f"{inside(left)} {sign} on ({', '.join(on)}){group} {inside(right)}"
        case Where(of, other, unless, on):
            return f"{inside(of)} {'unless' if unless else 'and'} on ({', '.join(on)}) {inside(other)}"
        case Compare(of, sign, limit):
            return f"{inside(of)} {sign} {number(limit)}"
        case Number(value):
            return number(value)
        case Since(of, seconds):
            whole = text(of) if isinstance(of, Metric) else f"({text(of)})"
            return f"last_over_time({whole}[{span(seconds)}{'' if isinstance(of, Metric) else ':'}])"
        case Often(of, datapoints, periods, seconds):
            # A second less than the periods: Prometheus 2 includes both ends of a range, and so one step too many.
            looked = f"({text(of)})[{span(periods * seconds - 1)}:{span(seconds)}]"
            return f"count_over_time({looked}) >= {datapoints}"
        case Either(left, right):
            return f"{inside(left)} or {inside(right)}"
        case Recorded(name, of):
            return name if recorded else text(of)


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression, and every one inside of it."""
    yield expression
    for each in fields(expression):
        value = getattr(expression, each.name)
        if isinstance(value, Expression):
            yield from walk(value)


def metrics(expression: Expression) -> Iterator[Metric]:
    """Every metric that it reads."""
    return (each for each in walk(expression) if isinstance(each, Metric))


def span(seconds: int) -> str:
    """`5m`, `899s`: a duration as Prometheus writes it."""
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds % size == 0 and seconds:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def number(value: float) -> str:
    """A number without a trailing `.0`."""
    return f"{value:.15g}"


def _plain(expression: Expression, recorded: bool) -> Expression:
    if isinstance(expression, Recorded) and not recorded:
        return _plain(expression.of, recorded)
    return expression


def _braces(matchers: tuple[Matcher, ...]) -> str:
    said = ", ".join(f'{label}{sign}"{_escaped(value)}"' for label, sign, value in matchers)
    return f"{{{said}}}" if said else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
