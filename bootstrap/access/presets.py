"""Rules that name clients, written out: what each client needs, for the prefix that it is given."""

from __future__ import annotations

from functools import lru_cache

from bootstrap.access.model import RedisRules
from knowledge.redis.clients import Rights

ON_KEYS = ("@read", "@transaction", "@write")
"""What a client uses that has keys; one that has channels uses `@pubsub`."""


@lru_cache(maxsize=8192)
def written_out(rules: RedisRules) -> RedisRules:
    """Return the rules with what their clients need in place of the clients; other rules as they are."""
    if not rules.client:
        return rules
    needed = sum((each.rights(rules.prefix) for each in rules.client), Rights())
    categories = (*(ON_KEYS if needed.keys else ()), *(["@pubsub"] if needed.channels else []))
    return rules.model_copy(
        update={
            "client": (),
            "prefix": None,
            "keys": tuple(dict.fromkeys((*rules.keys, *needed.keys))),
            "channels": tuple(dict.fromkeys((*rules.channels, *needed.channels))),
            "commands": tuple(dict.fromkeys((*rules.commands, *categories, *needed.commands))),
        }
    )
