"""Every version as a row, for people and machines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bootstrap.migrate import plan
from bootstrap.migrate.ledger import LedgerState
from bootstrap.migrate.source import Source

Word = Literal["applied", "pending", "late", "edited", "dirty", "missing"]


@dataclass(frozen=True)
class StatusRow:
    """One version, as the files and the database know it."""

    version: int
    name: str
    state: Word
    """`late`: the database went past it without it; `missing`: the database has it, the folder does not."""
    at: datetime | None = None
    who: str = ""
    seconds: float | None = None
    tool: str = ""


def status(source: Source, state: LedgerState) -> list[StatusRow]:
    """Return one row per version, ascending."""
    known, done = plan.history(state), {m.version for m in plan.applied(source, state)}
    late = {m.version for m in plan.late(source, state)}
    edited = {m.version for m in plan.edited(source, state)}
    names = {m.version: m.name for m in source.migrations}
    there = {*names, *known, *([] if state.version is None else [state.version])}

    def word(version: int) -> Word:
        if version not in names:
            return "missing"
        if state.dirty and version == state.version:
            return "dirty"
        if version in late:
            return "late"
        if version in edited:
            return "edited"
        return "applied" if version in done else "pending"

    rows = []
    for version in sorted(there):
        row = StatusRow(version, names.get(version, str(version)), word(version))
        event = known.get(version) if row.state != "pending" else None
        if event is not None:
            row = StatusRow(version, row.name, row.state, event.at, event.who, event.seconds, event.tool)
        rows.append(row)
    return rows
