"""Years of known shape, with noise: the true date is in the interval, and the likely one as near as is said here."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from years import FIRST, SHAPES, Shape

from capacity.days import Days, date_of
from capacity.fit import Trend, Unclear, fit
from capacity.forecast import Forecast, forecast

SEEDS = 40
AHEAD = 100
"""Days until the limit is reached, by the shape without its noise."""


@dataclass(frozen=True)
class Told:
    """What came of one seed."""

    found: Forecast
    true: int

    @property
    def inside(self) -> bool:
        early, late = self.found.interval
        true = date_of(self.true)
        return early is not None and early <= true and (late is None or true <= late)

    @property
    def off(self) -> int:
        assert self.found.date is not None
        return (self.found.date - date_of(self.true)).days


def measured(shape: Shape, days: range, seed: str, *, spread: float, outliers: float = 0.0, holes: float = 0.0) -> Days:
    """The shape as it was measured; an outlier is 40 times the noise."""
    rng = random.Random(seed)
    numbers, values = [], []
    for day in days:
        value = shape(day) + rng.gauss(0, spread) + (40 * spread if rng.random() < outliers else 0)
        if rng.random() >= holes:
            numbers.append(FIRST + day)
            values.append(value)
    return Days(numbers=numbers, values=values)


def told(name: str, days: range, **noise: float) -> Iterator[Told]:
    shape, today = SHAPES[name], days.stop
    limit = max(shape(day) for day in range(today, today + AHEAD + 1))
    assert max(map(shape, days)) < limit, "it was reached before"
    true = next(day for day in range(today, today + AHEAD + 1) if shape(day) >= limit)
    for seed in range(SEEDS):
        found = forecast(measured(shape, days, f"{name} {days} {seed}", **noise), limit, FIRST + today)
        yield Told(found=found, true=FIRST + true)


@pytest.mark.parametrize(
    ("name", "days", "noise", "error"),
    [
        ("linear", range(365), {"spread": 2}, 10),
        ("linear", range(90, 455), {"spread": 2}, 10),
        ("linear", range(40), {"spread": 2}, 15),
        ("linear", range(365), {"spread": 10}, 25),
        ("linear", range(365), {"spread": 2, "outliers": 0.03}, 10),
        ("linear", range(365), {"spread": 2, "holes": 0.3}, 10),
        ("weekly", range(365), {"spread": 2}, 10),
        ("weekly", range(200, 565), {"spread": 2}, 10),
        ("weekly", range(330, 370), {"spread": 2}, 15),
        # Of one year nobody can tell a season from growth: the interval says so.
        ("yearly", range(365), {"spread": 2}, 45),
        ("yearly", range(120, 485), {"spread": 2}, 60),
        ("step up", range(365), {"spread": 2}, 15),
        ("step up", range(265), {"spread": 2}, 15),
        ("purge", range(310, 430), {"spread": 2}, 10),
        ("purge", range(90, 365), {"spread": 2}, 12),
        ("exponential", range(365), {"spread": 2}, 6),
        ("exponential", range(200, 320), {"spread": 2}, 50),
        ("faster since", range(365), {"spread": 2}, 10),
        ("slower since", range(365), {"spread": 2}, 15),
        # A month's purge takes off 30, which is 75 days of its growth.
        ("purged each month", range(365), {"spread": 2}, 40),
    ],
)
def test_the_true_date_is_in_the_interval_and_near_the_likely_one(
    name: str, days: range, noise: dict[str, float], error: int
) -> None:
    every = list(told(name, days, **noise))
    spoken = [each for each in every if isinstance(each.found.trend, Trend)]
    assert len(spoken) >= 0.9 * SEEDS
    assert sum(each.inside for each in spoken) >= 0.9 * len(spoken)
    off = sorted(abs(each.off) for each in spoken if each.found.date)
    assert off[int(0.9 * (len(off) - 1))] <= error


@pytest.mark.parametrize(("count", "least"), [(365, 0.9), (120, 0.8)])
def test_what_strays_by_chance_is_within_a_wider_interval(count: int, least: float) -> None:
    """Each day brings 0.5, give or take as much: what was brought stays."""
    inside = []
    for seed in range(SEEDS):
        rng = random.Random(f"walk {count} {seed}")
        values = [100.0]
        for _ in range(count + 365):
            values.append(values[-1] + rng.gauss(0.5, 0.5))
        limit = values[count] + 0.5 * AHEAD
        true = next(day for day in range(count, len(values)) if values[day] >= limit)
        of = Days(numbers=range(FIRST, FIRST + count), values=values[:count])
        inside.append(Told(found=forecast(of, limit, FIRST + count), true=FIRST + true).inside)
    assert sum(inside) >= least * SEEDS


@pytest.mark.parametrize(
    ("days", "shape", "why"),
    [
        (range(0), lambda d: d, "no whole day of history yet"),
        (range(1), lambda d: d, "1 day of history, and 14 are the least"),
        (range(13), lambda d: d, "13 days of history, and 14 are the least"),
        (range(365), lambda _: 100.0, "the growth may as well be none"),
        (range(365), lambda d: 100 + 20 * (d % 7 < 5), "the growth may as well be none"),
        (range(365), lambda d: 100 + d % 30, "the growth may as well be none"),
        (range(365), lambda d: 100 + 60 * (d >= 200), "the growth may as well be none"),
    ],
)
def test_nothing_is_said_where_nothing_can_be(days: range, shape: Callable[[int], float], why: str) -> None:
    found = fit(measured(shape, days, "still", spread=0.5))
    assert isinstance(found, Unclear)
    assert found.why == why


def test_of_what_does_not_grow_a_growth_is_seen_about_as_often_as_an_interval_of_95_percent_allows() -> None:
    seen = [
        isinstance(fit(measured(lambda _: 100, range(days), f"flat {days} {seed}", spread=3)), Trend)
        for days in (20, 40, 120, 365)
        for seed in range(60)
    ]
    assert sum(seen) <= 0.08 * len(seen)


def test_one_value_a_week_is_enough() -> None:
    every = measured(SHAPES["linear"], range(365), "weekly", spread=1)
    found = fit(Days(numbers=every.numbers[::7], values=every.values[::7]))
    assert isinstance(found, Trend)
    assert found.slope.low < 0.5 < found.slope.high
    assert found.slope.high - found.slope.low < 0.02


@pytest.mark.parametrize(
    ("kept", "why"),
    [
        ([*range(50), *range(58, 60)], "8 days in a row without a value within the last four weeks"),
        ([*range(52)], None),  # the last days: what is known ends there
        ([*range(5), *range(31, 60)], None),  # long ago
        ([*range(0, 60, 5)], None),
        ([*range(15, 60, 5)], "only 9 of 41 days have a value"),
        ([0, *range(93, 121, 7)], "only 5 of 17 weeks have a value"),
    ],
)
def test_holes(kept: list[int], why: str | None) -> None:
    every = measured(SHAPES["linear"], range(121), "holes", spread=1)
    made = fit(Days(numbers=[every.numbers[day] for day in kept], values=[every.values[day] for day in kept]))
    assert (made.why if isinstance(made, Unclear) else None) == why


@pytest.mark.parametrize(
    ("name", "days", "confidence"),
    [
        ("linear", range(365), "good"),
        ("linear", range(40), "fair"),  # nobody could have said anything a month ago
        ("faster since", range(365), "fair"),  # a forecast of 90 days ago knew nothing of it
        ("purge", range(90, 355), "fair"),  # nor of the purge
    ],
)
def test_how_sure_a_date_is_goes_by_how_forecasts_of_before_did(name: str, days: range, confidence: str) -> None:
    found = next(told(name, days, spread=2.0)).found
    assert found.confidence == confidence


def test_a_limit_that_was_reached_is_today_and_one_beyond_a_year_has_no_date() -> None:
    of = measured(SHAPES["linear"], range(365), "edges", spread=1)
    today = FIRST + 365
    reached = forecast(of, 250, today)
    assert (reached.date, reached.interval) == (date_of(today), (date_of(today), date_of(today)))
    later = forecast(of, 600, today)
    assert (later.date, later.interval, later.confidence) == (None, (None, None), "good")


def test_what_shrinks_reaches_nothing() -> None:
    found = forecast(measured(lambda d: 400 - 0.5 * d, range(365), "less", spread=1), 500, FIRST + 365)
    assert isinstance(found.trend, Trend)
    assert found.trend.slope.high < 0
    assert found.date is None


def test_the_last_week_shows_that_it_grows_faster() -> None:
    shape = {**SHAPES, "now": lambda d: 100 + 0.5 * d + 6 * max(d - 358, 0)}["now"]
    found = fit(measured(shape, range(365), "faster", spread=0.5))
    assert isinstance(found, Trend)
    assert found.recent is not None
    assert found.recent > 3 * found.slope.high
