"""What carrying a plan out takes of the world: to look, to call, to ask a database, to deploy, and a clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from upgrade.check import Look, Value
from upgrade.effect import Call, Deploy

Row = tuple[str | None, ...]


class World(Protocol):
    """Methods raise BootstrapError with what mends it."""

    def look(self, look: Look) -> object:
        """What the path finds in AWS's answer; None where what is described does not exist."""
        ...

    def call(self, call: Call, found: Mapping[str, Value]) -> str:
        """Make it, with what was found for its parameters, and return AWS's request id."""
        ...

    def ask(self, statement: str) -> Sequence[Row]:
        """The rows of a query on the primary, as the master, each column as text."""
        ...

    def execute(self, statement: str, role: str | None) -> None:
        """One statement on the primary, as the master or the role; a warning of the server's is an error."""
        ...

    def differences(self) -> Sequence[str]:
        """What inside the engines is otherwise than declared."""
        ...

    def lacks(self, lines: Sequence[str]) -> Sequence[str]:
        """Those lines that the stack's file does not have."""
        ...

    def deploy(self, deploy: Deploy) -> bool:
        """Deploy, where that is wanted and can be done from here; False where it is left to a person."""
        ...

    def now(self) -> datetime:
        """The time, UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...
