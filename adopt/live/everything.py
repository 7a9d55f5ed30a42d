"""Everything that is there, as the provider reads it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from adopt.estate import Estate
from adopt.live.resource import LiveResource

SOURCES: tuple[Callable[[Estate], Iterator[LiveResource]], ...] = ()
"""One for each type, or for a few that belong together."""


def live(estate: Estate) -> Iterator[LiveResource]:
    """Each thing that is there, whether the stack takes it or not."""
    for source in SOURCES:
        yield from source(estate)
