"""What is allowed but unwise in an access declaration: Redis rules by what they let through, conditions of policies."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bootstrap.access.beyond import CHANNELS, TELLS, TOUCHES
from bootstrap.access.commands import FORBIDDEN
from bootstrap.access.keyspaces import bearers, glob_of, readers, writers
from bootstrap.access.model import Access, RedisRules
from bootstrap.access.policy_settings import pooled_settings
from bootstrap.access.presets import written_out
from bootstrap.access.rules import BASE, MONITORING, ROLES, access_string
from bootstrap.acl.compare import listed, patterns
from bootstrap.acl.expand import AllowedCommands, expand
from bootstrap.acl.glob import common, includes, prefix, universal
from bootstrap.acl.rules import RuleSet, Selector, parse
from bootstrap.acl.table import CommandTable
from bootstrap.acl.valkey import VALKEY

_PUBSUB = frozenset({"publish", "subscribe", "psubscribe", "ssubscribe", "spublish"})
# Categories whose commands all name a key.
_KINDS = ("hash", "list", "set", "sortedset", "stream", "bitmap", "geo", "hyperloglog")
_COMMON = frozenset(rule[1:] for rule in BASE) | frozenset(MONITORING)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One unwise rule."""

    path: str
    """Where, e.g. `identities.shop_app.redis.main`."""
    message: str
    """What it is and why it matters."""
    mend: str = ""
    """What to write instead."""
    level: Literal["warning", "note"] = "warning"
    """A note is worth knowing and may well be wanted."""

    def __str__(self) -> str:
        return f"{self.path}: {self.message}{self.mend and f'; {self.mend}'}"


def analyse(access: Access, *, clustered: Collection[str] = ()) -> tuple[Finding, ...]:
    """Return every unwise Redis rule and policy of the declaration; `clustered` names the caches in cluster mode."""
    found = [
        finding
        for name, identity in access.identities.items()
        for cache, rules in identity.redis.items()
        for finding in _of(f"identities.{name}.redis.{cache}", written_out(rules), VALKEY)
    ]
    return (*found, *_shared(access), *_keyspaces(access, clustered), *_policies(access))


def _policies(access: Access) -> Iterator[Finding]:
    for number, table in enumerate(access.policies):
        for name, rule in table.rules.items():
            for setting in pooled_settings(f"({rule.using or ''}) ({rule.check or ''})"):
                path = f"policies.{number}.rules.{name}"
                yield Finding(path=path, message=setting.message, mend=setting.mend)


def _of(path: str, rules: RedisRules, table: CommandTable) -> Iterator[Finding]:
    compiled = parse(access_string(rules))
    allowed = expand(compiled.root, table)
    yield from _patterns(path, rules, compiled, table)
    yield from _dangerous(path, rules, compiled, table)
    yield from _telling(path, rules, compiled, table)
    yield from _channels(path, rules, compiled.root, allowed)
    for number, selector in enumerate(compiled.selectors):
        yield from _selector(f"{path}.selectors.{number}", selector, compiled.root, table)
    if compiled.root.databases == frozenset():
        yield Finding(path=path, message="no database is allowed: every command is refused", mend="write `db=0`")


def _patterns(path: str, rules: RedisRules, compiled: RuleSet, table: CommandTable) -> Iterator[Finding]:
    declared = patterns(compiled.root)
    for pattern in declared:
        # An inventory is of all keys, and none of its commands gives a value.
        if universal(pattern) and rules.role != "inventory":
            yield Finding(path=path, message=f"`{pattern}` matches every key", mend="name the key spaces")
    for inner, may in declared.items():
        outer = [p for p, has in declared.items() if p != inner and may in has and not universal(p)]
        if shadow := next((p for p in outer if includes([p], inner)), None):
            # Of two that are the same set, the later one is reported.
            if includes([inner], shadow) and may == declared[shadow] and inner < shadow:
                continue
            yield Finding(path=path, message=f"`{inner}` adds nothing to `{shadow}`", mend="take it out")
    named = table.holdings["string"].union(*(table.holdings.get(kind, frozenset()) for kind in _KINDS))
    if not declared and not compiled.selectors and named & expand(compiled.root, table).commands:
        yield Finding(
            path=path,
            message="commands without a key pattern: every command that names a key is refused",
            mend="add `keys`, or take the commands out",
        )


def _dangerous(path: str, rules: RedisRules, compiled: RuleSet, table: CommandTable) -> Iterator[Finding]:
    named = {*rules.commands, *_COMMON, *(c for each in rules.selectors for c in each.commands)}
    for selector in (compiled.root, *compiled.selectors):
        allowed = expand(selector, table)
        if allowed.future:
            yield Finding(
                path=path,
                message="`+@all` reaches commands that the server gets later too (modules)",
                mend="begin with `-@all` and name categories",
            )
        reached = {c for c in allowed.commands if c.partition("|")[0] in FORBIDDEN} - table.categories["connection"]
        reached -= _COMMON | {c for c in reached if not _governs(c, table)}
        risky = {c for name in ("dangerous", "admin") for c in table.holdings.get(name, ()) if c in allowed.commands}
        if reached:
            yield Finding(
                path=path,
                message=f"reaches {listed(reached)}, which destroy data or govern the server",
                mend="deny them: `deny: [" + ", ".join(sorted({c.partition("|")[0] for c in reached})[:8]) + "]`",
            )
        if more := (risky & table.effective) - reached - named:
            yield Finding(
                path=path,
                message=f"reaches {listed(more)} of @dangerous or @admin without naming them",
                mend="put `-@dangerous -@admin` behind the categories and name what is needed",
            )
        scripts = allowed.commands & table.holdings.get("scripting", frozenset())
        if scripts:
            yield Finding(
                path=path,
                message="runs scripts, which hold up everybody else on the server while they run",
                mend="keep them short (`lua-time-limit`), or take `@scripting` or the `client` that brings them out",
                level="note",
            )


def _telling(path: str, rules: RedisRules, compiled: RuleSet, table: CommandTable) -> Iterator[Finding]:
    """What it learns of other identities' keys and connections, besides its own patterns."""
    expected = frozenset(ROLES[rules.role]) if rules.role else frozenset()
    selectors = (compiled.root, *compiled.selectors)
    reached = frozenset().union(*(expand(selector, table).commands for selector in selectors)) - expected
    # @dangerous and @admin are reported already.
    if touched := {name for name in reached & TOUCHES if not _governs(name, table)}:
        yield Finding(
            path=path,
            message=f"reaches {listed(touched)}, which end, stop or forget something of others",
            mend="take them out",
        )
    if reported := reached & TELLS.keys():
        what = "; ".join(dict.fromkeys(TELLS[name] for name in sorted(reported)))
        yield Finding(
            path=path,
            message=f"reaches beyond its own keys with {listed(reported)}: {what}",
            mend="take them out, or give what is not for it a cache of its own",
        )
    for channel in dict.fromkeys(c for selector in selectors for c in selector.channels if not universal(c)):
        if why := next((why for pattern, why in CHANNELS.items() if common(channel, pattern)), None):
            yield Finding(path=path, message=f"`{channel}`: {why}", mend="name the application's own channels")


def _governs(command: str, table: CommandTable) -> bool:
    """Whether it is more than the harmless part of its container (`acl|whoami`, `config|help`)."""
    return not command.endswith("|help") and command in (
        table.holdings.get("dangerous", frozenset()) | table.holdings.get("admin", frozenset())
    )


def _channels(path: str, rules: RedisRules, root: Selector, allowed: AllowedCommands) -> Iterator[Finding]:
    for channel in root.channels:
        if universal(channel):
            yield Finding(path=path, message=f"`{channel}` matches every channel", mend="name the channels")
    speaks = allowed.commands & _PUBSUB
    if speaks and not root.channels:
        yield Finding(
            path=path,
            message="pub/sub commands without a channel: every use is refused",
            mend="add `channels` or take the commands out",
        )
    if root.channels and not speaks and not rules.selectors:
        yield Finding(
            path=path, message="channels without a pub/sub command: nothing can use them", mend="take them out"
        )


def _selector(path: str, selector: Selector, root: Selector, table: CommandTable) -> Iterator[Finding]:
    wide = [pattern for pattern in patterns(selector) if universal(pattern)]
    if wide:
        yield Finding(
            path=path,
            message=f"`{wide[0]}` widens the user to every key for {listed(expand(selector, table).commands)}",
            mend="name the key spaces",
        )
    if "*" in selector.channels and "*" not in root.channels:
        yield Finding(path=path, message="widens the user to every channel", mend="name the channels")
    mine, theirs = expand(selector, table), expand(root, table)
    inside = all(
        includes([p for p, has in patterns(root).items() if may in has], pattern)
        for pattern, may in patterns(selector).items()
    )
    if inside and mine.commands <= theirs.commands and set(selector.channels) <= set(root.channels):
        yield Finding(path=path, message="adds nothing to the user's own rules", mend="take it out")


def _shared(access: Access) -> Iterator[Finding]:
    """Two identities that write the same keys, where no key space says that both do."""
    for cache in sorted({cache for identity in access.identities.values() for cache in identity.redis}):
        spaces = [space for space in access.keyspaces.values() if space.cache == cache]
        writing = {name: writers(rules) for name, rules in access.cache_users(cache).items()}
        for one, mine, other, theirs in _candidates(writing):
            key = common(mine, theirs)
            if key is None:
                continue
            touched = [s for s in spaces if common(glob_of(s), mine) and common(glob_of(s), theirs)]
            if touched and all({one, other} <= {s.owner, *s.writers} for s in touched):
                continue
            both = f"`{mine}`" if mine == theirs else f"`{mine}` and `{theirs}`"
            yield Finding(
                path=f"identities.{other}.redis.{cache}",
                message=f"writes {both} as {one} does (e.g. `{key}`): each can overwrite the other's keys",
                mend="part the patterns, or name both as `owner` and `writers` of the key spaces",
            )


def _candidates(writing: Mapping[str, Sequence[str]]) -> list[tuple[str, str, str, str]]:
    """Return the pairs of identity and pattern whose fixed beginnings do not part them, in the order of declaration.

    Sorted by beginning, those that contain another's stand before it; so thousands of identities are quick.
    """
    order = {name: number for number, name in enumerate(writing)}
    all_ = sorted((prefix(p), order[n], n, p) for n, each in writing.items() for p in each if not universal(p))
    found: list[tuple[str, str, str, str]] = []
    above: list[tuple[bytes, int, str, str]] = []
    for entry in all_:
        while above and not entry[0].startswith(above[-1][0]):
            above.pop()
        for outer in above:
            first, second = sorted((outer, entry), key=lambda each: each[1])
            if first[2] != second[2]:
                found.append((first[2], first[3], second[2], second[3]))
        above.append(entry)
    return sorted(found, key=lambda each: (order[each[0]], order[each[2]], each[1], each[3]))


def _keyspaces(access: Access, clustered: Collection[str]) -> Iterator[Finding]:
    for name, space in access.keyspaces.items():
        path = f"keyspaces.{name}"
        if space.database and space.cache in clustered:
            yield Finding(
                path=f"{path}.database",
                message=f"`{space.cache}` is in cluster mode, which has database 0 only",
                mend="write `database: 0`, or take the cache out of cluster mode",
            )
        for variable in bearers(space):
            hashed = f"{{{variable.strip('{}')}_hash}}"
            yield Finding(
                path=f"{path}.pattern",
                message=f"`{variable}` seems to let its bearer in, and names of keys are seen more widely than values",
                mend=f"put its hash (SHA-256) into the name and say so: `{hashed}`",
            )
        users = access.cache_users(space.cache)
        globbed = glob_of(space)
        if users and not any(includes(readers(rules), globbed) for rules in users.values()):
            yield Finding(path=path, message=f"nobody reads `{space.pattern}`", mend="give it a reader or take it out")
        for identity, rules in users.items():
            known = {space.owner, *space.writers}
            if space.owner and identity not in known and any(common(p, globbed) for p in writers(rules)):
                yield Finding(
                    path=f"{path}.writers",
                    message=f"{identity} can write `{space.pattern}`, which is {space.owner}'s",
                    mend=f"name it: `writers: [{identity}]`, or narrow its patterns",
                )
