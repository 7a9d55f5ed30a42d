"""Key spaces from what was seen of a cache's keys."""

from __future__ import annotations

import pytest

from bootstrap.access import load_access
from observe.keys.group import Group
from scaffold.live.keyspaces import Seen, in_words, keyspaces
from scaffold.live.recognised import Recognised


def seen(pattern: str, kinds: list[str], lives: list[int | None], database: int = 0) -> Seen:
    group = Group()
    group.add(kinds, [None if life is None else 1000 * life for life in lives], [100] * len(kinds), float("inf"))
    return Seen(pattern=pattern, database=database, group=group)


@pytest.mark.parametrize(
    ("seconds", "word"),
    [(1, "30s"), (30, "30s"), (31, "1m"), (570, "10m"), (3599, "1h"), (86_300, "24h"), (86_401, "2d"), (600_000, "7d"),
     (7_776_001, "91d")],
)  # fmt: skip
def test_a_life_is_what_somebody_would_have_written(seconds: int, word: str) -> None:
    assert in_words(1000 * seconds) == word


def test_entries_as_access_yaml_has_them_and_doubts_where_there_are_any() -> None:
    why = "say what these are for"
    found, notes = keyspaces(
        "main",
        [
            seen("session:*", ["hash"] * 20, [80_000] * 20),
            seen("cache:*:list:*", ["string"] * 15, [100] * 15, database=1),
            seen("flags", ["hash"], [None]),
            seen("mixed:*", ["string"] * 8 + ["set"] * 4, [None] * 2 + [50] * 10),
            seen("bull:mail:*", ["hash"] * 5, [None] * 5),
            seen("*", ["string"] * 30, [10] * 30),
            seen("{user}:*", ["string"] * 11, [10] * 11),
            seen("7:*", ["list"] * 12, [10] * 12),
        ],
        {"app": ("*",), "web": ("session:*", "flags"), "worker": ("bull:*",)},
        [Recognised(client="bullmq", prefix="bull")],
    )
    assert found == {
        "bull": {"pattern": "bull:{id}", "cache": "main", "type": "any", "ttl": "none", "purpose": "what bullmq keeps",
                 "owner": "worker", "writers": ["app"]},
        "session": {"pattern": "session:{id}", "cache": "main", "type": "hash", "ttl": "24h", "purpose": why,
                    "owner": "web", "writers": ["app"]},
        "cache_list": {"pattern": "cache:{id}:list:{part}", "cache": "main", "database": 1, "type": "string",
                       "ttl": "2m", "purpose": why, "owner": "app"},
        "mixed": {"pattern": "mixed:{id}", "cache": "main", "type": "any", "ttl": "none", "purpose": why,
                  "owner": "app"},
        "keys_7": {"pattern": "7:{id}", "cache": "main", "type": "list", "ttl": "30s", "purpose": why, "owner": "app"},
        "flags": {"pattern": "flags", "cache": "main", "type": "hash", "ttl": "none", "purpose": why, "owner": "web",
                  "writers": ["app"]},
    }  # fmt: skip
    assert [(each.at, each.text) for each in notes] == [
        (("keyspaces",), "30 keys of database 0 have names without a fixed part: none holds them"),
        (("keyspaces", "session"), "web and app may write it: which of them answers for it?"),
        (("keyspaces", "mixed"), "keys of several types: 4 set, 8 string"),
        (
            ("keyspaces", "mixed"),
            "2 of 12 keys stay for ever, and the others had up to 1m left: which of the two is meant?",
        ),
        (
            ("keyspaces",),
            "11 keys `'{user}:*'` of database 0: a key space cannot be written for names with braces, brackets, spaces "
            "or other than ASCII characters",
        ),
        (("keyspaces", "flags"), "seen in 1 key only: type and life are a guess"),
        (("keyspaces", "flags"), "web and app may write it: which of them answers for it?"),
    ]
    rules = {"keys": ["*"], "commands": ["@write"]}
    everybody = {name: {"redis": {"main": rules}} for name in ("app", "web", "worker")}
    assert load_access({"owner": "o", "identities": everybody, "keyspaces": found}).keyspaces.keys() == found.keys()


def test_too_many_are_a_number() -> None:
    many = [seen(f"space{chr(97 + n // 26)}{chr(97 + n % 26)}:*", ["string"] * 10, [10] * 10) for n in range(43)]
    found, notes = keyspaces("main", many, {}, [])
    assert (len(found), notes[-1].text) == (
        40,
        "main: 30 keys of 3 more patterns have no key space: `datatier keys main` shows them",
    )
    assert {each.text for each in notes[:-1]} == {"nobody may write it by the rules above: name its owner"}
