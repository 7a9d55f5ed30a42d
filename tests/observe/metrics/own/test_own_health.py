"""One look at all servers serves the sources of all of them."""

from __future__ import annotations

import time

from knowledge.thresholds.threshold import Status
from observe.health.report import Health, HealthReport
from observe.metrics.own.health import EVERY, HealthRounds
from observe.metrics.own.source import OwnSource
from observe.observation import Finding


def node(name: str, status: Status) -> Health:
    found = Finding(check="slots", status=status, message="of a test")
    return Health(name=name, engine="postgres", role="primary", address="", up=True, ms=1.0, findings=(found,))


def statuses(source: OwnSource[HealthReport]) -> dict[str, float]:
    scrape = source.scrape(time.monotonic() + 20)
    samples = [each for family in scrape.families if family.name == "datatier_check_status" for each in family.samples]
    return {dict(labels)["check"]: value for labels, value, _ in samples}


def test_one_look_for_all() -> None:
    looks: list[float] = []
    clock = [1000.0]
    stack = Finding(check="primaries", status=Status.CRITICAL, message="of a test")

    def look() -> HealthReport:
        looks.append(clock[0])
        return HealthReport(nodes=(node("a", Status.OK), node("b", Status.WARN)), findings=(stack,))

    rounds = HealthRounds(look, clock=lambda: clock[0])
    assert statuses(rounds.source("a")) == {"slots": 0}
    clock[0] += EVERY / 2 - 1
    assert statuses(rounds.source("b")) == {"slots": 1}
    assert statuses(rounds.source("stack")) == {"primaries": 2}
    assert looks == [1000]
    clock[0] += EVERY
    assert statuses(rounds.source("a")) == {"slots": 0}
    assert looks == [1000, 1000 + 1.5 * EVERY - 1]
