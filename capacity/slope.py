"""The slope of a series by Theil and Sen, with Sen's interval: the median of the slopes of all pairs of points.

A third of the points may be wrong before it follows them (Sen, Estimates of the Regression Coefficient Based on
Kendall's Tau, 1968). Pairs that lie a multiple of `season` apart compare like with like, as in the seasonal Kendall
test (Hirsch and Slack, A Nonparametric Trend Test for Seasonal Data with Serial Dependence, 1984). Neighbouring points
resemble each other, so they count for fewer than there are: the variance is that of Kendall's S times
(1 + r) / (1 - r), r being the correlation of each residual with the next one (Hamed and Rao, A modified Mann-Kendall
trend test for autocorrelated data, 1998, with the sum of a first-order process in place of its ranks').
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

Z = 1.959964
"""Of the normal distribution 95 % lie within so many standard deviations."""


@dataclass(frozen=True, kw_only=True)
class Slope:
    """Growth by day."""

    middle: float
    low: float
    high: float
    """Both ends of the interval at 95 % confidence."""

    @property
    def certain(self) -> bool:
        """Whether the interval leaves out 0: whether anything grows or shrinks at all."""
        return self.low > 0 or self.high < 0


def slope(at: Sequence[float], values: Sequence[float], season: int = 1, *, z: float | None = None) -> Slope | None:
    """The slope of points, `at` strictly rising; None where no two of them are a multiple of `season` apart.

    `z` in place of `Z` is for points that are taken as independent.
    """
    found = _slopes(at, values, season)
    if not found:
        return None
    found.sort()
    count = len(found)
    middle = (found[(count - 1) // 2] + found[count // 2]) / 2
    variance = _variance(at, season)
    reach = z * sqrt(variance) if z is not None else Z * sqrt(variance * _dependence(at, values, middle))
    low, high = int((count - reach) / 2), int((count + reach) / 2 + 0.5)
    return Slope(middle=middle, low=found[max(low, 0)], high=found[min(high, count - 1)])


def _slopes(at: Sequence[float], values: Sequence[float], season: int) -> list[float]:
    if season == 1:
        found: list[float] = []
        for i in range(len(at) - 1):
            start, value = at[i], values[i]
            found += [(b - value) / (a - start) for a, b in zip(at[i + 1 :], values[i + 1 :], strict=True)]
        return found
    return [each for remainder in range(season) for each in _slopes(*_every(at, values, season, remainder), 1)]


def _every(
    at: Sequence[float], values: Sequence[float], season: int, remainder: int
) -> tuple[list[float], list[float]]:
    kept = [(a, v) for a, v in zip(at, values, strict=True) if a % season == remainder]
    return [a for a, _ in kept], [v for _, v in kept]


def _variance(at: Sequence[float], season: int) -> float:
    """Of Kendall's S without ties."""
    sizes = [sum(1 for each in at if each % season == remainder) for remainder in range(season)]
    if season == 1:
        sizes = [len(at)]
    return sum(size * (size - 1) * (2 * size + 5) for size in sizes) / 18


def _dependence(at: Sequence[float], values: Sequence[float], middle: float) -> float:
    """How many times the variance is that of independent points, 1 at least."""
    count = len(at)
    rest = [value - middle * when for when, value in zip(at, values, strict=True)]
    mean = sum(rest) / count
    rest = [each - mean for each in rest]
    total = sum(each * each for each in rest)
    if count < 6 or not total:
        return 1.0
    seen = sum(a * b for a, b in pairwise(rest)) / total
    # What is seen of few points is too low by about (1 + 4 r) / n (Marriott and Pope, Bias in the Estimation of
    # Autocorrelations, 1954).
    r = min(max((count * seen + 1) / (count - 4), 0.0), 0.98)
    return (1 + r) / (1 - r)
