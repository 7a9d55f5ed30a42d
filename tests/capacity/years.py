"""Simulated years of known shape, and a report that is made up from some."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable
from math import exp, pi, sin

from capacity.assess import assess
from capacity.days import date_of
from capacity.names import (
    CLIENTS,
    CONNECTIONS,
    CONNECTIONS_LIMIT,
    DATABASES,
    FREEZE_AGE,
    MAXCLIENTS,
    MAXMEMORY,
    MEMORY,
    TRANSACTION_IDS,
    unit_of,
)
from capacity.report import CapacityReport
from capacity.room import CacheRoom, DatabaseRoom
from capacity.series import Series

GIB = 1024**3
FIRST = 20_454
"""Day on which every year begins: 1 January 2026."""

Shape = Callable[[int], float]
"""Day -> value without noise."""
SHAPES: dict[str, Shape] = {
    "linear": lambda d: 100 + 0.5 * d,
    "weekly": lambda d: 100 + 0.5 * d + (10 if d % 7 < 5 else 0),
    "yearly": lambda d: 100 + 0.5 * d + 6 * sin(2 * pi * d / 365),
    "step up": lambda d: 100 + 0.5 * d + (60 if d >= 250 else 0),
    "purge": lambda d: 200 + 0.5 * d - (80 if d >= 280 else 0),
    "purged each month": lambda d: 100 + 0.4 * d + d % 30,
    "exponential": lambda d: 100 * exp(0.003 * d),
    "faster since": lambda d: 100 + 0.2 * d + 0.8 * max(d - 250, 0),
    "slower since": lambda d: 100 + 1.0 * d - 0.6 * max(d - 250, 0),
}


def at(day: int, hour: int = 12) -> datetime.datetime:
    """A moment of a day since 1970."""
    return datetime.datetime.combine(date_of(day), datetime.time(hour), datetime.UTC)


def series(name: str, node: str, days: range, value: Callable[[int], float], scale: float = 1.0) -> Series:
    """One value for each day of the range, `day` counted from `FIRST`."""
    return Series(
        name=name,
        node=node,
        unit=unit_of(name),
        times=tuple(at(FIRST + day) for day in days),
        values=tuple(scale * value(day) for day in days),
    )


def constant(value: float) -> Callable[[int], float]:
    """What never changes."""
    return lambda _: value


def noisy(shape: Shape, seed: str, spread: float) -> Shape:
    """The shape with noise, the same for the same seed."""

    def value(day: int) -> float:
        return shape(day) + random.Random(f"{seed} {day}").gauss(0, spread)

    return value


def made_up(days: int = 365) -> CapacityReport:
    """A shop of a primary and a cache: storage that runs out, connections that do not, a cache that fills up."""
    year = range(days)
    found = [
        series(DATABASES, "primary", year, noisy(SHAPES["weekly"], "storage", 2), GIB / 4),
        series(CONNECTIONS, "primary", year, noisy(lambda d: 60 + (20 if d % 7 < 5 else 0), "connections", 4)),
        series(CONNECTIONS_LIMIT, "primary", year, constant(195)),
        series(TRANSACTION_IDS, "primary", year, lambda d: 1e6 * (d % 150)),
        series(FREEZE_AGE, "primary", year, constant(200e6)),
        series("table shop.orders", "primary", year, noisy(SHAPES["linear"], "orders", 1), GIB / 8),
        series("table shop.events", "primary", year, noisy(SHAPES["purge"], "events", 2), GIB / 16),
        series("table shop.countries", "primary", year, constant(8192)),
        series(MEMORY, "basket/basket-001", year, noisy(SHAPES["faster since"], "memory", 2), GIB / 100),
        series(MAXMEMORY, "basket/basket-001", year, constant(6 * GIB)),
        series(CLIENTS, "basket/basket-001", year, noisy(constant(300), "clients", 9)),
        series(MAXCLIENTS, "basket/basket-001", year, constant(65_000)),
    ]
    return assess(
        found,
        [DatabaseRoom(node="primary", allocated_bytes=100 * GIB)],
        [CacheRoom(node="basket/basket-001")],
        at(FIRST + days),
    )
