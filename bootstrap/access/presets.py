"""Rules that name clients, written out: what each client needs, for the prefix that it is given."""

from __future__ import annotations

from functools import lru_cache

from bootstrap.access.model import RedisRules
from knowledge.redis.clients import Rights

CATEGORIES = ("@read", "@transaction", "@write")
"""What every client uses: reading and writing its keys. `@pubsub` where it has channels."""


@lru_cache(maxsize=8192)
def written_out(rules: RedisRules) -> RedisRules:
    """Return the rules with what their clients need in place of the clients; other rules as they are."""
    if not rules.client:
        return rules
    needed = sum((each.rights(rules.prefix) for each in rules.client), Rights())
    channels = (*rules.channels, *needed.channels)
    categories = (*CATEGORIES, *(["@pubsub"] if channels else []))
    return rules.model_copy(
        update={
            "client": (),
            "prefix": None,
            "keys": tuple(dict.fromkeys((*rules.keys, *needed.keys))),
            "channels": tuple(dict.fromkeys(channels)),
            "commands": tuple(dict.fromkeys((*rules.commands, *categories, *needed.commands))),
        }
    )
