"""What ElastiCache refuses in an access string (its guide, Clusters.RBAC and SupportedCommands)."""

from __future__ import annotations

from collections.abc import Iterator

from bootstrap.acl.rules import RuleSet

# Not there on any cache.
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


def refusals(rules: RuleSet) -> Iterator[str]:
    """Yield why ElastiCache would refuse these rules."""
    for rule in (rule for selector in (rules.root, *rules.selectors) for rule in selector.commands):
        name = rule[1:]
        if rule[0] == "+" and (name in RESTRICTED or name.partition("|")[0] in RESTRICTED):
            yield f"`{rule}` names a command that ElastiCache does not have; take it out"
    if rules.nopass:
        yield "`nopass`: give it a password or IAM authentication"
