"""How a run of maintenance went."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict

from maintain.action import Action

State = Literal["done", "failed", "stopped", "left"]
"""`stopped`: broken off for the sake of others, before its end; `left`: not begun, or without the lock it takes."""


class Done(BaseModel):
    """One action."""

    model_config = ConfigDict(frozen=True)

    kind: str
    node: str = ""
    object: str
    statement: str
    state: State
    seconds: float = 0
    detail: str = ""
    """What the server said, why it was broken off, or what came of it."""
    tries: int = 0
    rows: int | None = None
    """That were changed, where they are counted."""
    bytes_before: int | None = None
    bytes_after: int | None = None
    blocked_seconds: float = 0
    """Longest that a session was seen waiting for it."""
    lag_seconds: float = 0
    """Worst that a replica was seen behind while it ran."""


class MaintenanceReport(BaseModel):
    """One run."""

    model_config = ConfigDict(frozen=True)

    began_at: str
    """UTC, ISO 8601."""
    seconds: float
    budget_seconds: float = 0
    done: tuple[Done, ...]
    stopped: str = ""
    """Why the rest was left; empty where everything had its turn."""
    unseen: tuple[str, ...] = ()
    """Replicas whose lag was not seen, and why."""

    @property
    def ok(self) -> bool:
        """Whether nothing failed. What was left for the next run is no failure."""
        return all(each.state != "failed" for each in self.done)

    @property
    def undone(self) -> int:
        """Actions that the next run has to do."""
        return self.count("stopped") + self.count("left")

    def count(self, state: State) -> int:
        """Actions that ended so."""
        return sum(each.state == state for each in self.done)


def past(reports: Iterable[MaintenanceReport]) -> tuple[dict[str, float], dict[str, str]]:
    """Of some runs: what each statement took when it was done, and what was said when it failed.

    What was done after it had failed has not failed any more.
    """
    took: dict[str, float] = {}
    failed: dict[str, str] = {}
    for each in (done for report in sorted(reports, key=lambda one: one.began_at) for done in report.done):
        if each.state == "done":
            took[each.statement] = each.seconds
            failed.pop(each.statement, None)
        elif each.state == "failed":
            failed[each.statement] = each.detail
    return took, failed


def left(action: Action, detail: str = "", *, tries: int = 0) -> Done:
    """An action that was not begun, or did not get its lock."""
    return Done(
        kind=action.kind,
        node=action.node,
        object=action.object,
        statement=action.statement,
        state="left",
        detail=detail,
        tries=tries,
    )
