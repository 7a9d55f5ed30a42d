"""What cannot be said together of a server that was there before the stack."""

from __future__ import annotations


def key_problem(*, encrypted: bool, key: str | None) -> str | None:
    """What is wrong with a key at rest; None when nothing is."""
    return "is given, and the server is not encrypted: leave it out" if key and not encrypted else None
