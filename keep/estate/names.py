"""What drills make is known by two marks: a generated name, and a tag that says which drill made it.

Both are asked for before anything is deleted: a name alone could be somebody's own, a tag alone could be a copy's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from knowledge.names import LONGEST_CACHE

MADE_BY = "made_by"
"""Key of the tag; its value says which drill, such as `drill pitr 20261130T031500Z-1a2b3c`."""
_ENDING = re.compile(r"-drill-[0-9a-f]{6}(-[a-z0-9]+)?$")


def copy_name(prefix: str, run: str, part: str = "") -> str:
    """Return `PREFIX-drill-HEX`, or `PREFIX-drill-HEX-PART` where a drill makes several; `run` is the drill's id.

    Never an operator's choice. ElastiCache's names are the shortest, so the prefix is cut to what they leave.
    """
    return _named(prefix, f"-drill-{run[-6:]}" + (f"-{part}" if part else ""))


def is_generated(prefix: str, name: str) -> bool:
    """Whether a drill of this stack gave the name."""
    ending = _ENDING.search(name)
    return ending is not None and name == _named(prefix, ending[0])


def _named(prefix: str, ending: str) -> str:
    return prefix[: LONGEST_CACHE - len(ending)].rstrip("-") + ending


def not_ours(prefix: str, name: str, tags: Mapping[str, str]) -> str | None:
    """Say why it must not be deleted; None where a drill of this stack has made it."""
    if not is_generated(prefix, name):
        return f"its name is not one that a drill of {prefix} gives ({prefix}-drill- and six hexadecimal digits)"
    if MADE_BY not in tags:
        return f"it has no tag `{MADE_BY}`"
    return None
