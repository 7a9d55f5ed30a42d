"""Networks that are let in."""

from __future__ import annotations

from infra.rules.broken import Broken
from knowledge import networks

TOGETHER = "together no more of the internet than a company has, and none of them twice"
"""What a list of networks takes, in words."""


def opened(key: str, given: tuple[str, ...]) -> Broken:
    """Networks that are fine one by one, and together most of the internet."""
    if problem := networks.together_problem(given):
        yield key, f"{problem}."
