"""What nodes log in with, read from the secret store when the first of them does and shared by the others."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from bootstrap.errors import BootstrapError
from bootstrap.secrets import Credential, LoginError
from clients.errors import EmptySecretError


class Login:
    """A credential that is read in the thread which needs it first, so that a store that is slow or silent holds up no
    command before it has looked at anything.
    """

    def __init__(self, read: Callable[[], Credential]) -> None:
        self._read = read
        self._lock = Lock()
        self._found: Credential | None = None

    def read(self) -> Credential:
        """Return it; what could not be read is tried again at the next call. Raise `LoginError`."""
        with self._lock:
            if self._found is None:
                try:
                    self._found = self._read()
                except LoginError:
                    raise
                except (BootstrapError, EmptySecretError) as error:
                    raise LoginError(str(error), refused=False) from None
            return self._found

    def ready(self) -> None:
        """Read it where that has not happened. Raise `LoginError`."""
        self.read()
