"""Key spaces for access.yaml, from patterns of keys that were seen: type, longest life, who may write them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bootstrap.access.keyspaces import glob_of
from bootstrap.access.model import Keyspace
from bootstrap.access.names import duration
from bootstrap.acl.glob import includes, universal
from observe.keys.group import Group
from scaffold.live.notes import Note
from scaffold.live.recognised import Recognised

ENOUGH = 10
"""Of fewer keys neither the longest life nor the only type says much."""
_WORDS = ("30s", "1m", "2m", "5m", "10m", "15m", "30m", "1h", "2h", "6h", "12h", "24h", "2d", "7d", "14d", "30d", "90d")
_DAY = 86_400
_UNSAYABLE = re.compile(r"[^\x21-\x7e]|[{}\\\[\]?]")
_MOST = 40
"""Key spaces that are proposed for one cache; what is left is said as a number."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What was seen under one pattern."""

    pattern: str
    """`session:*`, as `datatier keys` shows it."""
    database: int
    group: Group


def in_words(milliseconds: int) -> str:
    """The next longer life that somebody would have written: 86,300 s is `24h`."""
    seconds = -(-milliseconds // 1000)
    for word in _WORDS:
        if seconds <= (duration(word) or 0):
            return word
    return f"{-(-seconds // _DAY)}d"


def keyspaces(
    cache: str, seen: Sequence[Seen], writers: Mapping[str, tuple[str, ...]], clients: Sequence[Recognised]
) -> tuple[dict[str, dict[str, Any]], tuple[Note, ...]]:
    """Return entries of `keyspaces` by name, the largest first, and what is left to a person.

    :param writers: identity -> patterns of the keys that it may write.
    """
    made: dict[str, dict[str, Any]] = {}
    notes: list[Note] = []
    for known in clients:
        for glob in known.globs if known.fits else ():
            entry = {"pattern": _variables(glob), "cache": cache, "type": "any", "ttl": "none"}
            made[_name(glob, made)] = _owned({**entry, "purpose": f"what {known.client} keeps"}, writers)
    others = [s for s in seen if not any(c.owns(s.pattern) for c in clients)]
    others.sort(key=lambda each: (-each.group.keys, each.database, each.pattern))
    for each in others[:_MOST]:
        if problem := _problem(each):
            notes.append(Note(place="access", at=("keyspaces",), text=problem))
            continue
        found = _space(cache, each, writers)
        name = _name(each.pattern, made)
        made[name] = found
        notes += [Note(place="access", at=("keyspaces", name), text=doubt) for doubt in _doubts(each, found)]
    if more := others[_MOST:]:
        keys = sum(each.group.keys for each in more)
        text = (
            f"{cache}: {keys} keys of {len(more)} more patterns have no key space: `datatier keys {cache}` shows them"
        )
        notes.append(Note(place="access", at=("keyspaces",), text=text))
    return made, tuple(notes)


def _problem(seen: Seen) -> str | None:
    if not seen.pattern.strip("*"):
        return f"{seen.group.keys} keys of database {seen.database} have names without a fixed part: none holds them"
    if _UNSAYABLE.search(seen.pattern):
        return (
            f"{seen.group.keys} keys `{seen.pattern!a}` of database {seen.database}: a key space cannot be written for "
            "names with braces, brackets, spaces or other than ASCII characters"
        )
    return None


def _space(cache: str, seen: Seen, writers: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    group = seen.group
    kinds = [kind for kind in group.types if kind in {"string", "hash", "list", "set", "zset", "stream"}]
    entry = {
        "pattern": _variables(seen.pattern),
        "cache": cache,
        **({"database": seen.database} if seen.database else {}),
        "type": kinds[0] if len(group.types) == len(kinds) == 1 else "any",
        "ttl": "none" if group.without_ttl or group.longest is None else in_words(group.longest),
        "purpose": "say what these are for",
    }
    return _owned(entry, writers)


def _variables(pattern: str) -> str:
    """`cache:*:*` as `cache:{id}:{part}`."""
    words = iter(("id", "part", *(f"part{number}" for number in range(2, 99))))
    return re.sub(r"\*", lambda _: f"{{{next(words)}}}", pattern)


def _owned(entry: dict[str, Any], writers: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """With the identity that may write it; the one that may write least else, of several, and those beside it."""
    space = Keyspace.model_validate(entry)
    may = [name for name, patterns in writers.items() if includes(list(patterns), glob_of(space))]
    may.sort(key=lambda name: (any(map(universal, writers[name])), len(writers[name]), name))
    owner = {"owner": may[0]} if may else {}
    return {**entry, **owner, **({"writers": may[1:]} if may[1:] else {})}


def _name(pattern: str, taken: Mapping[str, object]) -> str:
    plain = "_".join(re.findall(r"[a-z0-9]+", pattern.lower())) or "keys"
    plain = plain if plain[0].isalpha() else f"keys_{plain}"
    numbers = (f"{plain}_{number}" for number in range(2, 1000))
    return next(name for name in (plain, *numbers) if name not in taken)


def _doubts(seen: Seen, entry: Mapping[str, Any]) -> Iterator[str]:
    group = seen.group
    if group.keys < ENOUGH:
        yield f"seen in {group.keys} key{'s' * (group.keys != 1)} only: type and life are a guess"
    if len(group.types) > 1:
        yield f"keys of several types: {', '.join(f'{count} {kind}' for kind, count in sorted(group.types.items()))}"
    if group.without_ttl and group.longest is not None:
        yield (
            f"{group.without_ttl} of {group.keys} keys stay for ever, and the others had up to "
            f"{in_words(group.longest)} left: which of the two is meant?"
        )
    if "owner" not in entry:
        yield "nobody may write it by the rules above: name its owner"
    elif "writers" in entry:
        yield f"{entry['owner']} and {', '.join(entry['writers'])} may write it: which of them answers for it?"
