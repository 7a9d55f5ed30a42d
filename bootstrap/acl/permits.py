"""Whether a rule set lets one call through: what the server would decide, from the rules alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bootstrap.acl.compare import patterns
from bootstrap.acl.expand import expand
from bootstrap.acl.glob import matches
from bootstrap.acl.rules import Permission, RuleSet, Selector
from bootstrap.acl.table import CommandTable


@dataclass(frozen=True, kw_only=True)
class Call:
    """A command with what its permission hangs on."""

    command: str
    """Full name, e.g. `config|get`."""
    keys: Sequence[tuple[str, Permission]] = field(default=())
    channel: str | None = None
    database: int = 0
    """The one that is selected when it is called."""


# Commands that a limit on databases lets through anywhere have neither of these (Valkey 9.1: PUBLISH, INFO, CONFIG).
_IN_A_DATABASE = ("read", "write", "keyspace")
_BOUND = frozenset({"eval", "eval_ro", "evalsha", "evalsha_ro", "fcall", "fcall_ro", "select"})


def permits(rules: RuleSet, call: Call, table: CommandTable) -> bool:
    """Whether the root or one selector satisfies the whole call (acl.c, ACLCheckAllUserCommandPerm)."""
    return any(_satisfied(selector, call, table) for selector in (rules.root, *rules.selectors))


def _satisfied(selector: Selector, call: Call, table: CommandTable) -> bool:
    allowed = expand(selector, table)
    if call.command not in allowed.commands and not (allowed.future and call.command not in table.commands):
        return False
    if not _in_database(selector, call, table):
        return False
    if call.channel is not None and not any(matches(c, call.channel) for c in selector.channels):
        return False
    may = patterns(selector)
    return all(any(need in has and matches(p, key) for p, has in may.items()) for key, need in call.keys)


def _in_database(selector: Selector, call: Call, table: CommandTable) -> bool:
    """Whether the selector lets it work where it is called (Valkey 9.1, `db=`)."""
    if selector.databases is None:
        return True
    if call.command == "flushall":
        return False
    bound = call.command in _BOUND or any(call.command in table.holdings.get(c, ()) for c in _IN_A_DATABASE)
    return not bound or call.database in selector.databases
