"""The marks that an estate gives what drills make, and asks for before it deletes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from keep.errors import AskedError, EstateError
from keep.estate.names import MADE_BY, is_generated, not_ours
from knowledge.ownership import TAG


class Marked:
    """What both halves of `Estate` on AWS have in common."""

    _prefix: str

    def _tags(self, made_by: str) -> list[Any]:
        return [{"Key": TAG, "Value": self._prefix}, {"Key": MADE_BY, "Value": made_by}]

    def _new(self, name: str) -> str:
        if not is_generated(self._prefix, name):
            raise AskedError(f"{name} is not a name for what a drill makes: {self._prefix}-drill- and six digits")
        return name

    def _only_ours(self, name: str, tags: Mapping[str, str]) -> None:
        if problem := not_ours(self._prefix, name, tags):
            raise EstateError(f"{name} is not deleted: {problem}")


def by_key(tags: Sequence[Any]) -> dict[str, str]:
    """Return tags as AWS lists them by their keys."""
    return {each["Key"]: each.get("Value", "") for each in tags}
