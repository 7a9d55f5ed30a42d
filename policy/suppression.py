"""A rule that is let pass for one resource, for a reason and until a day (`data-tier:suppress` of a stack's file)."""

from __future__ import annotations

from datetime import date
from typing import Protocol


class Suppression(Protocol):
    """One of them."""

    @property
    def rule(self) -> str: ...
    @property
    def resource(self) -> str:
        """Logical name."""
        ...

    @property
    def reason(self) -> str: ...
    @property
    def until(self) -> date:
        """Last day on which it holds."""
        ...
