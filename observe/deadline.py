"""A moment after which nobody waits: for a login, for an answer, for a server that accepts and says nothing."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from threading import Event, Thread, Timer
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from bootstrap.errors import BootstrapError

if TYPE_CHECKING:
    import psycopg
    import redis

SECONDS = 1.0
"""How long a look at every server waits for one of them. With the start of a process the answer is there within two."""
K = TypeVar("K")
T = TypeVar("T")


class SilentError(BootstrapError):
    """A server has accepted the connection and does not answer in time; the session is of no more use."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no answer in {seconds:g} s")


@contextmanager
def cut(session: psycopg.Connection[Any] | redis.Redis, seconds: float) -> Iterator[None]:
    """End the session if the block takes longer, and raise SilentError whatever the block made of that.

    A stopped server neither answers nor closes, and libpq has no time limit on an answer: what waits on its socket is
    woken by shutting that down. The server notices when it next reads or writes: a statement that it still runs ends by
    its own `statement_timeout`.
    """
    fired = Event()
    with closing(_Ending(session)) as ending:

        def fire() -> None:
            fired.set()
            ending()

        timer = Timer(seconds, fire)
        timer.daemon = True
        timer.start()
        try:
            yield
        except Exception:
            if fired.is_set():
                raise SilentError(seconds) from None
            raise
        finally:
            timer.cancel()
            timer.join()
    if fired.is_set():
        raise SilentError(seconds)


class _Ending:
    """What breaks a session from another thread."""

    def __init__(self, session: psycopg.Connection[Any] | redis.Redis) -> None:
        pool = getattr(session, "connection_pool", None)
        self._socket: socket.socket | None = None
        self._break: Callable[[], None]
        if pool is not None:
            self._break = lambda: pool.disconnect(inuse_connections=True)
        else:
            # A number of its own: that of a session that has ended may meanwhile be another one's.
            own = self._socket = socket.socket(fileno=os.dup(session.fileno()))  # type: ignore[union-attr]
            self._break = lambda: own.shutdown(socket.SHUT_RDWR)

    def __call__(self) -> None:
        try:
            self._break()
        except OSError:
            return  # it has ended by itself

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()


def answers(work: Mapping[K, Callable[[], T]], seconds: float) -> dict[K, T]:
    """Do all of it at once; return what came in time, in the order of `work`.

    What is not done by then goes on in a thread that keeps no process alive: nothing ends the lookup of a name or a
    login from outside (libpq's connect_timeout of 2 s is the least that it knows). What `work` raises is a fault of the
    caller's: it catches what it expects.
    """
    found: dict[K, T] = {}
    failed: list[BaseException] = []

    def do(key: K, task: Callable[[], T]) -> None:
        try:
            found[key] = task()
        except BaseException as error:
            failed.append(error)

    until = monotonic() + seconds
    threads = [Thread(target=do, args=each, daemon=True) for each in work.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, until - monotonic()))
    if failed:
        raise failed[0]
    return {key: found[key] for key in work if key in found}
