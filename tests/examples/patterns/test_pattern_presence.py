"""Presence: who is in a room by messages alone, and between instances over the application's own channels."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pattern_caches import Caches

from examples.patterns.python.presence import Presence
from examples.patterns.python.room import EXPIRY, HEARTBEAT, Event, Message, Room
from examples.patterns.python.tier import connect

CHANNEL = "rounds:ward-7"
CAME, WENT = Event("came", "ann"), Event("went", "ann")


def here(number: int, connection: str = "1", user: str = "ann") -> Message:
    return Message("here", user, connection, number)


def gone(number: int, connection: str = "1", user: str = "ann") -> Message:
    return Message("gone", user, connection, number)


@pytest.mark.parametrize(
    ("heard", "events"),
    [
        ([(here(1), 0), (here(2), 5)], [[CAME], []]),
        ([(here(1), 0), (gone(2), 5)], [[CAME], [WENT]]),
        ([(here(1), 0), (here(1, "2"), 0), (gone(2), 5), (gone(2, "2"), 5)], [[CAME], [], [], [WENT]]),
        ([(gone(2), 0), (here(1), 0)], [[], []]),
        ([(here(1), 0), (gone(3), 1), (here(2), 2), (here(3), 2)], [[CAME], [WENT], [], []]),
        ([(here(1), 0), (gone(2), 1), (here(3), 2)], [[CAME], [WENT], [CAME]]),
        ([(here(1), 0), (here(2, user="bob"), 1)], [[CAME], []]),
        ([(Message("who"), 0)], [[]]),
    ],
)
def test_what_messages_say(heard: list[tuple[Message, float]], events: list[list[Event]]) -> None:
    room = Room()
    assert [room.receive(message, now) for message, now in heard] == events


def test_who_is_not_heard_is_gone() -> None:
    room = Room()
    room.receive(here(1), 100)
    assert room.expire(100 + EXPIRY - 1) == []
    assert room.expire(100 + EXPIRY) == [WENT]
    assert room.receive(here(2), 100 + EXPIRY) == [CAME]


def test_who_could_not_be_heard_has_time_again() -> None:
    room = Room()
    room.receive(here(1), 100)
    room.wait(200)
    assert room.expire(200 + EXPIRY - 1) == []
    assert room.users == {"ann"}


@pytest.mark.parametrize(
    "text",
    [
        *("", "null", "[]", "1", '"here"', "{}", '{"kind": "here"}', "\x00"),
        '{"kind": "shout", "user": "a", "connection": "1", "number": 1}',
        '{"kind": "here", "user": {}, "connection": "1", "number": 1}',
        '{"kind": "here", "user": "a", "connection": [], "number": 1}',
        '{"kind": "here", "user": "a", "connection": "1", "number": "1"}',
        '{"kind": [], "user": "a", "connection": "1", "number": 1}',
    ],
)
def test_what_is_no_message(text: str) -> None:
    assert Message.read(text) is None


def test_a_message_is_read_as_it_was_said() -> None:
    said = here(7, "5b0c", "ann@example.org")
    assert Message.read(said.text()) == said


class Clock:
    """One instance's own clock, which starts anywhere."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


Make = Callable[[Clock], Presence]


@pytest.fixture
def instance(tier: Caches) -> Iterator[Make]:
    """Makes an instance of the application in the room."""
    made: list[Presence] = []

    def make(clock: Clock) -> Presence:
        made.append(Presence(connect("main", environ=tier.environment), CHANNEL, clock))
        return made[-1]

    yield make
    for each in made:
        each.close()


def until(users: set[str], *instances: Presence) -> list[Event]:
    """Step until all of these know these users; return what the first has seen."""
    first, *others = instances
    events = []
    for _ in range(400):
        events += first.step(0.05)
        for each in others:
            each.step(0.05)
        if all(each.users == users for each in instances):
            return events
    raise AssertionError(f"{[each.users for each in instances]}, not {users}")


@pytest.mark.server
def test_instances_see_each_others_users(instance: Make) -> None:
    one = instance(Clock(1000))
    one.join("ann", "1")
    assert until({"ann"}, one) == [CAME]
    # The second comes later and asks; the clocks of the two have nothing to do with each other.
    two = instance(Clock(5))
    two.join("bob", "2")
    two.join("bob", "3")
    assert until({"ann", "bob"}, one, two) == [Event("came", "bob")]
    two.leave("2")
    two.leave("3")
    assert until({"ann"}, one, two) == [Event("went", "bob")]


@pytest.mark.server
def test_an_instance_that_died_takes_its_users_with_it(instance: Make) -> None:
    clock = Clock(1000)
    one, two = instance(clock), instance(clock)
    one.join("ann", "1")
    two.join("bob", "2")
    until({"ann", "bob"}, one, two)
    # The second is not stepped any more; what it had said is heard before what is said now.
    one.join("cid", "3")
    until({"ann", "bob", "cid"}, one)
    for _ in range(2):
        clock.now += HEARTBEAT
        assert until({"ann", "bob", "cid"}, one) == []
    clock.now += HEARTBEAT
    assert until({"ann", "cid"}, one) == [Event("went", "bob")]
