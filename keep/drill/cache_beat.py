"""A heartbeat in a cache until its snapshot is lost: what of it came back says how much a restore loses.

It is one key, written again and again with the server's clock in it. It has an expiry, so that a killed drill leaves
nothing for good, and it is taken out of both sides before their keys are compared.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bootstrap.secrets import LoginError
from keep.errors import KeepError
from observe.keys.places import NowhereError, shards
from observe.keys.wire import ReplyError, WireError
from observe.node import RedisNode

if TYPE_CHECKING:
    import redis

_KEY = "datatier:canary:"
_LIFE = timedelta(days=1)
"""Longer than a restore takes: the copy must still have it when it is asked."""
_RETRY = 0.2
"""Seconds after a heartbeat that failed."""


class CacheBeat:
    """Writes a heartbeat each `interval` seconds from a thread of its own, until it is stopped.

    :param nodes: of the cache, each with who logs in: somebody who may write every key.
    """

    def __init__(self, nodes: Sequence[RedisNode], run: str, interval: float) -> None:
        self._nodes, self._run, self._interval = nodes, run, interval
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="cache-canary", daemon=True)

    def start(self) -> None:
        """Begin; returns when the first one is written. Raise KeepError."""
        with _holder(self._nodes, self._run) as client:
            _one(client, self._run)
        self._thread.start()

    def stop(self) -> None:
        """End it; the key stays until it is taken out."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _beat(self) -> None:
        while not self._stop.is_set():
            try:
                with _holder(self._nodes, self._run) as client:
                    while not self._stop.wait(self._interval):
                        _one(client, self._run)
            except KeepError:
                self._stop.wait(_RETRY)


def clock_of(nodes: Sequence[RedisNode], run: str) -> datetime:
    """Return the time by the clock that the heartbeats of a run have. Raise KeepError."""
    with _holder(nodes, run) as client:
        return _now(client)


def taken_out(nodes: Sequence[RedisNode], run: str) -> datetime | None:
    """Remove the heartbeat and return when it was written; None where there is none. Raise KeepError."""
    with _holder(nodes, run) as client:
        found = client.getdel(_KEY + run)
    return datetime.fromisoformat(found.decode() if isinstance(found, bytes) else str(found)) if found else None


def _one(client: redis.Redis, run: str) -> None:
    client.set(_KEY + run, _now(client).isoformat(), px=_LIFE)


def _now(client: redis.Redis) -> datetime:
    seconds, microseconds = client.time()
    return datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=microseconds)


@contextmanager
def _holder(nodes: Sequence[RedisNode], run: str) -> Iterator[redis.Redis]:
    """A session on the primary that holds the key: of a sharded cache it is one of several."""
    import redis

    try:
        for shard in shards(nodes, primary=True):
            with shard.nodes[0].session() as client:
                if shard.slots is None or _holds(client, run):
                    yield client
                    return
    except (NowhereError, LoginError, ReplyError, WireError, redis.RedisError) as error:
        raise KeepError(f"the heartbeat of the cache could not be written or read: {error}") from None
    raise KeepError("no primary of the cache takes a heartbeat")


def _holds(client: redis.Redis, run: str) -> bool:
    from redis.exceptions import MovedError

    try:
        client.exists(_KEY + run)
    except MovedError:
        return False
    return True
