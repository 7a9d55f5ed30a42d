"""What drills make is known by two marks: a generated name, and a tag that says which drill made it.

Both are asked for before anything is deleted: a name alone could be somebody's own, a tag alone could be a copy's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from keep.errors import AskedError, EstateError
from keep.estate.naming import copy_name, is_copy_of
from knowledge.ownership import TAG

MADE_BY = "made_by"
"""Key of the tag; its value is the drill's id."""


class Marked:
    """What both halves of `Estate` on AWS have in common."""

    _prefix: str

    def _tags(self, made_by: str) -> list[Any]:
        return [{"Key": TAG, "Value": self._prefix}, {"Key": MADE_BY, "Value": made_by}]

    def _new(self, name: str) -> str:
        if not is_copy_of(self._prefix, name):
            raise AskedError(f"{name} is not a name for what a drill makes, such as {self._example}")
        return name

    def _only_ours(self, name: str, tags: Mapping[str, str]) -> None:
        problem = None
        if not is_copy_of(self._prefix, name):
            problem = f"its name is not one that a drill of {self._prefix} gives, such as {self._example}"
        elif self._drill(tags) is None:
            problem = f"it has no tag `{MADE_BY}`, or that of another stack"
        if problem:
            raise EstateError(f"{name} is not deleted: {problem}")

    def _drill(self, tags: Mapping[str, str]) -> str | None:
        """Which drill of this stack made what has these tags; a long prefix is cut in a name, and not there."""
        return tags.get(MADE_BY) if tags.get(TAG) == self._prefix else None

    @property
    def _example(self) -> str:
        return copy_name(self._prefix, "0a1b2c")


def by_key(tags: Sequence[Any]) -> dict[str, str]:
    """Return tags as AWS lists them by their keys."""
    return {each["Key"]: each.get("Value", "") for each in tags}
