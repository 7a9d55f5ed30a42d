"""What one look into the account found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol

State = Literal["ok", "missing", "note"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing."""

    check: str
    state: State
    """`ok`, `missing` (a deployment fails, or costs data) or `note`."""
    where: str
    """Region, or `the account`."""
    what: str
    mend: str = ""


class Wanted(Protocol):
    """A resource as the program declares it."""

    @property
    def type(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def inputs(self) -> dict[str, Any]: ...
