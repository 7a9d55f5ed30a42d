"""What a rehearsal found, as data: what stops the upgrade, what each way took, and what is other afterwards."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

Verdict = Literal["passed", "failed"]
Way = Literal["pg_upgrade", "dump", "keys"]
"""`keys`: a cache's, one by one, into the other server."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Obstacle(_Model):
    """Something in the way of the upgrade."""

    check: str
    """What was looked for, such as `columns of reg* types`."""
    object: str
    """Where it is, such as `public.job.handler`."""
    what: str
    """What it does to the upgrade, in a sentence."""
    mend: str
    """What ends it: a statement where there is one."""
    stops: tuple[Way, ...] = ()
    """The ways that it stops; none where it is only to be known."""


class RehearsedPhase(_Model):
    """One phase of a way, in the order in which they ran."""

    name: str
    seconds: float
    detail: str = ""
    offline: bool = True
    """Whether the application waits for it."""


class RehearsalCheck(_Model):
    """One question to what came out of the upgrade."""

    name: str
    ok: bool | None
    """None where it could not be asked."""
    detail: str


class Downtime(_Model):
    """How long the application would wait: what was measured here, carried over to the size of the source."""

    seconds: float
    basis: str


class RehearsedWay(_Model):
    """The upgrade in one way, from the old server to the proof."""

    way: Way
    ok: bool
    refused: str = ""
    """Why it broke off, in the words of the program or the server; empty where it went through."""
    phases: tuple[RehearsedPhase, ...] = ()
    checks: tuple[RehearsalCheck, ...] = ()
    downtime: Downtime | None = None


class StatementPlan(_Model):
    """How both servers would run a statement of the source."""

    id: str
    query: str
    calls: int
    mean_ms: float
    changed: bool
    """Whether the plan has another shape: other nodes, another order, another index."""
    before: str
    """Its shape, such as `Hash Join(Seq Scan order, Index Scan customer_pkey)`."""
    after: str
    cost_ratio: float | None
    """Estimated cost after, of that before; None where it was 0."""


class ChangedSetting(_Model):
    """A parameter that the source sets and the new server takes otherwise, or not at all."""

    name: str
    value: str
    what: str


class UpgradeRehearsal(_Model):
    """The report of one rehearsal."""

    format: Literal[1] = 1
    id: str
    target: str
    """`postgres` or the name of a cache."""
    source: str
    """Whose data, such as `shop of live` or `the backup ID`."""
    was: str
    """The source's version, such as `PostgreSQL 16.14`."""
    wanted: str
    """What was asked for, such as `PostgreSQL 18`."""
    ran: tuple[str, str]
    """The versions of the servers of this computer that stood for the two."""
    bytes: int
    """What the source takes on its server."""
    verdict: Verdict
    reason: str
    began_at: datetime
    seconds: float
    obstacles: tuple[Obstacle, ...] = ()
    ways: tuple[RehearsedWay, ...] = ()
    statements: tuple[StatementPlan, ...] = ()
    settings: tuple[ChangedSetting, ...] = ()
    notes: tuple[str, ...] = ()
    """What the reader has to know, one sentence each: what was not rehearsed and why."""

    @property
    def changed_plans(self) -> tuple[StatementPlan, ...]:
        """The statements whose plan has another shape."""
        return tuple(each for each in self.statements if each.changed)
