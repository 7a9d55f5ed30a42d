"""What is allowed but unwise in an access declaration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from bootstrap.access.model import Access, RedisRules

_UNIVERSAL = frozenset({"*", "**", "?*", "*?"})
_PUBSUB = frozenset({"@pubsub", "publish", "subscribe", "psubscribe", "ssubscribe", "spublish"})


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One unwise rule."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


def analyse(access: Access) -> tuple[Finding, ...]:
    """Return every unwise Redis rule of the declaration."""
    return tuple(
        Finding(path=f"identities.{name}.redis.{cache}", message=message)
        for name, identity in access.identities.items()
        for cache, rules in identity.redis.items()
        for message in _of(rules)
    )


def _of(rules: RedisRules) -> Iterator[str]:
    patterns = (*rules.keys, *rules.read, *rules.write)
    for pattern in patterns:
        if pattern in _UNIVERSAL:
            yield f"`{pattern}` matches every key; name the key spaces"
    for channel in rules.channels:
        if channel in _UNIVERSAL:
            yield f"`{channel}` matches every channel; name the channels"
    for group in (rules.keys, rules.read, rules.write):
        for inner in group:
            outer = [p for p in group if p != inner and p not in _UNIVERSAL and fnmatchcase(inner, p)]
            if outer:
                yield f"`{inner}` adds nothing to `{outer[0]}`"
    if _PUBSUB & set(rules.commands) and not rules.channels:
        yield "pub/sub commands without a channel: every use is refused; add `channels` or take the commands out"
    if rules.channels and not _PUBSUB & set(rules.commands):
        yield "channels without a pub/sub command: nothing can use them"
    if not patterns and rules.commands:
        yield "commands without a key pattern: every command that names a key is refused"
