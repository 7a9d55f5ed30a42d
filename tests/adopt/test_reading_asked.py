"""What cannot be read as it was asked for is a sentence; nothing is read after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from intercepted import Answer, Intercepted, refused
from made_by_hand import CACHES, FAR, PRIMARY, REGION

from adopt.reading.found import near
from adopt.reading.read import read
from bootstrap.errors import AskedError

pytestmark = pytest.mark.server

NORTH = "eu-north-1"
"""A region in which other things run."""


@pytest.fixture(scope="module")
def account(hand_made: Intercepted) -> Intercepted:
    clients = hand_made.with_answers()
    rds, elasticache = clients("rds", NORTH), clients("elasticache", NORTH)
    common = {"MasterUsername": "root", "MasterUserPassword": "not-a-secret"}
    rds.create_db_instance(
        DBInstanceIdentifier="ledger", Engine="mysql", DBInstanceClass="db.t4g.medium", AllocatedStorage=20, **common
    )
    rds.create_db_cluster(
        DBClusterIdentifier="archive", Engine="postgres", EngineVersion="16.10", DBClusterInstanceClass="db.m6gd.large",
        **common,
    )  # fmt: skip
    rds.create_db_cluster(DBClusterIdentifier="events", Engine="aurora-postgresql", **common)
    elasticache.create_cache_cluster(
        CacheClusterId="fragments", Engine="memcached", CacheNodeType="cache.t4g.micro", NumCacheNodes=1
    )
    return hand_made


ASKED: list[tuple[str, str, Mapping[str, str], str]] = [
    ("order", REGION, {}, "eu-west-1 has no instance order: did you mean orders?"),
    ("warehouse", NORTH, {}, "eu-north-1 has no instance warehouse. There is ledger."),
    ("warehouse", "eu-south-1", {}, "eu-south-1 has no instance warehouse, and none at all."),
    (PRIMARY, NORTH, {}, "eu-north-1 has no instance orders, but eu-west-1 has: `--region eu-west-1`."),
    (
        "orders-reports", REGION, {},
        "orders-reports is a read replica of orders: adopt the tier by its primary, `--instance orders`; its replicas "
        "come along.",
    ),
    (
        "orders-dr", FAR, {},
        "orders-dr is a read replica of orders in eu-west-1: adopt the tier by its primary, `--instance orders "
        "--region eu-west-1`; its replicas come along.",
    ),
    ("ledger", NORTH, {}, "ledger runs mysql: only PostgreSQL can be adopted."),
    (
        "archive", NORTH, {},
        "archive is a Multi-AZ DB cluster, which is another resource than an RDS instance and cannot be adopted: a "
        "copy comes into an instance by logical replication or by a dump.",
    ),
    (
        "events", NORTH, {},
        "events is an Aurora cluster, which is another resource than an RDS instance and cannot be adopted: a copy "
        "comes into an instance by logical replication or by a dump.",
    ),
    (
        PRIMARY, REGION, {"main": "orders-cach"},
        "eu-west-1 has no cache orders-cach: did you mean orders-cache or orders-queue?",
    ),
    (
        PRIMARY, REGION, {"main": "orders-cache-001"},
        "orders-cache-001 is a node of the cache orders-cache: `--cache main=orders-cache`.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("instance", "region", "caches", "sentence"), ASKED, ids=[each[3][:50] for each in ASKED])
def test_what_was_asked_for_is_not_there(
    instance: str, region: str, caches: Mapping[str, str], sentence: str, account: Intercepted
) -> None:
    with pytest.raises(AskedError) as raised:
        read(account.with_answers(), instance, caches, region, "shop-live")
    assert str(raised.value) == sentence


def test_capitals_are_the_same_to_aws(account: Intercepted) -> None:
    found = read(account.with_answers(), "Orders", {"main": "Orders-Cache"}, REGION, "shop-live")
    assert (found.primary.identifier, found.caches["main"].identifier) == ("orders", "orders-cache")


def test_a_cache_that_is_no_group_is_read_as_what_it_is(account: Intercepted) -> None:
    """The refusals say what is in the way; the others are adopted."""

    def serverless(service: str, operation: str, region: str, asked: Mapping[str, Any]) -> Answer | None:
        known = {"ServerlessCacheName": "prices", "Engine": "valkey", "ARN": "arn:aws:elasticache:serverlesscache:p"}
        return {"ServerlessCaches": [known]} if operation == "DescribeServerlessCaches" else None

    clients = account.with_answers(serverless)
    clients("rds", NORTH).create_db_instance(
        DBInstanceIdentifier="till", Engine="postgres", DBInstanceClass="db.t4g.medium", AllocatedStorage=20,
        MasterUsername="root", MasterUserPassword="not-a-secret",
    )  # fmt: skip
    found = read(clients, "till", {"old": "fragments", "new": "prices"}, NORTH, "shop-live").caches
    assert (found["old"].described, [each["Engine"] for each in found["old"].nodes]) == ({}, ["memcached"])
    assert (found["new"].identifier, found["new"].nodes) == ("prices", ())


@pytest.mark.parametrize("code", ["ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "AuthFailure"])
def test_credentials_that_aws_does_not_take(code: str, hand_made: Intercepted) -> None:
    with pytest.raises(AskedError, match=rf"AWS does not take these credentials \(.*{code}\): log in again"):
        read(hand_made.with_answers(lambda *_: refused(code)), PRIMARY, CACHES, REGION, "shop-live")


def test_what_aws_throttles_to_the_end_is_said_as_that(hand_made: Intercepted) -> None:
    def slow(service: str, operation: str, region: str, asked: Mapping[str, Any]) -> Answer | None:
        return refused("Throttling") if operation == "DescribeAlarms" else None

    found = read(hand_made.with_answers(slow), PRIMARY, {}, REGION, "shop-live")
    assert [(each.permission, each.why) for each in found.unread] == [("cloudwatch:DescribeAlarms", "Throttling")]


MANY = [f"billing-{number:02}" for number in range(12)]


@pytest.mark.parametrize(
    ("wanted", "there", "rest"),
    [
        ("orders", [], ", and none at all."),
        ("orders", ["billing"], ". There is billing."),
        ("orders", ["billing", "audit"], ". There are audit, billing."),
        ("orders", MANY, f". There are {', '.join(MANY[:10])} and others."),
        ("Orders", ["orders-1", "billing"], ": did you mean orders-1?"),
    ],
)  # fmt: skip
def test_the_ids_that_may_be_meant(wanted: str, there: list[str], rest: str) -> None:
    assert near(wanted, there) == rest
