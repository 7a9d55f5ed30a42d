"""A panel's expression computed here, as Prometheus would (Prometheus, Querying: Operators, Functions)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise

from boards.expression import (
    Aggregate,
    Binary,
    Compare,
    Either,
    Expression,
    Increase,
    Metric,
    Number,
    Rate,
    Recorded,
    Top,
    Where,
)
from boards.samples import Labels, Samples, Values

SECONDS = 60
"""Over how long a rate looks back that has no window of its own."""
_HOW: Mapping[str, Callable[[list[float]], float]] = {"sum": sum, "max": max, "min": min, "count": len}
_SIGNS: Mapping[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b if b else float("nan"),
}
_BEYOND: Mapping[str, Callable[[float, float], bool]] = {
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


def evaluate(expression: Expression, samples: Samples) -> Values:
    """The value of each series at the last moment. Raise TypeError for what only rules have."""
    match expression:
        case Metric():
            return samples.newest(expression)
        case Rate(of, seconds):
            seen = samples.since(of, seconds or SECONDS)
            return {labels: rise / span for labels, series in seen for rise, span in _risen(series)}
        case Increase(of, seconds):
            seen = samples.since(of, seconds)
            return {labels: rise * seconds / span for labels, series in seen for rise, span in _risen(series)}
        case Aggregate(how, of, by):
            return {labels: float(_HOW[how](values)) for labels, values in _grouped(evaluate(of, samples), by).items()}
        case Top(count, of):
            largest = sorted(evaluate(of, samples).items(), key=lambda each: -each[1])[:count]
            return dict(largest)
        case Binary(left, sign, right, on, many):
            return _joined(evaluate(left, samples), _SIGNS[sign], evaluate(right, samples), on, many)
        case Where(of, other, unless, on):
            there = {_only(labels, on) for labels in evaluate(other, samples)}
            found = evaluate(of, samples)
            return {labels: value for labels, value in found.items() if (_only(labels, on) in there) is not unless}
        case Compare(of, sign, limit):
            return {labels: value for labels, value in evaluate(of, samples).items() if _BEYOND[sign](value, limit)}
        case Either(left, right):
            return evaluate(right, samples) | evaluate(left, samples)
        case Number(value):
            return {frozenset(): value}
        case Recorded(_, of):
            return evaluate(of, samples)
        case _:
            raise TypeError(f"only Prometheus computes {type(expression).__name__}")


def _risen(series: list[tuple[float, float]]) -> Iterable[tuple[float, float]]:
    """By how much a counter rose and in how many seconds; nothing where it was seen once. A fall is a restart."""
    if len(series) > 1:
        rises = (after - before if after >= before else after for (_, before), (_, after) in pairwise(series))
        yield sum(rises), series[-1][0] - series[0][0]


def _only(labels: Labels, names: tuple[str, ...]) -> Labels:
    return frozenset(each for each in labels if each[0] in names)


def _grouped(values: Values, by: tuple[str, ...]) -> dict[Labels, list[float]]:
    found: dict[Labels, list[float]] = {}
    for labels, value in values.items():
        found.setdefault(_only(labels, by), []).append(value)
    return found


def _joined(
    left: Values, sign: Callable[[float, float], float], right: Values, on: tuple[str, ...], many: bool
) -> Values:
    partners = {_only(labels, on): value for labels, value in right.items()}
    return {
        (labels if many else key): sign(value, partners[key])
        for labels, value in left.items()
        if (key := _only(labels, on)) in partners
    }
