"""What became of a rotation, for whoever asked for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bootstrap.action import Action
from bootstrap.renewal.plan import RenewalOutcome


@dataclass(frozen=True, kw_only=True)
class Rotated:
    """What became of the rotation of one credential."""

    identity: str
    outcome: RenewalOutcome | Literal["planned", "skipped", "failed"]
    steps: tuple[Action, ...] = ()
    """What was done; what would be done in a dry run."""
    valid_until: datetime | None = None
    """Until when the old credential stays valid after the new one has become current."""
    notes: tuple[str, ...] = ()
    """What to know or to do: how to finish, sessions that were ended, checks that fail under both credentials."""

    def data(self) -> dict[str, object]:
        """Return it as `--json` prints it."""
        steps = [{"identity": s.identity, "action": s.verb, "target": s.target, "detail": s.text} for s in self.steps]
        return {
            "identity": self.identity,
            "outcome": self.outcome,
            "steps": steps,
            "valid_until": self.valid_until,
            "notes": list(self.notes),
        }


def still_valid(what: str, name: str, until: datetime) -> str:
    """Say how long what a rotation replaced opens something, and what ends that."""
    return (
        f"{what} is valid until {until:%Y-%m-%d %H:%M:%S %Z}, the first bootstrap or rotation after that retires it; "
        f"at once: `datatier access rotate {name} --finish`"
    )
