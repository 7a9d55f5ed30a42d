"""Where in a file PostgreSQL's error lies."""

from __future__ import annotations


def line_and_column(text: str, position: str | int | None) -> tuple[int, int]:
    """Line and column, from 1, of a 1-based character position; (0, 0) for none."""
    if not position:
        return 0, 0
    before = text[: int(position) - 1]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
