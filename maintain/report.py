"""How a run of maintenance went."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from maintain.action import Action

State = Literal["done", "failed", "stopped", "left"]
"""`stopped`: broken off for the sake of others, before its end; `left`: not begun."""


class Done(BaseModel):
    """One action."""

    model_config = ConfigDict(frozen=True)

    kind: str
    object: str
    statement: str
    state: State
    seconds: float = 0
    detail: str = ""
    """What the server said, why it was broken off, or what came of it."""


class MaintenanceReport(BaseModel):
    """One run."""

    model_config = ConfigDict(frozen=True)

    began_at: str
    seconds: float
    done: tuple[Done, ...]
    stopped: str = ""
    """Why the rest was left; empty where everything had its turn."""

    @property
    def ok(self) -> bool:
        """Whether nothing failed. What was left for the next run is no failure."""
        return all(each.state != "failed" for each in self.done)


def left(action: Action) -> Done:
    """An action that was not begun."""
    return Done(kind=action.kind, object=action.object, statement=action.statement, state="left")
