"""Who is in a room, as one instance of the application knows it from messages: no connection, no clock of its own.

Each connection says again and again that it is there, and is gone when it says so or is not heard for `EXPIRY` seconds
by the listener's own clock: clocks are never compared. Its messages are numbered, because after a reconnect an older
one may come later.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

HEARTBEAT = 5.0
"""Seconds between two heartbeats of a connection."""
EXPIRY = 3 * HEARTBEAT
"""Seconds without one after which it is gone."""


class Event(NamedTuple):
    """A user came (the first of its connections) or went (the last)."""

    kind: Literal["came", "went"]
    user: str


class Message(NamedTuple):
    """What is published in a room's channel; `who` asks everybody for a heartbeat."""

    kind: Literal["here", "gone", "who"]
    user: str = ""
    connection: str = ""
    number: int = 0

    def text(self) -> str:
        """As it is published."""
        return json.dumps(self._asdict())

    @classmethod
    def read(cls, text: str) -> Message | None:
        """None for what no instance of this version says: whoever may publish here may publish anything."""
        try:
            found = json.loads(text)
            message = cls(found["kind"], found["user"], found["connection"], found["number"])
        except (ValueError, KeyError, TypeError):
            return None
        types = [type(each) for each in message]
        return message if types == [str, str, str, int] and message.kind in {"here", "gone", "who"} else None


@dataclass
class _Connection:
    user: str
    number: int
    heard: float
    here: bool


@dataclass
class Room:
    """The connections in a room. Times are seconds of any clock that only goes forward."""

    _known: dict[str, _Connection] = field(default_factory=dict)

    @property
    def users(self) -> set[str]:
        """Who is there."""
        return {each.user for each in self._known.values() if each.here}

    def receive(self, message: Message, now: float) -> list[Event]:
        """Take in a message; a connection that has gone is remembered, so that an older message does not bring it
        back."""
        known = self._known.get(message.connection)
        if message.kind == "who" or (known and message.number <= known.number):
            return []
        before = self.users
        user = known.user if known else message.user
        self._known[message.connection] = _Connection(user, message.number, now, message.kind == "here")
        return self._events(before)

    def expire(self, now: float) -> list[Event]:
        """Take out what was not heard for too long."""
        before = self.users
        self._known = {name: each for name, each in self._known.items() if now - each.heard < EXPIRY}
        return self._events(before)

    def wait(self, now: float) -> None:
        """Give everybody a whole `EXPIRY` again: nobody could be heard meanwhile."""
        for each in self._known.values():
            each.heard = now

    def _events(self, before: set[str]) -> list[Event]:
        after = self.users
        return [Event("came", each) for each in sorted(after - before)] + [
            Event("went", each) for each in sorted(before - after)
        ]
