"""What one look into the account found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Rating = Literal["ok", "missing", "note"]


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A change that AWS has taken and does in the maintenance window."""

    type: str
    """Of the program's resource."""
    name: str
    """Its logical name."""
    window: str
    """Such as `sun:04:00-sun:05:00`, UTC; empty where AWS does not say it."""
    inputs: dict[str, Any]
    """What waits, under the program's names for it."""
    undeclared: tuple[str, ...]
    """Those of them that are not what the program declares: somebody else has asked for them."""


@dataclass(frozen=True, kw_only=True)
class AccountFinding:
    """One result of a check of the account, good or bad, and how to fix it."""

    check: str
    state: Rating
    """`ok`, `missing` (a deployment fails, or costs data) or `note`."""
    where: str
    """Region, or `the account`."""
    what: str
    mend: str = ""
    waits: Waiting | None = None
    """For a waiting change: the change as data, for `--json`."""
