"""What a dashboard is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from boards.expression import Expression

Unit = Literal["percentunit", "s", "ms", "bytes", "Bps", "ops", "short", "none"]
"""Units as Grafana calls them."""

Form = Literal["graph", "bars", "list"]
"""Values over time, the newest of each series as bars, or as text."""


@dataclass(frozen=True)
class Line:
    """One query of a panel."""

    expression: Expression
    legend: str = "{{instance}}"
    """What a series is called, its labels in double braces."""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One graph or list."""

    id: str
    """Unique among all dashboards."""
    title: str
    """What it shows."""
    says: str
    """What it means, and what a person would look for in it."""
    unit: Unit
    """Unit of its values."""
    lines: tuple[Line, ...]
    """Its queries."""
    form: Form = "graph"
    """How it is drawn."""
    alarms: tuple[str, ...] = ()
    """Alerts of the same fact (`postgres/connections-high`), whose limits are lines in it."""
    empty: str = ""
    """Why it may have no data on a healthy tier; empty where that would be a fault."""


@dataclass(frozen=True, kw_only=True)
class Board:
    """One dashboard."""

    id: str
    """The end of its uid and the name of its file."""
    title: str
    """Its title."""
    panels: tuple[Panel, ...]
    """In the order in which they are read."""
