"""A server that is looked at, and how a session with it begins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from observe.deadline import cut
from observe.errors import UnansweredError

if TYPE_CHECKING:
    import psycopg
    import redis

    from observe.rights import Lack

APPLICATION = "datatier-ops"
"""application_name of every session of this room."""
SECONDS = 5
"""How long one statement may take, and how long a login is waited for."""
# One simple query: a pooler takes no `options`. Nothing of what this room does writes, waits for a lock or stays long.
# Names are UTF-8 whatever a database keeps them in: psycopg gives the text of an SQL_ASCII one as bytes.
# Statements on catalogs are estimated so high that compiling them would take longer than they do.
_READ_ONLY = (
    f"SET client_encoding = 'UTF8'; SET default_transaction_read_only = on; SET statement_timeout = '{SECONDS}s'; "
    f"SET lock_timeout = '200ms'; SET idle_in_transaction_session_timeout = '{2 * SECONDS}s'; SET jit = off"
)


@dataclass(frozen=True, kw_only=True)
class PostgresNode:
    """One PostgreSQL server, and who logs in."""

    name: str
    """`primary`, a replica's name, or `database` for the one of a URL."""
    address: str
    """`HOST:PORT`, or `HOST:PORT/DATABASE` for the one of a URL."""
    replica: bool | None
    """Whether it is declared as one; None of a URL, where nothing is declared."""
    lag_limit: float | None = None
    """Seconds that a replica may be behind by the stack's own word; None where nothing is declared."""
    connect: Callable[[int], psycopg.Connection[tuple[Any, ...]]]
    """Log in within so many seconds. Raise `LoginError` or `UrlError`."""
    ready: Callable[[], None] = lambda: None
    """Read what it logs in with, where that is in a secret. Raise `LoginError`."""

    def open(self, *, seconds: int = SECONDS) -> psycopg.Connection[tuple[Any, ...]]:
        """An autocommit session that can only read, for as long as its caller keeps it.

        Raise `LoginError`, `UrlError`, or `SilentError` from a server that says nothing after the login.
        """
        conn = self.connect(seconds)
        try:
            with cut(conn, seconds):
                conn.execute(_READ_ONLY)
        except BaseException:
            conn.close()
            raise
        return conn

    @contextmanager
    def session(self, *, seconds: int = SECONDS) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        """The same for the length of a block."""
        with closing(self.open(seconds=seconds)) as conn:
            yield conn

    @contextmanager
    def asked(self, *, seconds: float = SECONDS + 1) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        """A session for what a command asks this server alone, cut after so many seconds.

        Raise `UnansweredError` where the server breaks off what it was asked, besides what `open` raises.
        """
        import psycopg

        try:
            with self.session() as conn, cut(conn, seconds):
                yield conn
        except psycopg.Error as error:
            said = str(error.diag.message_primary or error).splitlines()[0]
            raise UnansweredError(f"{self.name} did not answer: {said}") from None


@dataclass(frozen=True, kw_only=True)
class RedisNode:
    """One node of a cache, and who logs in."""

    name: str
    """`CACHE/NODE`, the cache's name where only its endpoint is known, or `redis` for the one of a URL."""
    cache: str
    """Name of its cache."""
    address: str
    """`HOST:PORT`."""
    connect: Callable[[float], redis.Redis]
    """Log in within so many seconds, which are also what an answer may take. Raise `LoginError` or `UrlError`.

    A node that is loading its data, or has lost its primary, is there: it says so in INFO.
    """
    ready: Callable[[], None] = lambda: None
    """Read what it logs in with, where that is in a secret. Raise `LoginError`."""
    at: Callable[[str, int], RedisNode] | None = None
    """Another node of the same cache by host and port, with the same login; None where nobody asks for one."""
    lack: Callable[[str], Lack | None] = lambda _: None
    """What keeps who logs in from a command (`config|get`), as far as that is known without trying."""

    @contextmanager
    def session(self, *, seconds: float = SECONDS) -> Iterator[redis.Redis]:
        """A client that is logged in, for the length of a block."""
        with closing(self.connect(seconds)) as client:
            yield client


def host_and_port(address: str, usual: int) -> tuple[str, int]:
    """Where a node listens; the engine's usual port, or this computer, where its URL does not say."""
    place = address.partition("/")[0]
    host, _, port = place.rpartition(":")
    if not port.isdecimal():
        host, port = place, str(usual)
    return "localhost" if host in {"", "this computer"} else host.strip("[]"), int(port)
