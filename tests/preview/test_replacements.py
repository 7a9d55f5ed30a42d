"""What replaces a resource is said by one table: the preflight judges by it, whatever a rule says of the input."""

import re
from typing import Any

import pytest

from graph.kinds import KINDS
from graph.resource import Resource
from graph.types import BUCKET, CACHE, INSTANCE, PROXY, SUBSCRIPTION, VAULT
from preview.diff import changes
from preview.impact.effect import ORDER, Effect, Impact
from preview.impact.judge import RULES, judge

Inputs = dict[str, Any]
REPLACING = sorted((token, key) for token, kind in KINDS.items() for key in kind.replaces or ())
_SAYS_REPLACED = re.compile(
    r"replaced by an? |replaced by one (in|under)|would be replaced|is replaced[,;:.)]|takes its place|started again"
    r"|Another \w+ is made"
)


def told(token: str, was: Inputs, now: Inputs | None, **options: Any) -> tuple[Impact, ...]:
    def held(inputs: Inputs | None) -> list[Resource]:
        return [] if inputs is None else [Resource(type=token, name="orders", parent="", inputs=inputs, **options)]

    return judge(changes(held(was), held(now)))


@pytest.mark.parametrize(("token", "key"), REPLACING, ids=lambda value: str(value).rpartition(":")[2])
def test_an_input_that_replaces_is_told_as_no_less_and_is_refused_where_protected(token: str, key: str) -> None:
    loud = told(token, {key: "2"}, {key: "1"})
    assert ORDER.index(max((each.effect for each in loud), key=ORDER.index)) >= ORDER.index(Effect.REPLACE)
    assert all(each.source for each in loud)
    refused = told(token, {key: "2"}, {key: "1"}, protect=True)
    assert ("protected", Effect.BLOCKED) in {(each.rule, each.effect) for each in refused}


REDIS, VALKEY = {"engine": "redis", "engineVersion": "7.1"}, {"engine": "valkey", "engineVersion": "8.0"}
BACK = [
    ("an older minor", VALKEY, VALKEY | {"engineVersion": "7.2"}, "cache-version-back"),
    ("an older major", REDIS, REDIS | {"engineVersion": "6.2"}, "cache-version-back"),
    ("the other engine", VALKEY | {"engineVersion": "7.1"}, REDIS, "cache-engine-back"),
    ("TLS too late", {"engineVersion": "6.x"}, {"engineVersion": "6.x", "transitEncryptionEnabled": True},
     "cache-tls-at-creation"),
]  # fmt: skip


@pytest.mark.parametrize(("was", "now", "rule"), [each[1:] for each in BACK], ids=[each[0] for each in BACK])
def test_a_cache_that_goes_back_loses_its_data_and_where_it_is_protected_pulumi_refuses(
    was: Inputs, now: Inputs, rule: str
) -> None:
    bare = told(CACHE, was, now)
    assert (bare[0].effect, bare[0].rule) == (Effect.DATA_AT_RISK, rule)
    assert "elasticache/replication_group.go" in bare[0].source
    held = told(CACHE, was, now, protect=True)
    assert (held[0].effect, held[0].rule, held[0].takes_effect) == (Effect.BLOCKED, "protected", "never")


IN_PLACE = [
    (CACHE, REDIS, VALKEY),
    (CACHE, {"engineVersion": "7.1"}, {"engine": "redis", "engineVersion": "7.1"}),
    (CACHE, {"engineVersion": "7.1"}, {"engine": "valkey", "engineVersion": "7.2"}),
    (CACHE, VALKEY, VALKEY | {"engineVersion": "8.1"}),
    (CACHE, VALKEY, VALKEY | {"transitEncryptionEnabled": True, "transitEncryptionMode": "preferred"}),
    (CACHE, {"durability": "async"}, {"durability": "sync"}),
    (PROXY, {"name": "orders"}, {"name": "orders-new"}),
    (INSTANCE, {"identifier": "orders"}, {"identifier": "orders-new"}),
]


@pytest.mark.parametrize(("token", "was", "now"), IN_PLACE)
def test_what_the_provider_changes_in_place_is_no_replacement(token: str, was: Inputs, now: Inputs) -> None:
    (change,) = changes(*([Resource(type=token, name="orders", parent="", inputs=each)] for each in (was, now)))
    assert (change.kind, change.replaced) == ("update", False)
    assert "protected" not in {each.rule for each in told(token, was, now, protect=True)}


HOLD = [(INSTANCE, "timezone"), (CACHE, "snapshotArns"), (VAULT, "name"), (BUCKET, "bucketPrefix")]


@pytest.mark.parametrize(("token", "key"), HOLD)
def test_what_holds_data_loses_it_in_a_replacement_that_no_rule_names(token: str, key: str) -> None:
    assert told(token, {key: "a", "forceDestroy": True}, {key: "b", "forceDestroy": True})[0].effect is (
        Effect.DATA_AT_RISK
    )


def test_what_holds_nothing_is_only_replaced() -> None:
    assert [(i.effect, i.rule) for i in told(SUBSCRIPTION, {"protocol": "sms"}, {"protocol": "email"})] == [
        (Effect.REPLACE, "replaced")
    ]


def test_no_rule_says_of_its_own_that_something_is_replaced() -> None:
    by_hand = [
        rule.id
        for token, rules in RULES.items()
        for rule in rules
        if rule.effect is Effect.REPLACE or "ForceNew" in rule.source or "forces replacement" in rule.source
    ]
    assert by_hand == []
    unfounded = [
        rule.id
        for token, rules in RULES.items()
        for rule in rules
        if rule.key != "*"
        and _SAYS_REPLACED.search(rule.users)
        and not (rule.key in (KINDS[token].replaces or ()) or rule.key in KINDS[token].replaces_if)
    ]
    assert unfounded == []
    sourceless = [
        rule.id
        for token, rules in RULES.items()
        for rule in rules
        if not rule.source and not (rule.key in (KINDS[token].replaces or ()) or rule.key in KINDS[token].replaces_if)
    ]
    assert sourceless == []


def test_a_replica_that_goes_is_no_replacement() -> None:
    (gone,) = told(INSTANCE, {"replicateSourceDb": "orders"}, None)
    assert (gone.effect, gone.rule) == (Effect.DOWNTIME, "rds-delete-replica")
    assert "address" in gone.users
