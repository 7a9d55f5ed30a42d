"""Where an identity's keys and channels are in each cache, and what its client libraries have to be configured with."""

from __future__ import annotations

from collections.abc import Iterator

from bootstrap.access import Access, RedisRules
from bootstrap.access.presets import written_out
from bootstrap.acl.rules import parse
from bootstrap.manifest import Manifest
from clients.forms import prefix


def variables(manifest: Manifest, access: Access, identity: str) -> dict[str, str]:
    """Values that an application reads: the prefix of its keys in each cache where its clients have one, and what a
    client reads from the environment itself."""
    found: dict[str, str] = {}
    for cache, rules in _caches(manifest, access, identity):
        if rules.prefix is not None:
            found[f"{prefix(cache)}REDIS_PREFIX"] = rules.prefix
        for used in rules.client:
            for setting in used.settings(rules.prefix):
                if setting.variable:
                    found.setdefault(setting.option, setting.value)
    return found


def remarks(manifest: Manifest, access: Access, identity: str) -> list[str]:
    """The same for people, as comments: a line for the keys and channels of each cache, one for each setting, and what
    lies outside of the prefix or happens when a cache is emptied."""
    lines: list[str] = []
    for cache, rules in _caches(manifest, access, identity):
        where = [f"{what} {' '.join(patterns)}" for what, patterns in _patterns(rules).items() if patterns]
        lines += [f"# {cache}: {', '.join(where)}"] if where else []
        for used in rules.client:
            said = (*used.settings(rules.prefix), *used.known.outside, *used.known.clears)
            lines += [f"# {cache}: {used.known.title}: {each}" for each in said]
    return lines


def _caches(manifest: Manifest, access: Access, identity: str) -> Iterator[tuple[str, RedisRules]]:
    declared = access.identities[identity].redis
    for cache in manifest.caches:
        if cache in declared:
            yield cache, declared[cache]


def _patterns(rules: RedisRules) -> dict[str, tuple[str, ...]]:
    """What is permitted -> its patterns."""
    if rules.rules is not None:
        root = parse(rules.rules).root
        return {"keys": ("*",) if root.allkeys else tuple(root.keys), "channels": root.channels}
    whole = written_out(rules)
    return {
        "keys": whole.keys,
        "keys only read": whole.read,
        "keys only written": whole.write,
        "channels": whole.channels,
    }
