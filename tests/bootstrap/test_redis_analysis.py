"""What is unwise in Redis rules is found by what they let through, and each finding says what mends it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bootstrap.access import AccessError, RedisRules, analyse, load_access
from bootstrap.access.keyspaces import glob_of, readers, writers
from bootstrap.access.model import Keyspace
from bootstrap.acl.glob import common, matches

NOBODY = "no identity may write `{}` in `main`; add the pattern to one's keys"
GONE = "flushall, flushdb, migrate, restore-asking, swapdb"
SPACE = {"pattern": "a:{id}", "cache": "main", "type": "hash", "ttl": "1h", "purpose": "tests"}


def findings(rules: dict[str, Any], **more: Any) -> list[tuple[str, str, str]]:
    access = load_access({"owner": "o", "identities": {"app": {"redis": {"main": rules}}}, **more})
    return [(f.path.removeprefix("identities.app.redis.main"), f.message, f.level) for f in analyse(access)]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({"keys": ["a:*"], "commands": ["@read", "@write"]}, []),
        # `@keyspace` holds FLUSHALL and more: by text none of it is there.
        (
            {"rules": "~a:* +@keyspace -@write"},
            [
                ("", "reaches keys, which destroy data or govern the server", "warning"),
                (
                    "",
                    "reaches beyond its own keys with clusterscan, keys, randomkey, scan: the names of all keys",
                    "warning",
                ),
            ],
        ),
        (
            {"rules": "~a:* +@keyspace -@read -cluster"},
            [
                ("", f"reaches {GONE}, which destroy data or govern the server", "warning"),
                ("", "reaches restore of @dangerous or @admin without naming them", "warning"),
            ],
        ),
        (
            {"rules": "~a:* +get +client|kill"},
            [("", "reaches client|kill of @dangerous or @admin without naming them", "warning")],
        ),
        ({"rules": "~a:* +get +info"}, []),
        (
            {"rules": "~a:* +get +config|get"},
            [("", "reaches config|get, which destroy data or govern the server", "warning")],
        ),
        ({"rules": "~a:* +config|help +get"}, []),
        ({"keys": ["a:*"], "commands": ["get", "info"]}, []),
        ({"keys": ["?*"], "commands": ["get"]}, [("", "`?*` matches every key", "warning")]),
        ({"keys": ["[^a]*"], "commands": ["get"]}, []),
        ({"keys": ["a:[bc]*", "a:b*"], "commands": ["get"]}, [("", "`a:b*` adds nothing to `a:[bc]*`", "warning")]),
        ({"read": ["a:*"], "keys": ["a:b:*"], "commands": ["get"]}, []),
        ({"keys": ["a:*"], "read": ["a:b:*"], "commands": ["get"]}, [("", "`a:b:*` adds nothing to `a:*`", "warning")]),
        ({"keys": ["a*", "a**"], "commands": ["get"]}, [("", "`a**` adds nothing to `a*`", "warning")]),
        (
            {"keys": ["a:*"], "commands": ["@read", "@scripting"]},
            [("", "runs scripts, which hold up everybody else on the server while they run", "note")],
        ),
        ({"rules": "+publish &c"}, []),
        (
            {"rules": "+get"},
            [("", "commands without a key pattern: every command that names a key is refused", "warning")],
        ),
        (
            {"keys": ["a:*"], "commands": ["get"], "selectors": [{"keys": ["*"], "commands": ["set"]}]},
            [(".selectors.0", "`*` widens the user to every key for set", "warning")],
        ),
        (
            {"keys": ["a:*"], "commands": ["get"], "selectors": [{"read": ["a:b:*"], "commands": ["get"]}]},
            [(".selectors.0", "adds nothing to the user's own rules", "warning")],
        ),
        (
            {
                "keys": ["a:*"],
                "commands": ["get"],
                "selectors": [{"read": ["b:*"], "channels": ["*"], "commands": ["get"]}],
            },
            [(".selectors.0", "widens the user to every channel", "warning")],
        ),
        ({"rules": "~a:* resetdbs +get"}, [("", "no database is allowed: every command is refused", "warning")]),
    ],
)
def test_one_identity(rules: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    assert findings(rules) == expected


def test_everything_is_found_at_once() -> None:
    found = findings({"rules": "~* &* +@all"})
    assert [message.split(",")[0] for _, message, _ in found] == [
        "`*` matches every key",
        "`+@all` reaches commands that the server gets later too (modules)",
        "reaches acl|deluser",
        "reaches client|kill",
        "runs scripts",
        "reaches function|delete",
        "reaches beyond its own keys with acl|log",
        "`*` matches every channel",
    ]


def two(one: str, other: str, **space: Any) -> list[tuple[str, str]]:
    rules = {name: {"redis": {"main": {"keys": [p], "commands": ["@write"]}}} for name, p in (("a", one), ("b", other))}
    spaces = {"keyspaces": {"s": SPACE | space}} if space else {}
    return [(f.path, f.message) for f in analyse(load_access({"owner": "o", "identities": rules, **spaces}))]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("a:*", "b:*", []),
        (
            "a:*",
            "*:x",
            [
                (
                    "identities.b.redis.main",
                    "writes `a:*` and `*:x` as a does (e.g. `a:x`): each can overwrite the other's keys",
                )
            ],
        ),
        ("a:[0-4]*", "a:[5-9]*", []),
    ],
)
def test_identities_that_write_the_same_keys(one: str, other: str, expected: list[tuple[str, str]]) -> None:
    assert two(one, other) == expected


@pytest.mark.parametrize(
    ("space", "expected"),
    [
        ({"owner": "a", "writers": ["b"]}, []),
        (
            {"owner": "a"},
            [
                ("identities.b.redis.main", "writes `a:*` as a does (e.g. `a:`): each can overwrite the other's keys"),
                ("keyspaces.s.writers", "b can write `a:{id}`, which is a's"),
            ],
        ),
    ],
)
def test_sharing_that_is_declared(space: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    found = [one for one in two("a:*", "a:*", **space) if "nobody reads" not in one[1]]
    assert found == expected


def test_a_key_space_that_nobody_reads_and_one_that_cluster_mode_lacks() -> None:
    rules = {"redis": {"main": {"write": ["a:*"], "commands": ["@write"]}}}
    access = load_access({"owner": "o", "identities": {"a": rules}, "keyspaces": {"s": SPACE | {"database": 1}}})
    assert [str(f) for f in analyse(access, clustered=["main"])] == [
        "keyspaces.s.database: `main` is in cluster mode, which has database 0 only; "
        "write `database: 0`, or take the cache out of cluster mode",
        "keyspaces.s: nobody reads `a:{id}`; give it a reader or take it out",
    ]


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("sess:{sid}", ["{sid}"]),
        ("cart:{sessionId}:{item}", ["{sessionId}"]),
        ("login:{token}:{otp}", ["{token}", "{otp}"]),
        ("quota:{api_key}:{day}", ["{api_key}"]),
        ("grant:{refresh_token}", ["{refresh_token}"]),
        ("a:{JWT}", ["{JWT}"]),
        ("session:{user}:{session_hash}", []),
        ("auth:{tokenSha256}", []),
        ("quota:{key_hmac}", []),
        ("revoked:{jti}", []),
        ("revoked:{token_id}", []),
        ("a:{token_type}", []),
        ("cache:{key}", []),
        ("lock:{resource}:{id}", []),
        ("codec:{codec}:{tokens_left}:{pinned}", []),
        ("token:session:secret:{user}", []),
        ("a:{}", []),
    ],
)
def test_what_lets_its_bearer_in_stands_in_no_name_of_a_key(pattern: str, told: list[str]) -> None:
    rules = {"redis": {"main": {"keys": ["*:*"], "commands": ["@write", "@read"]}}}
    space = SPACE | {"pattern": pattern}
    found = analyse(load_access({"owner": "o", "identities": {"a": rules}, "keyspaces": {"s": space}}))
    assert [f.message.split("`")[1] for f in found if f.path == "keyspaces.s.pattern"] == told


@pytest.mark.parametrize(
    ("space", "path", "rule"),
    [
        ({"owner": "b"}, "keyspaces.s.owner", "`b` may not write `a:{id}` in `main`; those that may: a"),
        ({"owner": "ab"}, "keyspaces.s.owner", "`ab` is not an identity; those that may write it: a"),
        ({"writers": ["b"]}, "keyspaces.s.writers", "`b` may not write `a:{id}` in `main`; those that may: a"),
        ({"pattern": "c:{id}"}, "keyspaces.s.pattern", NOBODY.format("c:{id}")),
        # Not every key of it: fnmatch of an example would have said yes.
        ({"pattern": "{id}:a"}, "keyspaces.s.pattern", NOBODY.format("{id}:a")),
    ],
)
def test_owners_that_cannot_be(space: dict[str, Any], path: str, rule: str) -> None:
    rules = {"keys": ["a:*", "x*:a"], "commands": ["@write", "@read"]}
    identities = {"a": {"redis": {"main": rules}}, "b": {"redis": {"main": {"read": ["a:*"], "commands": ["@read"]}}}}
    with pytest.raises(AccessError) as caught:
        load_access({"owner": "o", "identities": identities, "keyspaces": {"s": SPACE | space}})
    assert [(p.path, p.rule) for p in caught.value.problems] == [(path, rule)]


@pytest.mark.parametrize(
    ("rules", "reading", "writing"),
    [
        ({"keys": ["a"], "commands": ["@read"]}, ("a",), ()),
        ({"keys": ["a"], "read": ["b"], "commands": ["@write"]}, ("a", "b"), ("a",)),
        ({"keys": ["a"], "commands": ["ping"]}, (), ()),
        ({"rules": "~a +get (%W~b +set)"}, ("a",), ("b",)),
    ],
)
def test_who_reads_and_writes(rules: dict[str, Any], reading: tuple[str, ...], writing: tuple[str, ...]) -> None:
    made = RedisRules.model_validate(rules)
    assert readers(made) == reading
    assert writers(made) == writing


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ({"rules": "~a +get >secret"}, "holds a password"),
        ({"rules": "off ~a"}, "holds `off`"),
        ({"rules": "~a nopass"}, "holds `nopass`"),
        ({"rules": "~* ~a +get"}, "all keys are allowed already"),
        ({"rules": "what"}, "is not a rule of an ACL"),
        ({"rules": "~a\n+get"}, "printable ASCII on one line"),
        ({"rules": "~a (+get"}, "never closed"),
        ({"rules": "~a", "commands": ["get"]}, "take out commands"),
        ({"commands": ["get"], "deny": ["+get"]}, "without \\+ or -"),
        ({"commands": ["get"], "selectors": [{"keys": ['a"b'], "commands": ["get"]}]}, "quotation mark"),
        ({"commands": ["get"], "selectors": [{"keys": ["a)"], "commands": ["get"]}]}, "ends with"),
        ({"commands": ["get"], "selectors": [{"keys": ["a"]}]}, "commands: is missing"),
    ],
)
def test_what_no_rules_may_hold(wrong: dict[str, Any], rule: str) -> None:
    with pytest.raises(AccessError, match=rule):
        load_access({"owner": "o", "identities": {"app": {"redis": {"main": wrong}}}})


GLOBS = st.text(alphabet="ab*?[]^-", min_size=1, max_size=5)


@settings(max_examples=200, deadline=None)
@given(one=GLOBS, other=GLOBS)
def test_two_writers_are_told_if_and_only_if_a_key_exists_that_both_write(one: str, other: str) -> None:
    shared = common(one, other)
    found = [message for _, message in two(one, other) if "as a does" in message]
    quiet = any("matches every key" in message for _, message in two(one, other))
    assert bool(found) == (shared is not None and not quiet)
    if found and shared:
        assert f"(e.g. `{shared}`)" in found[0]
        assert matches(one, shared)
        assert matches(other, shared)


@settings(max_examples=100, deadline=None)
@given(parts=st.lists(st.sampled_from(["a", "{id}", ":", "*", "[", "\\", "{x}"]), min_size=1, max_size=5))
def test_a_key_space_is_the_pattern_of_its_keys(parts: list[str]) -> None:
    space = Keyspace.model_validate(SPACE | {"pattern": "".join(parts)})
    key = "".join("v" if part.startswith("{") else part for part in parts)
    assert matches(glob_of(space), key)
    if not parts[-1].startswith("{"):
        assert not matches(glob_of(space), key + "\n")
