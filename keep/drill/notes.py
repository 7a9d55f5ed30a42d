"""What a drill knows of itself while it runs. Kept in the place after each step: a killed run is found by it."""

from __future__ import annotations

import os
import socket
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from keep.drill.report import DrillCheck, DrillName, Phase, PhaseName

STALE = timedelta(minutes=5)
"""A run on another computer that has not renewed its notes for so long is dead; it does each half a minute."""


_BY = "RPO by"
"""Fact of a report."""


class Holder(BaseModel):
    """The process that carries a drill out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str
    pid: int
    started: str
    """When the process began, in the kernel's own unit: a number that is used again has another one."""


class Notes(BaseModel):
    """All that a step may know of the steps before it; everything else is gone with the process."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    format: Literal[1] = 1
    id: str
    drill: DrillName
    stack: str
    asked: dict[str, str] = {}
    """What was asked for besides, such as `to`."""
    holder: Holder
    began_at: datetime
    renewed_at: datetime
    incident_at: datetime | None = None
    """When what the drill plays has happened, by the source's clock."""
    rpo_seconds: float | None = None
    running: PhaseName | None = None
    running_since: datetime | None = None
    phases: list[Phase] = []
    checks: list[DrillCheck] = []
    facts: dict[str, str] = {}
    memory: dict[str, str] = {}
    """What a later step needs of an earlier one and no report shows."""

    def lost_since(self, kept: datetime, by: str | None = None) -> None:
        """Note the RPO: what was written from that moment to the incident is lost.

        :param by: what shows it, where that is not a heartbeat.
        """
        assert self.incident_at is not None  # noqa: S101 a drill's `prepare` has set it
        self.rpo_seconds = round(max((self.incident_at - kept).total_seconds(), 0), 3)
        others = {name: value for name, value in self.facts.items() if name != _BY}
        self.facts = {**others, _BY: by} if by is not None else others

    def check(self, name: str, ok: bool, detail: str) -> None:
        """Add the answer to a question; one of that name is replaced, since a step may run twice."""
        self.checks = [each for each in self.checks if each.name != name]
        self.checks.append(DrillCheck(name=name, ok=ok, detail=detail))


def me() -> Holder:
    """Return this process."""
    return Holder(host=socket.gethostname(), pid=os.getpid(), started=_started(os.getpid()) or "")


def alive(notes: Notes, now: datetime) -> bool:
    """Whether the run that wrote them goes on: here by its process, elsewhere by how fresh they are."""
    if notes.holder.host == socket.gethostname():
        return _started(notes.holder.pid) == notes.holder.started
    return now - notes.renewed_at < STALE


def _started(pid: int) -> str | None:
    """Field 22 of /proc/PID/stat (proc(5)); where there is no /proc, whether the process is there at all."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        if Path("/proc/self/stat").exists():
            return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return ""
