"""One thing that a stack does by itself, as `datatier backup schedule` and `datatier maintain schedule` show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cli.output import Grid, escape, table


@dataclass(frozen=True, kw_only=True)
class Scheduled:
    """One thing that happens by itself."""

    what: str
    runs: str = ""
    """Where it runs; empty where the stack does not have it."""
    when: str = ""
    """In UTC, with the stack's own time."""
    why: str
    """Why there, or what would have it."""


def shown(every: Sequence[Scheduled]) -> Grid:
    """As a table."""
    rows = [[escape(each.what), each.runs or "[yellow]not made[/]", each.when, escape(each.why)] for each in every]
    return table("", ["what", "runs in", "when", "why"], rows)
