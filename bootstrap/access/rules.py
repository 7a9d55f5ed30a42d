"""Redis rules compiled to one canonical access string, the same for `ACL SETUSER` and ElastiCache."""

from __future__ import annotations

from functools import lru_cache

from bootstrap.access.model import RedisRules, SelectorRules
from bootstrap.redis.acl.rules import parse

# PING, SELECT, CLIENT SETNAME and what cluster clients ask for before anything else.
BASE = ("+@connection", "+cluster|shards", "+cluster|slots")
"""What every identity may do."""
MONITORING = (
    "acl|log",
    "client|list",
    "dbsize",
    "info",
    "latency|histogram",
    "latency|history",
    "latency|latest",
    "memory|doctor",
    "memory|stats",
    "slowlog|get",
    "slowlog|len",
)


@lru_cache(maxsize=8192)
def access_string(rules: RedisRules) -> str:
    """Return the absolute rules of a user in the order of ACL LIST: keys, channels, commands, selectors.

    `resetchannels` is always there because a new user may otherwise use all channels (acl-pubsub-default of
    ElastiCache is allchannels), and `-@all` before the commands because ElastiCache inserts it there when it reads
    the string back.
    """
    if rules.rules is not None:
        return rules.rules
    selectors = (f"({' '.join((*_keys(each), *_channels(each), *_commands(each)))})" for each in rules.selectors)
    # Read and written again, so that a rule repeated further back stands only there, as the server keeps it.
    return str(parse(" ".join(("on", *_keys(rules), *_channels(rules), *_commands(rules), *selectors))))


def _channels(rules: RedisRules | SelectorRules) -> tuple[str, ...]:
    if "*" in rules.channels:
        return ("&*",)
    return ("resetchannels", *(f"&{channel}" for channel in sorted(set(rules.channels))))


def _keys(rules: RedisRules | SelectorRules) -> tuple[str, ...]:
    # `%R~p %W~p` is stored as `~p`, and a pattern beside `~*` is refused (acl.c, ACLSetSelector).
    both = set(rules.keys) | (set(rules.read) & set(rules.write))
    if "*" in both:
        return ("~*",)
    marked = dict.fromkeys(both, "~") | dict.fromkeys(set(rules.read) - both, "%R~")
    marked |= dict.fromkeys(set(rules.write) - both, "%W~")
    return tuple(f"{mark}{p}" for p, mark in sorted(marked.items()))


def _commands(rules: RedisRules | SelectorRules) -> tuple[str, ...]:
    """Return the command rules: categories, then what they hold too much of, then single commands."""
    base: tuple[str, ...] = ()
    asked: tuple[str, ...] = rules.commands
    if isinstance(rules, RedisRules):
        base = BASE
        asked = MONITORING if rules.role == "monitoring" else asked
    categories = sorted({f"+{c}" for c in asked if c.startswith("@")} - set(base))
    single = sorted({f"+{c}" for c in asked if not c.startswith("@")})
    # The last rule wins per command: denied after the categories that hold them (FLUSHALL is in @write, KEYS in @read).
    denied = ["-@admin", "-@dangerous"] + ([] if "+@scripting" in categories else ["-@scripting"])
    return ("-@all", *base, *categories, *denied, *single, *sorted(f"-{each}" for each in set(rules.deny)))
