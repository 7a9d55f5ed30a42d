"""The node with whoever logs in now: found again only when its login is refused, since each look costs a request."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Generic, TypeVar

from bootstrap.errors import BootstrapError
from bootstrap.secrets import LoginError
from clients.errors import EmptySecretError, NoLoginError

Node = TypeVar("Node")
PAUSE, LONGEST_PAUSE = 1.0, 10.0
"""Seconds after a failed login until the next one, doubled each time: a server that is short of connections, or just
starting, is not helped by more of them, and a wrong password counts as a failed login each time, on which there is an
alarm."""


class Login(Generic[Node]):
    """One node, or several that are found together."""

    def __init__(self, find: Callable[[], Node]) -> None:
        """Find it."""
        self._find = find
        self.node = find()
        self._failures = 0
        self._not_before = 0.0

    @property
    def pauses(self) -> bool:
        """Whether it is too early for the next login."""
        return monotonic() < self._not_before

    def succeeded(self) -> None:
        """Forget the failures before."""
        self._failures = 0

    def failed(self, error: BootstrapError) -> None:
        """Pause, and look for another password if this one was refused: it may have been renewed."""
        self._failures += 1
        self._not_before = monotonic() + min(LONGEST_PAUSE, PAUSE * 2 ** (self._failures - 1))
        if isinstance(error, LoginError) and error.refused:
            self.again()

    def again(self) -> bool:
        """Find it again. It stays as it is where its secret cannot be read: that is tried after the next refusal."""
        with suppress(BootstrapError, EmptySecretError, NoLoginError):
            self.node = self._find()
            return True
        return False
