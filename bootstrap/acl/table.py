"""What a server's command categories hold: asked of the server itself, since it differs by version and by module."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

# `ACL CAT` of Redis 7.2 and Valkey 7.2-9.1. Redis 8 and modules have more, which are asked for when they are seen.
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
# Containers do nothing by themselves (`CONFIG` alone is an error), but `COMMAND` lists all commands.
_SPEAKING_CONTAINERS = frozenset({"command"})


@dataclass(frozen=True)
class CommandTable:
    """Category -> full names of its commands (`get`, `config|set`), as `ACL CAT` tells them."""

    categories: Mapping[str, frozenset[str]]
    source: str
    """Which server said so."""
    expanded: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)
    """Memory of `expand`, which many users ask for the same rules."""

    @cached_property
    def commands(self) -> frozenset[str]:
        """Every command and subcommand; each is in @fast or @slow."""
        return frozenset().union(*self.categories.values())

    @cached_property
    def subcommands(self) -> dict[str, frozenset[str]]:
        """Container -> full names of its subcommands."""
        found: dict[str, set[str]] = {}
        for name in self.commands:
            container, bar, _ = name.partition("|")
            if bar:
                found.setdefault(container, set()).add(name)
        return {container: frozenset(names) for container, names in found.items()}

    @cached_property
    def effective(self) -> frozenset[str]:
        """The commands that do something when they are called."""
        return self.commands - (self.subcommands.keys() - _SPEAKING_CONTAINERS)

    def with_subcommands(self, names: Iterable[str]) -> frozenset[str]:
        """Return `names` and all subcommands of those that are containers (acl.c, ACLChangeSelectorPerm)."""
        found = set(names)
        for name in tuple(found):
            found |= self.subcommands.get(name, frozenset())
        return frozenset(found)

    @cached_property
    def holdings(self) -> dict[str, frozenset[str]]:
        """Category -> what `+@category` gives: a container in it brings all of its subcommands."""
        return {name: self.with_subcommands(held) for name, held in self.categories.items()}


def fetch(client: Any) -> CommandTable:
    """Ask a server for its table: one pipeline, a second where it has categories that are not known here.

    Raise redis.RedisError where ACL CAT is refused.
    """
    first = sorted(CATEGORIES)
    names, *held = _asked(client, [("ACL", "CAT"), *(("ACL", "CAT", name) for name in first)])
    found = {name: frozenset(map(str, answer)) for name, answer in zip(first, held, strict=True) if name in names}
    more = sorted(set(map(str, names)) - CATEGORIES)
    if more:
        answers = _asked(client, [("ACL", "CAT", name) for name in more])
        found |= {name: frozenset(map(str, answer)) for name, answer in zip(more, answers, strict=True)}
    return CommandTable(found, source="the server's ACL CAT")


def _asked(client: Any, commands: list[tuple[str, ...]]) -> list[Any]:
    pipe = client.pipeline(transaction=False)
    for command in commands:
        pipe.execute_command(*command)
    answers: list[Any] = pipe.execute(raise_on_error=False)
    if isinstance(answers[0], Exception):
        raise answers[0]
    return answers


def parsed(text: str, source: str) -> CommandTable:
    """Return a table written as lines `command category...`, as `rendered` makes them."""
    held: dict[str, set[str]] = {}
    for line in text.strip().splitlines():
        name, *categories = line.split()
        for category in categories:
            held.setdefault(category, set()).add(name)
    return CommandTable({name: frozenset(commands) for name, commands in held.items()}, source=source)


def rendered(table: CommandTable) -> str:
    """Return a table as text, one command a line."""
    lines = (
        " ".join([name, *sorted(c for c, held in table.categories.items() if name in held)]) for name in table.commands
    )
    return "\n".join(sorted(lines)) + "\n"
