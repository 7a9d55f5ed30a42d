"""A cache that can be killed, and comes back empty where it was."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pattern_caches import Caches, seed
from real_servers import free_port, valkey


class Mortal:
    """One cache of the application."""

    def __init__(self, name: str) -> None:
        self.name, self.port = name, free_port()
        self._life = ExitStack()

    def start(self) -> Caches:
        folder = self._life.enter_context(tempfile.TemporaryDirectory(prefix="dt-pattern-", dir="/tmp"))
        server = self._life.enter_context(valkey(Path(folder), port=self.port))
        seed(self.name, server)
        return Caches({self.name: server})

    def kill(self) -> None:
        self._life.close()


@contextmanager
def mortal(name: str) -> Iterator[Mortal]:
    made = Mortal(name)
    try:
        yield made
    finally:
        made.kill()
