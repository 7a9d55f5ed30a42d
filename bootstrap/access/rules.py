"""Redis rules compiled to one canonical access string, the same for `ACL SETUSER` and ElastiCache."""

from __future__ import annotations

from bootstrap.access.model import RedisRules

# PING, SELECT, CLIENT SETNAME and what cluster clients ask for before anything else.
_BASE = ("+@connection", "+cluster|shards", "+cluster|slots")
_MONITORING = (
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


def access_string(rules: RedisRules) -> str:
    """Return the absolute rules of a user: everything is taken first, then given.

    `resetchannels` comes first because a new user may otherwise use all channels (acl-pubsub-default of
    ElastiCache is allchannels), and `-@all` before the commands because ElastiCache inserts it there when it reads
    the string back: any other order differs for ever.
    """
    return " ".join(("on", "resetchannels", *_channels(rules), *_keys(rules), *command_rules(rules)))


def _channels(rules: RedisRules) -> tuple[str, ...]:
    return tuple(f"&{channel}" for channel in sorted(set(rules.channels)))


def _keys(rules: RedisRules) -> tuple[str, ...]:
    # `%R~p %W~p` is stored as `~p` (acl.c, ACLSetSelector).
    both = set(rules.keys) | (set(rules.read) & set(rules.write))
    marked = dict.fromkeys(both, "~") | dict.fromkeys(set(rules.read) - both, "%R~")
    marked |= dict.fromkeys(set(rules.write) - both, "%W~")
    return tuple(f"{mark}{p}" for p, mark in sorted(marked.items()))


def command_rules(rules: RedisRules) -> tuple[str, ...]:
    """Return the command rules: categories, then what they hold too much of, then single commands."""
    asked = _MONITORING if rules.role == "monitoring" else rules.commands
    categories = sorted({f"+{c}" for c in asked if c.startswith("@")} - {_BASE[0]})
    single = sorted({f"+{c}" for c in asked if not c.startswith("@")})
    # The last rule wins per command: denied after the categories that hold them (FLUSHALL is in @write, KEYS in @read).
    denied = ["-@admin", "-@dangerous"] + ([] if "+@scripting" in categories else ["-@scripting"])
    return ("-@all", *_BASE, *categories, *denied, *single)
