"""The node with whoever logs in now: found again only when its login is refused, since each look costs a request."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

from bootstrap.errors import BootstrapError
from bootstrap.secrets import LoginError
from clients.errors import EmptySecretError, NoLoginError

Node = TypeVar("Node")


class Login(Generic[Node]):
    """One node, or several that are found together."""

    def __init__(self, find: Callable[[], Node]) -> None:
        """Find it."""
        self._find = find
        self.node = find()

    def failed(self, error: BootstrapError) -> None:
        """Look for another password if this one was refused; what cannot be read now is read after the next refusal."""
        if isinstance(error, LoginError) and error.refused:
            self.again()

    def again(self) -> None:
        """Find it again; it stays as it is where its secret cannot be read."""
        with suppress(BootstrapError, EmptySecretError, NoLoginError):
            self.node = self._find()
