"""Passwords that the substrate makes for its own use."""

from __future__ import annotations

import secrets
import string

LETTERS = string.ascii_letters + string.digits


def password(length: int = 40) -> str:
    """Letters and digits only: no tool, URL or configuration file gives them a second meaning."""
    return "".join(secrets.choice(LETTERS) for _ in range(length))
