"""Markdown that stays what it is whatever text is put into it: GitHub's tables, headings and code. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence


def prose(text: str) -> str:
    """Text of people's as one paragraph: nothing in it begins HTML, code, a list or a cell of a table."""
    safe = re.sub(r"([\\`*\[\]|]|(?<!\w)_|_(?!\w))", r"\\\1", text.strip())
    safe = safe.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    lines = (re.sub(r"^([-+#~=]|\d+(?=[.)]))", _begun, line.strip()) for line in safe.splitlines())
    return "<br>".join(lines)


def _begun(match: re.Match[str]) -> str:
    """The beginning of a list or heading as what it says."""
    return f"{match[1]}\\" if match[1].isdigit() else f"\\{match[1]}"


def code(text: str) -> str:
    """Text as code in a line or in the cell of a table."""
    flat = " ".join(text.split()).replace("|", "\\|")
    if not flat:
        return ""
    longest = max((len(found) for found in re.findall(r"`+", flat)), default=0)
    fence = "`" * (longest + 1)
    room = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{fence}{room}{flat}{room}{fence}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table of cells that are Markdown already, and an empty line."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def heading(text: str, depth: int = 2) -> Iterator[str]:
    """A heading, and an empty line."""
    yield f"{'#' * depth} {prose(' '.join(text.split()))}"
    yield ""
