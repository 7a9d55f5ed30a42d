"""Servers that are another stack's already, by the tag that every resource of a stack has. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from adopt.estate import Estate, RunningCache, RunningInstance
from adopt.refusal import Refusal, Server
from knowledge.ownership import TAG


def owned(estate: Estate, prefix: str) -> Iterator[Refusal]:
    """A refusal for each; `prefix` is that of the stack's names. Its own servers are no matter: they were adopted."""
    servers: tuple[tuple[Server | None, RunningInstance | RunningCache], ...] = (
        (None, estate.primary),
        *((("replica", name), each) for name, each in estate.replicas.items()),
        *((("cache", name), each) for name, each in estate.caches.items()),
    )
    for server, each in servers:
        theirs = each.tags.get(TAG, prefix)
        if theirs != prefix:
            yield Refusal(
                what=each.identifier,
                why=f"it is part of the stack `{theirs}` (its tag {TAG}), and a server is in one stack",
                way=f"take it out of `{theirs}` first (`datatier adopt STACK --undo` says how), and remove the tag",
                whole=server is None,
                server=server,
            )
