"""What a run has done, written before each effect and after: a killed run is found by it.

One file for each plan, `.local/.upgrades/STACK/ID.json`; a lock beside them keeps two runs on one stack apart.
"""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from bootstrap.errors import BootstrapError
from upgrade.run.errors import BusyError


class EffectNote(BaseModel):
    """One effect of a step."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    began_at: datetime
    """Written before it."""
    was: dict[str, str] = {}
    """What it found: what AWS said of that which it changes."""
    request: str = ""
    """AWS's request id, once the call was answered."""
    back: list[str] = []
    """Statements that lead back, of SQL that destroys something."""
    ended_at: datetime | None = None


StepState = Literal["begun", "done", "undone"]


class StepNote(BaseModel):
    """One step."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    state: StepState
    what: str
    began_at: datetime
    ended_at: datetime | None = None
    found: bool = False
    """Whether it was done already when the run came to it."""
    effects: dict[str, EffectNote] = {}
    """By their number within the step."""
    undoing: dict[str, EffectNote] = {}


class Notes(BaseModel):
    """All of a plan."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    format: Literal[1] = 1
    plan: str
    steps: dict[str, StepNote] = {}
    """By their ids."""


class Notebook:
    """Keeps the notes of one plan on disk."""

    def __init__(self, folder: Path, plan: str, write: Callable[[Path, str], None]) -> None:
        """Read what is there. Raise BootstrapError for a file that cannot be read.

        :param folder: it exists.
        :param write: replaces a file in one step, on disk when it returns.
        """
        self._path, self._write = folder / f"{plan}.json", write
        self.notes = self._read(plan)

    def _read(self, plan: str) -> Notes:
        try:
            return Notes.model_validate_json(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return Notes(plan=plan)
        except (OSError, ValidationError) as error:
            raise BootstrapError(
                f"the notes in {self._path} cannot be read ({type(error).__name__}): move the file away, and the run "
                "finds by looking what is done"
            ) from None

    def keep(self) -> None:
        """Write them."""
        self._write(self._path, self.notes.model_dump_json(indent=1))


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep others off the stack meanwhile. Raise BusyError, with who it is, where somebody is at it.

    flock: the kernel gives it back when a holder is killed.
    """
    with (folder / "lock").open("a+", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            handle.seek(0)
            who = handle.read().strip() or "another process"
            raise BusyError(f"an upgrade of this stack runs already ({who}): wait until it has ended.") from None
        handle.truncate(0)
        handle.write(f"process {os.getpid()} on {socket.gethostname()}, since {datetime.now(UTC):%H:%M:%S} UTC")
        handle.flush()
        yield
