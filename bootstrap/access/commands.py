"""Redis command categories and the commands that no identity of an application gets."""

from __future__ import annotations

import difflib
import re

from bootstrap.redis.acl.rules import RuleError, parse
from bootstrap.redis.acl.table import CATEGORIES

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
    command_name(text)
    if text.startswith("@"):
        if text[1:] in FORBIDDEN_CATEGORIES:
            raise ValueError(
                f"`{text}` holds commands that destroy data or govern the server; name the commands needed"
            )
    elif text.partition("|")[0] in FORBIDDEN:
        raise ValueError(f"`{text}` destroys data or governs the server; no identity gets it")
    return text


def command_name(text: str) -> str:
    """Return a category, command or subcommand as it may be written, or raise ValueError."""
    if text.startswith("@"):
        if text[1:] not in CATEGORIES | FORBIDDEN_CATEGORIES:
            near = difflib.get_close_matches(text[1:], CATEGORIES, n=1)
            hint = f"; nearest: `@{near[0]}`" if near else ""
            raise ValueError(f"`{text}` is no command category{hint}")
    elif not _COMMAND.fullmatch(text):
        raise ValueError("must be `@category`, `command` or `command|subcommand`, in lower case and without + or -")
    return text


def selector_pattern(text: str) -> str:
    """Return a pattern that fits between a selector's parentheses, or raise ValueError."""
    if set(text) & {'"', "'"} or text.endswith(")"):
        # sdssplitargs takes them for quotes, and a word that ends with `)` ends the selector (acl.c).
        raise ValueError("holds a quotation mark or ends with `)`, which a selector cannot; put it beside the selector")
    return text


def raw_rules(text: str) -> str:
    """Return an access string in its canonical form, or raise ValueError."""
    if not text.isascii() or any(not (character.isprintable()) for character in text):
        raise ValueError("must be printable ASCII on one line")
    words = {word.lower() for word in text.split()}
    if wrong := sorted(words & {"off", "nopass", "resetpass", "reset"}):
        raise ValueError(f"holds `{wrong[0]}`: users are on and their passwords are the secrets'")
    if any(word[0] in "<>#!" for word in words):
        raise ValueError("holds a password, which belongs into the secret")
    try:
        return str(parse(f"on {text}"))
    except RuleError as error:
        raise ValueError(f"{error}") from None
