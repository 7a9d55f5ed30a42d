"""What drills make is known by two marks: a generated name, and a tag that says which drill made it.

Both are asked for before anything is deleted: a name alone could be somebody's own, a tag alone could be a copy's.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping

MADE_BY = "made_by"
"""Key of the tag; its value says which drill, such as `drill pitr 20261130T031500Z-1a2b3c`."""
_ENDING = re.compile(r"-drill-[0-9a-f]{6}")


def generated(prefix: str) -> str:
    """Return a name for something that a drill is about to make: nobody else's, and never an operator's choice."""
    return f"{prefix}-drill-{secrets.token_hex(3)}"


def is_generated(prefix: str, name: str) -> bool:
    """Whether a drill of this stack gave the name."""
    return name.startswith(prefix) and _ENDING.fullmatch(name[len(prefix) :]) is not None


def not_ours(prefix: str, name: str, tags: Mapping[str, str]) -> str | None:
    """Say why it must not be deleted; None where a drill of this stack has made it."""
    if not is_generated(prefix, name):
        return f"its name is not one that a drill of {prefix} gives ({prefix}-drill- and six hexadecimal digits)"
    if MADE_BY not in tags:
        return f"it has no tag `{MADE_BY}`"
    return None
