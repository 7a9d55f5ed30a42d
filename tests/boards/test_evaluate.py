"""What a panel's expression is without Prometheus."""

from __future__ import annotations

import pytest

from boards.evaluate import evaluate
from boards.expression import (
    Aggregate,
    Binary,
    Compare,
    Either,
    Expression,
    Increase,
    Metric,
    Number,
    Often,
    Rate,
    Recorded,
    Since,
    Top,
    Where,
)
from boards.samples import Labels, Moment, Samples


def of(**labels: str) -> Labels:
    return frozenset(labels.items())


A, B = of(instance="a"), of(instance="b")
AX, AY, BX = (of(instance=node, table=table) for node, table in (("a", "x"), ("a", "y"), ("b", "x")))
X = Metric("x")


@pytest.fixture
def samples() -> Samples:
    """Two servers, read three times in a minute; b was restarted between the second and the third reading."""
    made = Samples(300)
    readings = (
        (0, {AX: 10.0, AY: 5.0, BX: 70.0}),
        (30, {AX: 40.0, AY: 5.0, BX: 100.0}),
        (60, {AX: 70.0, AY: 5.0, BX: 20.0}),
    )
    for at, counted in readings:
        values = {"x": counted, "limit": {A: 100.0, B: 0.0}, "role": {of(instance="b", role="replica"): 1.0}}
        made.add(Moment(1_000_000.0 + at, values))
    return made


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        (X, {AX: 70, AY: 5, BX: 20}),
        (Metric("x", (("table", "=", "x"),)), {AX: 70, BX: 20}),
        (Metric("x", (("table", "!=", "x"),)), {AY: 5}),
        (Metric("x", (("instance", "=~", "a|c"), ("table", "!~", "y.*"))), {AX: 70}),
        (Metric("x", (("table", "=~", "."), ("kind", "=", ""))), {AX: 70, AY: 5, BX: 20}),
        (Metric("absent"), {}),
        # A fall is a restart: what is there was counted since.
        (Rate(X), {AX: 1, AY: 0, BX: 50 / 60}),
        (Rate(X, 30), {AX: 1, AY: 0, BX: 20 / 30}),
        (Rate(X, 10), {}),
        (Increase(X, 60), {AX: 60, AY: 0, BX: 50}),
        (Aggregate("sum", X), {A: 75, B: 20}),
        (Aggregate("max", X, ("table",)), {of(table="x"): 70, of(table="y"): 5}),
        (Aggregate("count", X, ()), {frozenset(): 3}),
        (Top(2, X), {AX: 70, BX: 20}),
        (Binary(Aggregate("sum", X), "/", Compare(Metric("limit"), ">", 0)), {A: 0.75}),
        (Binary(X, "-", Metric("limit"), many=True), {AX: -30, AY: -95, BX: 20}),
        (Where(X, Metric("role")), {BX: 20}),
        (Where(X, Metric("role"), unless=True), {AX: 70, AY: 5}),
        (Compare(X, "<=", 5), {AY: 5}),
        (Either(Metric("role"), Compare(X, ">", 60)), {of(instance="b", role="replica"): 1, AX: 70}),
        (Number(3), {frozenset(): 3}),
        (Recorded("level:x:sum", Aggregate("sum", X)), {A: 75, B: 20}),
    ],
)
def test_values_at_the_last_moment(samples: Samples, expression: Expression, values: dict[Labels, float]) -> None:
    assert evaluate(expression, samples) == pytest.approx(values)


@pytest.mark.parametrize("expression", [Since(X, 60), Often(Compare(X, ">", 0), 2, 3, 60)])
def test_what_only_rules_have_is_left_to_prometheus(samples: Samples, expression: Expression) -> None:
    with pytest.raises(TypeError, match=f"only Prometheus computes {type(expression).__name__}"):
        evaluate(expression, samples)


def test_nothing_is_known_before_the_first_reading() -> None:
    assert evaluate(Rate(X), Samples(60)) == {}


def test_moments_that_nobody_looks_back_to_are_dropped() -> None:
    kept = Samples(60)
    for at in range(0, 300, 30):
        kept.add(Moment(at, {"x": {A: float(at)}}))
    assert list(kept.since(X, 600)) == [(A, [(at, float(at)) for at in (210, 240, 270)])]
