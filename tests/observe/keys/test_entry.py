"""Where a survey of a stack's cache begins: as whom, on which nodes, and what is said where nobody may."""

from __future__ import annotations

from typing import Any

import pytest

from bootstrap.manifest import Manifest
from observe.keys.allowed import Everything
from observe.keys.entry import NobodyError, of_stack

STOCK = {"shop_stock": {"redis": {"hot": {"role": "inventory"}}}}
TILL = {"shop_till": {"redis": {"hot": {"keys": ["basket:*"], "commands": ["@read", "scan", "info", "memory|usage"]}}}}
WATCH = {"shop_watch": {"redis": {"hot": {"role": "monitoring"}}}}
READER = {"name": "reader", "host": "reader.test", "port": 6379}


def manifest(identities: dict[str, Any], **cache: Any) -> Manifest:
    return Manifest.model_validate(
        {
            "stack": "live",
            "prefix": "shop-live",
            "region": "eu-west-1",
            "postgres": {
                "primary": {"name": "primary", "host": "db.test", "port": 5432},
                "database": "shop",
                "master_secret": "arn:master",
            },
            "caches": {
                "hot": {"endpoint": {"name": "hot", "host": "hot.test", "port": 6379}, "user_group": "g"} | cache
            },
            "secrets": dict.fromkeys(identities, "arn:any"),
            "access": {"owner": "shop_owner", "identities": identities},
        }
    )


@pytest.mark.parametrize(
    ("identities", "cache", "nodes", "seen"),
    [
        (WATCH | TILL | STOCK, {}, ["hot"], [b"basket:1", b"other"]),
        (WATCH | TILL, {}, ["hot"], [b"basket:1"]),
        (STOCK, {"reader": READER}, ["hot/reader", "hot"], [b"basket:1", b"other"]),
        (
            STOCK,
            {"nodes": [READER | {"name": "a"}, READER | {"name": "b"}], "user_group": None},
            ["hot/a", "hot/b"],
            [b"basket:1", b"other"],
        ),
    ],
)
def test_who_looks_where_and_at_what(
    identities: dict[str, Any], cache: dict[str, Any], nodes: list[str], seen: list[bytes]
) -> None:
    entry = of_stack(manifest(identities, **cache), "hot")
    assert [node.name for node in entry.nodes] == nodes
    assert entry.allowed.sift([b"basket:1", b"other"], lambda _: False) == seen


def test_with_an_auth_token_there_is_one_user_who_may_all() -> None:
    entry = of_stack(manifest(WATCH, user_group=None, auth_secret="arn:token", replication_group="rg"), "hot")
    assert isinstance(entry.allowed, Everything)


@pytest.mark.parametrize(
    ("identity", "whose"),
    [(None, "no identity may look at the keys of `hot`"), ("shop_x", "`shop_x` has no rules for `hot`")],
)
def test_nobody_is_said_with_the_line_that_mends_it(identity: str | None, whose: str) -> None:
    with pytest.raises(NobodyError) as said:
        of_stack(manifest(WATCH), "hot", identity)
    assert str(said.value) == (
        f"{whose}: write `redis: {{hot: inventory}}` for one in access.yaml (names, types, lives and sizes of all "
        "keys, no value), then `datatier access apply`"
    )
