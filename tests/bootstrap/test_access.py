"""The access declaration: what is refused, said how, and what a whole file means."""

from __future__ import annotations

from typing import Any

import pytest
from clinic_project import CLINIC

from bootstrap.access import AccessError, RedisRules, access_string, analyse, load_access
from infra.settings.access_file import read_access


def declaration(**more: Any) -> dict[str, Any]:
    return {"owner": "app_owner", "identities": {"app": {"postgres": "readwrite"}}, **more}


def test_a_declaration_of_everything() -> None:
    access = read_access(CLINIC)
    assert access.owner == "clinic_owner"
    assert {name: p.privileges for name, p in access.postgres_users.items()} == {
        "clinic_migrator": "migrator",
        "clinic_app": "readwrite",
        "clinic_reporting": "readonly",
        "clinic_monitoring": "monitoring",
        "clinic_maintainer": "maintainer",
    }
    assert list(access.cache_users("main")) == [
        "clinic_app",
        "clinic_monitoring",
        "clinic_maintainer",
        "clinic_inventory",
        "clinic_cache",
    ]
    assert access.limits_of("clinic_reporting").model_dump() == {
        "connection_limit": 10,
        "statement_timeout": 300,
        "idle_in_transaction_session_timeout": 60,
        "lock_timeout": 5,
    }
    assert {name: k.ttl for name, k in access.keyspaces.items()}["auth_refresh"] == 30 * 86400
    assert [str(found) for found in analyse(access) if found.level == "warning"] == []


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("x" * 62, "at most 61"),
        ("pg_app", "reserved"),
        ("rdsadmin", "reserved"),
        ("default", "reserved"),
        ("master", "reserved"),
        ("Erp", "lower-case"),
        ("erp-app", "lower-case"),
        ("erp__app", "lower-case"),
        ("erp_", "lower-case"),
        ('erp"; DROP', "lower-case"),
        ("erp\n", "lower-case"),
        ("1erp", "lower-case"),
        ("tmí", "lower-case"),
    ],
)
def test_names_that_an_engine_would_refuse(name: str, rule: str) -> None:
    with pytest.raises(AccessError, match=rule) as caught:
        load_access({"owner": "app_owner", "identities": {name: {"postgres": "readwrite"}}})
    assert [problem.path for problem in caught.value.problems] == [f"identities.{name}"]


def test_everything_wrong_is_said_at_once() -> None:
    wrong = {
        "ownr": "x",
        "owner": "app_owner",
        "limits": {"statement_timout": "30s", "lock_timeout": "soon"},
        "identities": {
            "app": {
                "postgres": "readwrit",
                "redis": {"main": {"key": ["a"], "commands": ["@raed", "flushall", "@dangerous"]}},
            }
        },
    }
    with pytest.raises(AccessError) as caught:
        load_access(wrong)
    assert {(p.path, p.nearest) for p in caught.value.problems} == {
        ("ownr", "owner"),
        ("limits.statement_timout", "statement_timeout"),
        ("limits.lock_timeout", None),
        ("identities.app.postgres.privileges", "readwrite"),
        ("identities.app.redis.main.key", "keys"),
        ("identities.app.redis.main.commands.0", None),
        ("identities.app.redis.main.commands.1", None),
        ("identities.app.redis.main.commands.2", None),
    }
    assert "nearest: `@read`" in str(caught.value)


@pytest.mark.parametrize(
    ("more", "path", "rule"),
    [
        ({"owner": "app"}, "owner", "is also an identity"),
        ({"owner": "app_a"}, "identities.app_a", "is the name of a login of `app`"),
        ({"identities": {}}, "identities", "at least 1"),
        ({"identities": {"app": {}}}, "identities.app", "may do nothing"),
        ({"identities": {"app": {"redis": {"main": {}}}}}, "identities.app.redis.main", "needs `commands`"),
        ({"identities": {"app": {"redis": {"main": {"keys": ["a b"], "commands": ["get"]}}}}}, None, "a space"),
        ({"identities": {"app": {"redis": {"main": {"keys": [""], "commands": ["get"]}}}}}, None, "is empty"),
        ({"identities": {"app": {"redis": {"main": {"keys": ["é"], "commands": ["get"]}}}}}, None, "ASCII"),
        ({"identities": {"app": {"redis": {"main": {"commands": ["+get"]}}}}}, None, "without \\+ or -"),
        ({"identities": {"app": {"redis": {"main": {"commands": ["config|get"]}}}}}, None, "governs the server"),
        ({"exceptions": {"redis": {"main": [""]}}}, "exceptions.redis.main.0", "is not the name of a user"),
        ({"exceptions": {"redis": {"main": ["a b"]}}}, "exceptions.redis.main.0", "is not the name of a user"),
        ({"exceptions": {"redis": {"Main": ["sentinel"]}}}, None, "1-20 lower-case letters"),
        (
            {
                "identities": {"app": {"redis": {"main": {"commands": ["get"]}}}},
                "exceptions": {"redis": {"main": ["sentinel", "app"], "queue": ["app"]}},
            },
            "exceptions.redis.main",
            "`app` is an identity with rules for `main`; take one out",
        ),
        (
            {"keyspaces": {"s": {"pattern": "s:{id}", "cache": "main", "type": "hash", "ttl": "1h", "purpose": ""}}},
            "keyspaces.s.cache",
            "no identity has rules",
        ),
        (
            {
                "identities": {"app": {"redis": {"main": {"keys": ["a:*"], "commands": ["get"]}}}},
                "keyspaces": {"s": {"pattern": "s:{id}", "cache": "main", "type": "hash", "ttl": "1h", "purpose": ""}},
            },
            "keyspaces.s.pattern",
            "no identity may write",
        ),
    ],
)
def test_contradictions(more: dict[str, Any], path: str | None, rule: str) -> None:
    with pytest.raises(AccessError, match=rule) as caught:
        load_access(declaration(**more))
    (problem,) = caught.value.problems
    assert path is None or problem.path == path


BASE = "+@connection +cluster|info +cluster|shards +cluster|slots"
UNTRACKED = "-client|caching -client|getredir -client|tracking -client|trackinginfo"


@pytest.mark.parametrize(
    ("rules", "string"),
    [
        (
            {"keys": ["b:*", "a:*"], "channels": ["c:*"], "commands": ["@write", "@read"]},
            f"on ~a:* ~b:* resetchannels &c:* -@all {BASE} +@read +@write -@admin -@dangerous -@keyspace -@scripting "
            f"{UNTRACKED} +copy +dbsize +del +dump +exists +expire +expireat +expiretime +move +object|encoding "
            "+object|freq +object|idletime +object|refcount +persist +pexpire +pexpireat +pexpiretime +pttl +rename "
            "+renamenx +touch +ttl +type +unlink",
        ),
        (
            {"read": ["r:*", "x"], "write": ["w:*", "x"], "commands": ["get", "@scripting", "info"]},
            f"on %R~r:* %W~w:* ~x resetchannels -@all {BASE} -@admin -@dangerous -@scripting {UNTRACKED} "
            "+eval +eval_ro +evalsha +evalsha_ro +script|exists +script|load +get +info",
        ),
        (
            {"role": "monitoring"},
            f"on resetchannels -@all {BASE} -@admin -@dangerous -@scripting {UNTRACKED} +client|list +dbsize +info "
            "+latency|histogram +latency|history +latency|latest +memory|doctor +memory|stats +slowlog|len",
        ),
        (
            {"role": "inventory"},
            f"on %R~* resetchannels -@all {BASE} -@admin -@dangerous -@scripting {UNTRACKED} +hlen +info +llen "
            "+memory|usage +object|freq +pttl +scan +scard +type +xlen +zcard",
        ),
        (
            {"role": "inventory", "keys": ["shop:*"]},
            f"on ~shop:* resetchannels -@all {BASE} -@admin -@dangerous -@scripting {UNTRACKED} +hlen +info +llen "
            "+memory|usage +object|freq +pttl +scan +scard +type +xlen +zcard",
        ),
    ],
)
def test_canonical_strings(rules: dict[str, Any], string: str) -> None:
    assert access_string(RedisRules.model_validate(rules)) == string


@pytest.mark.parametrize(
    ("rules", "messages"),
    [
        ({"keys": ["*"], "commands": ["@read"]}, ["`*` matches every key"]),
        (
            {"keys": ["a"], "channels": ["*"], "commands": ["@pubsub"]},
            ["`*` matches every channel"],
        ),
        ({"keys": ["a:*", "a:b:*"], "commands": ["@read"]}, ["`a:b:*` adds nothing to `a:*`"]),
        (
            {"keys": ["a"], "commands": ["@pubsub"]},
            ["pub/sub commands without a channel: every use is refused"],
        ),
        (
            {"keys": ["a"], "channels": ["c"], "commands": ["@read"]},
            ["channels without a pub/sub command: nothing can use them"],
        ),
        (
            {"commands": ["@read"]},
            ["commands without a key pattern: every command that names a key is refused"],
        ),
        ({"role": "monitoring"}, []),
        ({"role": "inventory"}, []),
        ({"role": "inventory", "keys": ["a:*"]}, []),
    ],
)
def test_analysis(rules: dict[str, Any], messages: list[str]) -> None:
    access = load_access(declaration(identities={"app": {"redis": {"main": rules}}}))
    assert [finding.message for finding in analyse(access)] == messages
