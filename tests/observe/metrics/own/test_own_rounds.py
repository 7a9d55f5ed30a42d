"""Readings in the background: when they are due, what is shown meanwhile, and what a failure leaves."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

import pytest

from bootstrap.errors import BootstrapError
from bootstrap.secrets import LoginError
from observe.metrics.family import gauge
from observe.metrics.login import Login
from observe.metrics.own.part import Part
from observe.metrics.own.source import PAUSE, Group, OwnSource
from observe.metrics.source import Refused, Scrape

FAR = 20.0


class World:
    """A server of a test: what it answers, and the clock."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.failure: Exception | None = None
        self.reads: list[str] = []
        self.gate = Event()
        self.gate.set()
        self.said: list[str] = []

    @contextmanager
    def session(self) -> Iterator[int]:
        self.gate.wait(FAR)
        if self.failure:
            raise self.failure
        yield 7

    def group(self, name: str, every: float) -> Group[int]:
        def read(session: int) -> Part:
            self.reads.append(name)
            return Part(families=[gauge(f"datatier_{name}", "", session)], dropped={name: 1})

        return Group(name, every, (f"datatier_{name}",), read)

    def source(self, *groups: Group[int]) -> OwnSource[int]:
        return OwnSource("shop", self.session, groups, clock=lambda: self.now, say=self.said.append)


def scrape(source: OwnSource[int]) -> Scrape:
    """One whose round, if it begins one, has ended."""
    found = source.scrape(time.monotonic() + FAR)
    if source._round is not None:
        assert source._round.wait(FAR)
    return found


def test_each_group_is_read_when_it_is_due() -> None:
    world = World()
    source = world.source(world.group("fast", 60), world.group("slow", 900))
    first = scrape(source)
    assert [each.name for each in first.families] == ["datatier_fast", "datatier_slow"]
    assert (first.ages, first.refused, first.dropped) == ({"fast": 0, "slow": 0}, [], {"fast": 1, "slow": 1})
    world.now += 59
    assert scrape(source).ages == {"fast": 59, "slow": 59}
    assert world.reads == ["fast", "slow"]
    world.now += 1
    assert scrape(source).ages["slow"] == 60  # what is known is shown at once, the round goes on beside it
    assert source.absent().ages == {"fast": 0, "slow": 60}
    assert world.reads == ["fast", "slow", "fast"]


def test_a_round_that_takes_long_holds_up_no_scrape_and_begins_once() -> None:
    world = World()
    source = world.source(world.group("fast", 60))
    scrape(source)
    world.now += 60
    world.gate.clear()
    for _ in range(3):
        assert source.scrape(time.monotonic() + FAR).ages == {"fast": 60}
    world.gate.set()
    scrape(source)
    assert world.reads == ["fast", "fast"]


def test_the_first_scrape_waits_until_its_deadline_and_no_longer() -> None:
    world = World()
    world.gate.clear()
    source = world.source(world.group("fast", 60))
    assert source.scrape(time.monotonic() + 0.01) == Scrape(families=[], refused=[], ages={}, dropped={})
    world.gate.set()
    assert scrape(source).ages == {"fast": 0}


@pytest.mark.parametrize(
    ("failure", "reason", "said"),
    [
        (BootstrapError("cannot reach the server"), "cannot reach the server", []),
        (KeyError("role"), "KeyError: 'role'", ["round of shop:"]),
    ],
)
def test_what_fails_is_said_and_tried_again_after_a_pause(failure: Exception, reason: str, said: list[str]) -> None:
    world = World()
    world.failure = failure
    source = world.source(world.group("fast", 60), world.group("slow", 900))
    refused = [Refused("datatier_fast", reason, ""), Refused("datatier_slow", reason, "")]
    assert (scrape(source).families, source.absent().refused) == ([], refused)
    assert [each.splitlines()[0] for each in world.said] == said
    world.failure = None
    assert scrape(source).families == []
    world.now += PAUSE
    assert scrape(source).ages == {"fast": 0, "slow": 0}
    world.failure = failure
    world.now += 900
    scrape(source)
    assert source.absent().ages == {"fast": 900, "slow": 900}  # what was read stays, and gets old
    assert source.absent().refused == []
    assert len(world.said) == len(said)  # once, however often


def test_a_fault_of_one_group_takes_nothing_from_the_others() -> None:
    def faulty(_: int) -> Part:
        raise ValueError("could not convert")

    world = World()
    source = world.source(Group("faulty", 60, ("datatier_a", "datatier_b"), faulty), world.group("fast", 60))
    found = scrape(source)
    why = "faulty: ValueError: could not convert"
    assert [each.name for each in found.families] == ["datatier_fast"]
    assert found.refused == [Refused("datatier_a", why, ""), Refused("datatier_b", why, "")]
    world.now += 60
    scrape(source)
    assert world.reads == ["fast", "fast"]
    assert len(world.said) == 1


def test_one_that_is_closed_reads_no_more() -> None:
    world = World()
    source = world.source(world.group("fast", 60))
    source.close()
    assert (scrape(source).families, world.reads) == ([], [])


def test_a_login_that_was_refused_is_found_again() -> None:
    found = iter(["old", "new", "newest"])
    login = Login(lambda: next(found))
    login.failed(LoginError("no route", refused=False))
    assert login.node == "old"
    login.failed(LoginError("wrong password", refused=True))
    assert login.node == "new"


def test_a_login_stays_where_its_secret_cannot_be_read() -> None:
    answers: Iterator[object] = iter(["old", LoginError("no store", refused=False)])

    def find() -> object:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    login = Login(find)
    login.again()
    assert login.node == "old"
