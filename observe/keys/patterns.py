"""Names of keys that nobody declared, brought to patterns: `foo:4711:bar` is `foo:*:bar`, and there are never many."""

from __future__ import annotations

import re
from collections.abc import Mapping

from observe.keys.group import Group

OTHER = b"*"
_LONGEST = 120
"""Bytes of a name that are looked at."""
_FAN = 16
"""So many different words at one place stand there as they are; of more, only those that are much of it."""
_MUCH = 0.1
# What stands for one thing of many: uuids, hashes and tokens (long, with a digit), numbers, what nobody can read.
_ONE_OF_MANY = re.compile(
    rb"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
    rb"|(?<![0-9A-Za-z])(?=[A-Za-z_-]{0,40}\d)(?:[0-9a-fA-F]{8,}|[0-9A-Za-z_-]{20,}={0,2})(?![0-9A-Za-z])"
    rb"|\d+(?:\.\d+)*|[^\x21-\x7e]+"
)
_ADJACENT = re.compile(rb"\*(?:[*.@_-]*\*)+")
_WORD = re.compile(rb"[^:/|.]+|[:/|.]")


def pattern_of(key: bytes) -> bytes:
    """The pattern of one name: what is an id by its looks is a star."""
    found = _ONE_OF_MANY.sub(b"*", key if len(key) <= _LONGEST else key[:_LONGEST] + b"\xff")
    return _ADJACENT.sub(b"*", found) if found.count(b"*") > 1 else found or OTHER


def shown(key: bytes) -> str:
    """What a message may say of a key: its pattern, since an id in its name may be somebody's session."""
    return pattern_of(key).decode("utf-8", "backslashreplace")


Stars = dict[bytes, frozenset[bytes]]
"""Beginning of a pattern -> the words that may follow it as they are; any other is a star there."""


def starred(pattern: bytes, stars: Stars) -> bytes:
    """The same with a star wherever one stands for the rare words."""
    made = b""
    for word in _WORD.findall(pattern):
        kept = stars.get(made)
        made += word if kept is None or word in kept else OTHER
    return made


def folded(counts: Mapping[bytes, Group], stars: Stars) -> dict[bytes, Group]:
    """The same with fewer patterns: where many words stand at one place, the rare ones are one star.

    `user:anna:cart` and hundreds of its like become `user:*:cart`. What is folded away is merged into its star, and
    `stars` learns where they are.
    """
    made: dict[bytes, Group] = {}
    _fold(b"", [(_WORD.findall(pattern), count) for pattern, count in counts.items()], made, stars)
    return made


def _fold(before: bytes, entries: list[tuple[list[bytes], Group]], made: dict[bytes, Group], stars: Stars) -> None:
    by_word: dict[bytes, list[tuple[list[bytes], Group]]] = {}
    for words, count in entries:
        if words:
            by_word.setdefault(words[0], []).append((words[1:], count))
        elif (there := made.setdefault(before, count)) is not count:
            there.merge(count)
    if len(by_word) > _FAN:
        enough = _MUCH * sum(count.keys for _, count in entries)
        rare = [word for word, some in by_word.items() if sum(count.keys for _, count in some) < enough]
        others = [entry for word in rare for entry in by_word.pop(word)]
        stars[before] = frozenset(by_word)
        by_word.setdefault(OTHER, []).extend(others)
    for word, some in by_word.items():
        _fold(before + word, some, made, stars)
