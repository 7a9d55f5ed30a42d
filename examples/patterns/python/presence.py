"""Presence in a room over pub/sub: every instance of the application knows who is there, and nothing is stored.

Pub/sub promises nothing: what is published while a subscriber is away is lost. So state is said again by heartbeats,
and whoever subscribes, for the first time or after a lost connection, asks who is there.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Literal

import redis

from .room import HEARTBEAT, Event, Message, Room
from .tier import Client

GONE = (redis.ConnectionError, redis.TimeoutError)
"""The cache cannot be reached: heartbeats follow once it can, and whoever is not heard expires."""


class Presence:
    """One room in one instance of the application. Not for several threads: whoever calls `step` calls the rest."""

    def __init__(self, client: Client, channel: str, clock: Callable[[], float] = time.monotonic) -> None:
        """`channel` is the room's, among those that the identity may use: `collab:{room}` where it has `collab:*`.

        It is subscribed to by its whole name: an ACL compares the pattern of PSUBSCRIBE as text, so `collab:x*` would
        be refused to whoever may use `collab:*`.
        """
        self._client, self._channel, self._clock = client, channel, clock
        self._room = Room()
        self._mine: dict[str, tuple[str, int]] = {}
        self._beaten = clock()
        self._pubsub: redis.client.PubSub = client.pubsub()  # type: ignore[no-untyped-call]
        self._pubsub.subscribe(self._channel)

    @property
    def users(self) -> set[str]:
        """Who is there, as far as this instance has heard."""
        return self._room.users

    def join(self, user: str, connection: str) -> None:
        """A user has come through this instance. `connection` is an id that nothing else ever has: uuid4, not the
        user's."""
        self._mine[connection] = (user, 0)
        with contextlib.suppress(*GONE):
            self._say("here", connection)

    def leave(self, connection: str) -> None:
        """Its connection is closed."""
        with contextlib.suppress(*GONE):
            self._say("gone", connection)
        del self._mine[connection]

    def step(self, seconds: float) -> list[Event]:
        """Listen for so long, beat the heart when it is time, and return who came and went. Call it again and again.

        Without the cache nobody comes or goes: what was known stays until others can be heard again.
        """
        events: list[Event] = []
        with contextlib.suppress(*GONE):
            self._listen(seconds, events)
            if self._clock() - self._beaten >= HEARTBEAT:
                self._beat()
            events += self._room.expire(self._clock())
        return events

    def close(self) -> None:
        """Say that everybody here is gone, where that can be said, and stop listening."""
        for connection in list(self._mine):
            self.leave(connection)
        self._pubsub.close()

    def _listen(self, seconds: float, events: list[Event]) -> None:
        found = self._pubsub.get_message(timeout=seconds)
        while found is not None:
            if found["type"] == "subscribe":
                # The first time and each time that the client has subscribed again after a lost connection.
                self._room.wait(self._clock())
                self._publish(Message("who"))
                self._beat()
            elif message := Message.read(found["data"]):
                if message.kind == "who":
                    self._beat()
                events += self._room.receive(message, self._clock())
            found = self._pubsub.get_message()

    def _beat(self) -> None:
        self._beaten = self._clock()
        for connection in self._mine:
            self._say("here", connection)

    def _say(self, kind: Literal["here", "gone"], connection: str) -> None:
        user, number = self._mine[connection]
        self._mine[connection] = (user, number + 1)
        self._publish(Message(kind, user, connection, number + 1))

    def _publish(self, message: Message) -> None:
        self._client.publish(self._channel, message.text())
