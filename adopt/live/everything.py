"""Everything that is there, as the provider reads it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from adopt.estate import Estate
from adopt.live.access import aliases, roles, secrets, security_groups
from adopt.live.caches import caches
from adopt.live.instances import instances
from adopt.live.logs import log_groups
from adopt.live.notified import alarms, subscriptions, topics
from adopt.live.resource import LiveResource

SOURCES: tuple[Callable[[Estate], Iterator[LiveResource]], ...] = (
    aliases,
    topics,
    secrets,
    roles,
    security_groups,
    log_groups,
    instances,
    caches,
    subscriptions,
    alarms,
)
"""One for each type, or for a few that belong together."""


def live(estate: Estate) -> Iterator[LiveResource]:
    """Each thing that is there, whether the stack takes it or not."""
    for source in SOURCES:
        yield from source(estate)
