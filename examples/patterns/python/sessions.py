"""A session store: sliding expiry under an absolute end, a new id at each login, and logout everywhere at once.

A session is a hash under the hash of its id, and is valid only while the user's index, a second hash, has it too. So
logout everywhere is the removal of one key, and an index that was evicted or lost signs its user out, not in.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from typing import cast

from .keys import Space, hashed
from .tier import Client

SESSIONS = Space(pattern="session:{user}:{session_hash}", cache="main", type="hash", ttl=24 * 3600)
LONGEST = 7 * 24 * 3600
"""Seconds after which a session ends however busy it is."""
_ENDS = "@ends"
"""The field with the absolute end."""


class Sessions:
    """Sessions by cookie, which is `user.secret`; the secret is nowhere in the cache."""

    def __init__(self, client: Client, now: Callable[[], float] = time.time) -> None:
        self._client, self._now = client, now

    def sign_in(self, user: str, data: Mapping[str, str], previous: str | None = None) -> str:
        """Return the cookie of a new session. `previous` is the cookie that the browser had before: that session ends,
        or whoever planted it would now be signed in."""
        if previous is not None:
            self.sign_out(previous)
        index, now = SESSIONS.index(user=user), self._now()
        known = cast(dict[str, str], self._client.hgetall(index))
        if over := [each for each, ends in known.items() if float(ends) <= now]:
            self._client.hdel(index, *over)
        return self._start(user, data, now + LONGEST)

    def read(self, cookie: str) -> dict[str, str] | None:
        """The data of a session, whose life starts again; None where it is over. One round trip."""
        found = self._found(cookie)
        return found[0] if found else None

    def write(self, cookie: str, data: Mapping[str, str]) -> None:
        """Add to the data of a session. After a sign-out it has no effect: what is not in the index is not read. Raise
        ValueError for a field that is the store's own."""
        _, key, _, _ = _names(cookie)
        if _ENDS in data:
            raise ValueError(f"`{_ENDS}` is the store's own field")
        with self._client.pipeline(transaction=True) as pipe:
            pipe.hset(key, items=_fields(data))
            pipe.expire(key, SESSIONS.ttl)
            pipe.execute()

    def rotate(self, cookie: str) -> str | None:
        """Give a session a new id, where its user gets more rights; None where it is over."""
        found = self._found(cookie)
        if found is None:
            return None
        new = self._start(cookie.rpartition(".")[0], *found)
        self.sign_out(cookie)
        return new

    def sign_out(self, cookie: str) -> None:
        """End one session."""
        _, key, index, mark = _names(cookie)
        with self._client.pipeline(transaction=False) as pipe:
            pipe.hdel(index, mark)
            pipe.unlink(key)
            pipe.execute()

    def sign_out_everywhere(self, user: str) -> None:
        """End all sessions of a user: they are over once the index is gone, and what they held goes next."""
        index = SESSIONS.index(user=user)
        marks = cast(list[str], self._client.hkeys(index))
        self._client.unlink(index)
        with self._client.pipeline(transaction=False) as pipe:
            for mark in marks:
                pipe.unlink(SESSIONS.key(user=user, session_hash=mark))
            pipe.execute()

    def _found(self, cookie: str) -> tuple[dict[str, str], float] | None:
        """The data and the absolute end of a session that is not over."""
        _, key, index, mark = _names(cookie)
        with self._client.pipeline(transaction=False) as pipe:
            pipe.hgetall(key)
            pipe.hexists(index, mark)
            pipe.expire(key, SESSIONS.ttl)
            pipe.expire(index, SESSIONS.ttl)
            data, listed, *_ = cast(tuple[dict[str, str], bool, bool, bool], pipe.execute())
        ends = float(data.pop(_ENDS, 0))
        return (data, ends) if listed and ends > self._now() else None

    def _start(self, user: str, data: Mapping[str, str], ends: float) -> str:
        secret = secrets.token_urlsafe(32)
        cookie = f"{user}.{secret}"
        _, key, index, mark = _names(cookie)
        with self._client.pipeline(transaction=False) as pipe:
            pipe.hset(key, items=_fields({**data, _ENDS: str(ends)}))
            pipe.expire(key, SESSIONS.ttl)
            pipe.hset(index, mark, str(ends))
            pipe.expire(index, SESSIONS.ttl)
            pipe.execute()
        return cookie


def _fields(data: Mapping[str, str]) -> list[str]:
    return [each for pair in data.items() for each in pair]


def _names(cookie: str) -> tuple[str, str, str, str]:
    """The user, the session's key, the index, and the session's field there."""
    user, _, secret = cookie.rpartition(".")
    mark = hashed(secret)
    return user, SESSIONS.key(user=user, session_hash=mark), SESSIONS.index(user=user), mark
