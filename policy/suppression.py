"""A rule that is let pass for one resource, for a reason and until a day (`data-tier:suppress` of a stack's file)."""

from __future__ import annotations

from datetime import date
from typing import Protocol


class Suppression(Protocol):
    """A finding that the stack's file accepts, with the reason."""

    @property
    def rule(self) -> str: ...
    @property
    def resource(self) -> str:
        """Logical name of the resource."""
        ...

    @property
    def reason(self) -> str: ...
    @property
    def until(self) -> date:
        """Last day on which it holds."""
        ...
