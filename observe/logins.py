"""What nodes log in with, read from the secret store when the first of them does and shared by the others."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from bootstrap.errors import BootstrapError
from bootstrap.secrets import Credential, LoginError
from clients.errors import EmptySecretError

Login = Callable[[], Credential]
"""Gives the credential, or raises `LoginError`."""


def at_first_use(read: Callable[[], Credential]) -> Login:
    """Read it once, in the thread that needs it first: a store that is slow or silent holds up no command before it has
    looked at anything. What could not be read is tried again at the next use.
    """
    lock, found = Lock(), list[Credential]()

    def login() -> Credential:
        with lock:
            if not found:
                try:
                    found.append(read())
                except LoginError:
                    raise
                except (BootstrapError, EmptySecretError) as error:
                    raise LoginError(str(error), refused=False) from None
            return found[0]

    return login
