"""Command rules to the commands that they allow on one server."""

from __future__ import annotations

from dataclasses import dataclass

from bootstrap.acl.rules import Selector
from bootstrap.acl.table import CommandTable


@dataclass(frozen=True)
class AllowedCommands:
    """What a selector may call."""

    commands: frozenset[str]
    """Full names; containers that do nothing by themselves are left out."""
    future: bool
    """Whether commands that the server gets later (modules) are allowed too."""
    arguments: frozenset[str]
    """`command|argument`: allowed with this first argument only (deprecated by the servers)."""


def expand(selector: Selector, table: CommandTable) -> AllowedCommands:
    """Return what the rules allow; commands and categories that the table lacks allow nothing."""
    key = (selector.everything, selector.commands)
    found: AllowedCommands | None = table.expanded.get(key)
    if found is None:
        found = table.expanded[key] = _expand(selector, table)
    return found


def _expand(selector: Selector, table: CommandTable) -> AllowedCommands:
    commands = set(table.commands) if selector.everything else set()
    arguments: set[str] = set()
    for rule in selector.commands:
        name = rule[1:]
        if not name.startswith("@") and name not in table.commands:
            if "|" in name and name.partition("|")[0] in table.commands:
                arguments.add(name)
            continue
        touched = table.holdings.get(name[1:], frozenset()) if name[0] == "@" else table.with_subcommands([name])
        commands = commands | touched if rule[0] == "+" else commands - touched
        # Whatever changes a command forgets its arguments (ACLResetFirstArgsForCommand).
        arguments = {each for each in arguments if each.partition("|")[0] not in touched}
    return AllowedCommands(
        commands=frozenset(commands & table.effective),
        future=selector.everything,
        arguments=frozenset(each for each in arguments if each.partition("|")[0] not in commands),
    )
