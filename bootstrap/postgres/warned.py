"""What the server warns of: a VACUUM or ANALYZE without rights only warns, leaves its table out, and has succeeded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg


@contextmanager
def warned(conn: psycopg.Connection[Any]) -> Iterator[list[str]]:
    """The server's warnings of a block, as they come."""
    warnings: list[str] = []

    def hear(notice: psycopg.errors.Diagnostic) -> None:
        if notice.severity_nonlocalized == "WARNING":
            warnings.append(notice.message_primary or "")

    conn.add_notice_handler(hear)
    try:
        yield warnings
    finally:
        conn.remove_notice_handler(hear)
