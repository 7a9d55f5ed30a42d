"""Redis rules compiled to one canonical access string, the same for `ACL SETUSER` and ElastiCache."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache, lru_cache

from bootstrap.access.beyond import KEYED, SCRIPTING, TELLS, TOUCHES
from bootstrap.access.model import RedisRules, SelectorRules
from bootstrap.access.presets import written_out
from bootstrap.acl.rules import parse
from bootstrap.acl.valkey import VALKEY

# PING, SELECT, CLIENT SETNAME and what cluster clients ask for before anything else. CLIENT SETINFO is there by the
# category only: by its name Redis 7.0 would refuse the whole user.
BASE = ("+@connection", "+cluster|info", "+cluster|shards", "+cluster|slots")
"""What every identity may do."""
MONITORING = (
    "client|list",
    "dbsize",
    "info",
    "latency|histogram",
    "latency|history",
    "latency|latest",
    "memory|doctor",
    "memory|stats",
    "slowlog|len",
)
"""What a monitor asks for: counters. ACL LOG and SLOWLOG GET show other identities' keys and values."""
INVENTORY = (
    "hlen",
    "info",
    "llen",
    "memory|usage",
    "object|freq",
    "pttl",
    "scan",
    "scard",
    "type",
    "xlen",
    "zcard",
)
"""What `datatier keys` asks of every key. None of it returns a value, but the names of all keys are a disclosure: what
stands in them is seen by whoever has this."""
MAINTAINER = ("info", "memory|purge")
"""What `datatier maintain` sends to a cache: everybody waits for a purge, so nobody gets it by its name."""
ROLES: Mapping[str, tuple[str, ...]] = {"monitoring": MONITORING, "inventory": INVENTORY, "maintainer": MAINTAINER}
"""Ready-made rule set -> its commands."""


@lru_cache(maxsize=8192)
def access_string(rules: RedisRules) -> str:
    """Return the absolute rules of a user in the order of ACL LIST: keys, channels, commands, selectors.

    `resetchannels` is always there because a new user may otherwise use all channels (acl-pubsub-default of
    ElastiCache is allchannels), and `-@all` before the commands because ElastiCache inserts it there when it reads
    the string back.
    """
    if rules.rules is not None:
        return rules.rules
    rules = written_out(rules)
    selectors = (f"({' '.join((*_keys(each), *_channels(each), *_commands(each)))})" for each in rules.selectors)
    # Read and written again, so that a rule repeated further back stands only there, as the server keeps it.
    return str(parse(" ".join(("on", *_keys(rules), *_channels(rules), *_commands(rules), *selectors))))


def _channels(rules: RedisRules | SelectorRules) -> tuple[str, ...]:
    if "*" in rules.channels:
        return ("&*",)
    return ("resetchannels", *(f"&{channel}" for channel in sorted(set(rules.channels))))


def _keys(rules: RedisRules | SelectorRules) -> tuple[str, ...]:
    # `%R~p %W~p` is stored as `~p`, and a pattern in addition to `~*` is refused (acl.c, ACLSetSelector).
    if isinstance(rules, RedisRules) and rules.role == "inventory" and not (rules.keys or rules.read or rules.write):
        # Lengths and lives want the right to read (key_specs of Valkey's commands, PTTL: RO ACCESS), and no other.
        return ("%R~*",)
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
        asked = ROLES[rules.role] if rules.role else asked
    categories = {c for c in asked if c.startswith("@")}
    single = sorted({f"+{c}" for c in asked if not c.startswith("@")})
    # The last rule wins per command: denied after the categories that hold them (FLUSHALL is in @write, KEYS in @read).
    return ("-@all", *category_rules(categories, base), *single, *sorted(f"-{each}" for each in set(rules.deny)))


def category_rules(categories: Collection[str], base: tuple[str, ...] = BASE) -> tuple[str, ...]:
    """Return what `base` and categories come to: less what reaches beyond the identity's keys (`beyond.py`)."""
    wide = [f"+{c}" for c in sorted(categories) if c != "@scripting" and f"+{c}" not in base]
    held = VALKEY.holdings
    reached = frozenset().union(*(held[rule[2:]] for rule in (*base, *wide) if rule[1] == "@"))
    keyed = reached & held["keyspace"]
    back = {f"+{name}" for name in keyed & KEYED}
    back |= {f"+{name}" for name in SCRIPTING if "@scripting" in categories}
    return (
        *base,
        *wide,
        "-@admin",
        "-@dangerous",
        *(["-@keyspace"] if keyed else []),
        "-@scripting",
        *sorted(f"-{name}" for name in reached & (TELLS.keys() | TOUCHES) - _gone()),
        *sorted(back),
    )


@cache
def _gone() -> frozenset[str]:
    """What the categories that are always taken out hold."""
    return frozenset().union(*(VALKEY.holdings[name] for name in ("admin", "dangerous", "keyspace", "scripting")))
