"""Spans and moments as people read them, in every form of a report."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime

_RUN = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}")


def span(seconds: float | None) -> str:
    """`0.42 s`, `12.3 s`, `4 min 5 s`, `2 h 5 min`; a dash where nothing is known."""
    if seconds is None:
        return "-"
    if seconds < 10:
        return f"{seconds:.2f} s"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min" + (f" {rest} s" if rest else "")
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h" + (f" {minutes} min" if minutes else "")


def when(moment: datetime | None) -> str:
    """To the second, as UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if moment else "-"


def new_run(at: datetime) -> str:
    """Return an id that sorts by time and that no other run has."""
    return f"{at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def is_run(name: str) -> bool:
    """Whether it is the id of a drill."""
    return _RUN.fullmatch(name) is not None


def cell(text: str) -> str:
    """Of a table in Markdown: on one line, and no mark-up of its own."""
    return " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")
