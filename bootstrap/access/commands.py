"""Redis command categories and the commands that no identity of an application gets."""

from __future__ import annotations

import difflib
import re

# `ACL CAT` of Redis 7.2 and Valkey 7.2-9.1; `all` is left out: nobody gets everything.
CATEGORIES = frozenset(
    [
        "admin",
        "bitmap",
        "blocking",
        "connection",
        "dangerous",
        "fast",
        "geo",
        "hash",
        "hyperloglog",
        "keyspace",
        "list",
        "pubsub",
        "read",
        "scripting",
        "set",
        "slow",
        "sortedset",
        "stream",
        "string",
        "transaction",
        "write",
    ]
)
# Destroy data, stop the server, or read and change its configuration or its users.
FORBIDDEN = frozenset(
    [
        "acl",
        "bgrewriteaof",
        "bgsave",
        "cluster",
        "config",
        "debug",
        "failover",
        "flushall",
        "flushdb",
        "function",
        "keys",
        "migrate",
        "module",
        "monitor",
        "psync",
        "replconf",
        "replicaof",
        "reset",
        "restore-asking",
        "rename-command",
        "save",
        "shutdown",
        "slaveof",
        "swapdb",
        "sync",
    ]
)
FORBIDDEN_CATEGORIES = frozenset({"admin", "all", "dangerous"})
# ElastiCache refuses them in an access string, with the two above: ElastiCache guide, SupportedCommands.
_COMMAND = re.compile(r"[a-z][a-z0-9.-]*(\|[a-z][a-z0-9-]*)?")


def command_rule(text: str) -> str:
    """Return a category, command or subcommand that an identity may be given, or raise ValueError."""
    if text.startswith("@"):
        return _category(text)
    if not _COMMAND.fullmatch(text):
        raise ValueError("must be `@category`, `command` or `command|subcommand`, in lower case and without + or -")
    if text.partition("|")[0] in FORBIDDEN:
        raise ValueError(f"`{text}` destroys data or governs the server; no identity gets it")
    return text


def _category(text: str) -> str:
    if text[1:] in FORBIDDEN_CATEGORIES:
        raise ValueError(f"`{text}` holds commands that destroy data or govern the server; name the commands needed")
    if text[1:] not in CATEGORIES:
        near = difflib.get_close_matches(text[1:], CATEGORIES, n=1)
        hint = f"; nearest: `@{near[0]}`" if near else ""
        raise ValueError(f"`{text}` is no command category{hint}")
    return text
