"""Access strings as ElastiCache keeps them, and what it refuses in one.

From the ElastiCache guide (Clusters.RBAC): without `on` or `off` a user is off; `-@all` is put before the command rules
(`~objects:* ~items:*` reads back as `off ~objects:* ~items:* -@all`), unless they begin with `+@all`; aliases are
written out (`allkeys` as `~*`). Where nothing is said of channels, `acl-pubsub-default` decides, and its default there
is allchannels.
"""

from __future__ import annotations

from collections.abc import Iterator

from bootstrap.acl.rules import RuleSet, merged

_ALIASES = {"allkeys": "~*", "allchannels": "&*", "allcommands": "+@all", "nocommands": "-@all"}
# ElastiCache guide, SupportedCommands: not there on any cache.
RESTRICTED = frozenset(
    [
        "acl|setuser",
        "acl|load",
        "acl|save",
        "acl|deluser",
        "bgrewriteaof",
        "bgsave",
        "cluster|addslots",
        "cluster|addslotsrange",
        "cluster|bumpepoch",
        "cluster|delslots",
        "cluster|delslotsrange",
        "cluster|failover",
        "cluster|flushslots",
        "cluster|forget",
        "cluster|links",
        "cluster|meet",
        "cluster|setslot",
        "config",
        "debug",
        "migrate",
        "psync",
        "replicaof",
        "save",
        "shutdown",
        "slaveof",
        "sync",
    ]
)


def as_stored(text: str) -> str:
    """Return an access string as `DescribeUsers` gives it back."""
    words = [_ALIASES.get(word.lower(), word) for word in merged(text.split())]
    states = [word.lower() for word in words if word.lower() in {"on", "off"}]
    rest = [word for word in words if word.lower() not in {"on", "off"}]
    commands = [at for at, word in enumerate(rest) if word[0] in "+-"]
    first = commands[0] if commands else next((at for at, word in enumerate(rest) if word[0] == "("), len(rest))
    if not commands or rest[first] not in {"+@all", "-@all"}:
        rest.insert(first, "-@all")
    return " ".join([*(states[-1:] or ["off"]), *rest])


def refusals(rules: RuleSet) -> Iterator[str]:
    """Yield why ElastiCache would refuse these rules."""
    for rule in (rule for selector in (rules.root, *rules.selectors) for rule in selector.commands):
        name = rule[1:]
        if rule[0] == "+" and (name in RESTRICTED or name.partition("|")[0] in RESTRICTED):
            yield f"`{rule}` names a command that ElastiCache does not have; take it out"
    if rules.nopass:
        yield "`nopass`: give it a password or IAM authentication"
