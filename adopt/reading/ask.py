"""Asking AWS many things at once; what is refused is noted with what it costs, and stops nothing else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

from account.reader import ExpiredError, NotAllowedError, NotReadableError, NotThereError, Reader
from adopt.estate import Described, Unread
from adopt.reading.calls import Call
from bootstrap.errors import AskedError

P = ParamSpec("P")
T = TypeVar("T")

AT_ONCE = 12
"""Calls under way at a time; a client keeps 16 connections (`bootstrap/aws.py`)."""


class Asking:
    """One reading of an account."""

    def __init__(self, reader: Reader, at_once: int = AT_ONCE) -> None:
        self._reader = reader
        self._room = threading.Semaphore(at_once)
        # Those who wait for others' answers are threads as well, so that there are more of them than calls at a time.
        self._pool = ThreadPoolExecutor(max_workers=64)
        self._noting = threading.Lock()
        self._unread: dict[tuple[str, str], Unread] = {}

    @property
    def region(self) -> str:
        """The region of the stack."""
        return self._reader.region

    @property
    def calls(self) -> int:
        """Calls so far."""
        return self._reader.calls

    @property
    def waited(self) -> int:
        """Calls so far that AWS asked to come again later."""
        return self._reader.retries

    @property
    def unread(self) -> tuple[Unread, ...]:
        """What could not be read so far, each permission once, in the order of their names."""
        return tuple(self._unread[each] for each in sorted(self._unread))

    def soon(self, work: Callable[P, T], *args: P.args, **more: P.kwargs) -> Future[T]:
        """Begin something; several begun one after the other go on at once."""
        return self._pool.submit(work, *args, **more)

    def each(self, work: Callable[..., T], over: Iterator[Any] | list[Any] | tuple[Any, ...]) -> list[T]:
        """The results of the same work on several things, at once, in their order."""
        return [begun.result() for begun in [self.soon(work, one) for one in over]]

    def maybe(self, call: Call, region: str | None = None, **arguments: Any) -> tuple[Described, ...] | None:
        """Every item of a list, none where what it names does not exist; None where the call is refused."""
        try:
            return self._attempt(call, lambda: tuple(self._ask(call, region, arguments)))
        except NotThereError:
            return ()

    def all(self, call: Call, region: str | None = None, **arguments: Any) -> tuple[Described, ...]:
        """Every item of a list; none where the call is refused, too."""
        return self.maybe(call, region, **arguments) or ()

    def one(self, call: Call, region: str | None = None, **arguments: Any) -> Described:
        """The whole answer of a call; empty where it is refused, or where what it names does not exist."""
        try:
            return self._attempt(call, lambda: self._ask_once(call, region, arguments)) or {}
        except NotThereError:
            return {}

    def must(self, call: Call, region: str | None = None, **arguments: Any) -> tuple[Described, ...]:
        """Every item of a list without which there is nothing to adopt. Raise `NotReadableError`."""
        with _known():
            return tuple(self._ask(call, region, arguments))

    def close(self) -> None:
        """Let the threads end; what was not begun yet does not begin."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _ask(self, call: Call, region: str | None, arguments: dict[str, Any]) -> list[Any]:
        with self._room:
            return self._reader.all(call.service, method(call), call.field, region, **arguments)

    def _ask_once(self, call: Call, region: str | None, arguments: dict[str, Any]) -> Described:
        with self._room:
            return self._reader.one(call.service, method(call), region, **arguments)

    def _attempt(self, call: Call, work: Callable[[], T]) -> T | None:
        """The result; None, and noted, where AWS does not give it."""
        try:
            with _known():
                return work()
        except NotThereError:
            raise
        except NotReadableError as error:
            why = "not allowed" if isinstance(error, NotAllowedError) else error.code or str(error)
            with self._noting:
                self._unread[call.action, why] = Unread(permission=call.action, cost=call.cost, why=why)
            return None


@contextmanager
def _known() -> Iterator[None]:
    try:
        yield
    except ExpiredError as error:
        raise AskedError(
            f"AWS does not take these credentials ({error}): log in again (`aws sso login`), or set AWS_PROFILE to "
            "those of the tier's account."
        ) from None


def method(call: Call) -> str:
    """What a client calls it."""
    from botocore import xform_name

    name: str = xform_name(call.operation)
    return name
