"""What a reader of live servers was unsure of, or could not take over: a sentence, and where it belongs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Place = Literal["access", "stacks", "migration", "schema"]
"""access.yaml, the stacks' files, the baseline, or the definition, in which no comment can stand."""


@dataclass(frozen=True, kw_only=True)
class Note:
    """One thing that a person has to look at."""

    place: Place
    text: str
    """One sentence: what it is, and what to do about it."""
    at: tuple[str, ...] = ()
    """Of YAML: the key that it stands above, or, where that is not there, at the end of what would hold it."""
    proposal: str = ""
    """Lines that may be written there as they are; empty where there are none."""

    @property
    def lines(self) -> tuple[str, ...]:
        """What stands in the file, behind `#` or `--`."""
        return (self.text, *self.proposal.splitlines())
