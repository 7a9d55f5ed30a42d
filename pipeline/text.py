"""Pieces of Markdown that keep their form, whatever text is put into them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable


def cell(text: str) -> str:
    """Text that stays inside the cell of a table and begins no HTML."""
    flat = " ".join(text.split())
    return flat.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("@", "@\u200b")


def fenced(text: str) -> list[str]:
    """Text as a block of code, whose fence is longer than any in the text."""
    longest = max((len(found) for found in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}text", text.rstrip("\n"), fence]


def folded(title: str, lines: Iterable[str]) -> list[str]:
    """Lines that a reader opens."""
    return [f"<details><summary>{title}</summary>", "", *lines, "", "</details>"]
