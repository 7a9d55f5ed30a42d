"""What a drill found, as data: a verdict, how long each phase took, and what was lost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

DrillName = Literal["pitr", "snapshot", "deletion", "primary", "region", "redis"]
Verdict = Literal["passed", "failed", "error"]
"""`failed` is a verdict on the backup or the objective; `error` is none: the drill itself could not be done."""
PhaseName = Literal["detect", "restore", "warm", "statistics", "merge", "prove", "serve", "rejoin", "destroy"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Phase(_Model):
    """One phase, in the order in which they ran."""

    name: PhaseName
    began_at: datetime
    seconds: float
    detail: str
    """What was done, in a sentence; or what it broke off with."""
    ok: bool = True
    """Whether it was done to its end."""


class DrillObjective(_Model):
    """What the stack has promised."""

    rto_seconds: float | None
    rpo_seconds: float | None


class DrillCheck(_Model):
    """One question to what came back, and its answer."""

    name: str
    ok: bool
    detail: str


class DrillReport(_Model):
    """The report of one drill."""

    format: Literal[1] = 1
    id: str
    drill: DrillName
    stack: str
    verdict: Verdict
    reason: str
    """Why, in a sentence."""
    began_at: datetime
    incident_at: datetime | None
    """When what the drill plays has happened, by the source's clock."""
    rto_seconds: float | None
    rpo_seconds: float | None
    objective: DrillObjective
    phases: tuple[Phase, ...]
    checks: tuple[DrillCheck, ...] = ()
    facts: dict[str, str] = {}
    """What the reader may want to know besides: versions, sizes, identifiers."""
    previous: str | None = None
    """SHA-256 of the report before it, of whatever drill: the reports of a stack are a chain."""
    pages: dict[str, str] = {}
    """SHA-256 of its Markdown (`md`) and of its page (`html`), made of all of it but this."""


def in_rto(phases: Sequence[Phase]) -> tuple[Phase, ...]:
    """Return the phases until the application has its data again: what follows `serve` nobody waits for."""
    names = [phase.name for phase in phases]
    until = names.index("serve") + 1 if "serve" in names else len(names)
    return tuple(phase for phase in phases[:until] if phase.name != "destroy")
