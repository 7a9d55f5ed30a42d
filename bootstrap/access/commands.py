"""Redis command categories and the commands that no identity of an application gets."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection

from bootstrap.access.beyond import CONTAINERS, TELLS, TOUCHES
from bootstrap.acl.rules import RuleError, parse
from bootstrap.acl.table import CATEGORIES
from bootstrap.acl.valkey import VALKEY

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
_HARMLESS = frozenset(
    ["acl|cat", "acl|whoami", "cluster|info", "cluster|keyslot", "cluster|myid", "cluster|shards", "cluster|slots"]
)
"""Parts of them that only say something of the server or of oneself; cluster clients ask (ioredis: CLUSTER INFO)."""
FORBIDDEN_CATEGORIES = frozenset({"admin", "all", "dangerous"})
# Redis 8's own: commands and ACL categories of its documentation (redis8-breaking-changes-acl), modules by their dot.
_REDIS_8 = frozenset(
    [
        *("delex", "digest", "hotkeys", "msetex", "trimslots", "vadd", "vcard", "vdim", "vemb", "vgetattr", "vinfo"),
        *("vismember", "vlinks", "vrandmember", "vrange", "vrem", "vsetattr", "vsim", "xackdel", "xcfgset", "xdelex"),
    ]
)
_REDIS_8_CATEGORIES = frozenset({"bloom", "cms", "cuckoo", "json", "search", "tdigest", "timeseries", "topk"})
_KNOWN = VALKEY.commands | _REDIS_8
COMMAND_FORM = r"[a-z][a-z0-9._-]*(\|[a-z][a-z0-9-]*)?"
_COMMAND = re.compile(COMMAND_FORM)
WRITTEN = "`@category`, `command` or `command|subcommand`, in lower case and without + or -"
"""How a command is written, in words."""
GIVEN = f"{WRITTEN}; nothing that destroys data, governs the server, or ends something of others"
"""What an identity may be given, in words."""
RAW = "rules as `ACL SETUSER` takes them, printable ASCII on one line, without passwords, `off`, `nopass` and `reset`"
"""What a whole access string may be, in words."""


def command_rule(text: str) -> str:
    """Return a category, command or subcommand that an identity may be given, or raise ValueError."""
    command_name(text)
    if text.startswith("@"):
        if text[1:] in FORBIDDEN_CATEGORIES:
            raise ValueError(
                f"`{text}` holds commands that destroy data or govern the server; name the commands needed"
            )
    elif text.partition("|")[0] in FORBIDDEN and text not in _HARMLESS:
        raise ValueError(f"`{text}` destroys data or governs the server; no identity gets it")
    elif text in TOUCHES:
        raise ValueError(f"`{text}` ends, stops or forgets something of others; no identity gets it")
    elif text in CONTAINERS:
        others = ", ".join(f"`{name}`" for name in sorted((TELLS.keys() | TOUCHES) & VALKEY.with_subcommands([text])))
        raise ValueError(f"`{text}` reaches beyond its own keys with {others}; name what is needed of it one by one")
    return text


def command_name(text: str, sign: str = "+") -> str:
    """Return a category, command or subcommand as it may be written behind `sign`, or raise ValueError."""
    if text.startswith("@"):
        if text[1:] not in CATEGORIES | FORBIDDEN_CATEGORIES:
            raise ValueError(f"`{text}` is not a command category{near(text[1:], CATEGORIES, '@')}")
    elif not _COMMAND.fullmatch(text):
        raise ValueError(f"must be {WRITTEN}")
    else:
        _known(text, sign)
    return text


def denied_name(text: str) -> str:
    """Return what may be denied, or raise ValueError."""
    return command_name(text, "-")


def _known(name: str, sign: str) -> None:
    """Raise ValueError for a command that no server has: it would refuse all rules of the user, half-way through."""
    container = name.partition("|")[0]
    # A module's command has a dot (json.get); which modules a server has, nobody knows here.
    if name in _KNOWN or "." in container:
        return
    if sign == "+" and container in _KNOWN and container not in VALKEY.subcommands and container != name:
        return  # a first argument, which servers still take
    same = [each for each in _KNOWN if each.replace("|", "") == name]
    raise ValueError(f"`{name}` is not a command{near(name, same or _KNOWN)}")


def near(name: str, names: Collection[str], mark: str = "") -> str:
    """The end of a sentence: the nearest known name, or nothing where none is near."""
    near = difflib.get_close_matches(name, sorted(names), n=1)
    return f"; nearest: `{mark}{near[0]}`" if near else ""


def selector_pattern(text: str) -> str:
    """Return a pattern that fits between a selector's parentheses, or raise ValueError."""
    if set(text) & {'"', "'"} or text.endswith(")"):
        # sdssplitargs takes them for quotes, and a word that ends with `)` ends the selector (acl.c).
        raise ValueError(
            "holds a quotation mark or ends with `)`, which a selector cannot; put it outside the selector"
        )
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
        rules = parse(f"on {text}")
    except RuleError as error:
        raise ValueError(f"{error}") from None
    for rule in (rule for selector in (rules.root, *rules.selectors) for rule in selector.commands):
        if not rule[1:].startswith("@"):
            _known(rule[1:], rule[0])
        elif rule[2:] not in CATEGORIES | FORBIDDEN_CATEGORIES | _REDIS_8_CATEGORIES:
            raise ValueError(f"`{rule}` is not a command category{near(rule[2:], CATEGORIES, rule[:2])}")
    return str(rules)
