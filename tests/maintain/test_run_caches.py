"""Actions on a cache's node: by whom they are sent, and what comes of one that is refused."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from at_work import action
from real_servers import ADMIN_PASSWORD, Valkey, valkey

from bootstrap.manifest import CacheTarget, Endpoint, Manifest, PostgresTarget
from bootstrap.secrets import Credential, Secret
from maintain.action import Action, MaintenancePlan, Skipped
from maintain.run import caches
from maintain.run.budget import Budget
from maintain.run.run import on_caches
from observe import administered

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def server() -> Iterator[Valkey]:
    with tempfile.TemporaryDirectory(prefix="dt-valkey-", dir="/tmp") as folder, valkey(Path(folder)) as made:
        yield made


@pytest.fixture
def manifest(server: Valkey, monkeypatch: pytest.MonkeyPatch) -> Manifest:
    """Of a shop with one cache; the store holds its administrator."""

    class Store:
        def __init__(self, region: str, endpoint: str | None) -> None:
            assert (region, endpoint) == ("eu-west-1", None)

        def get(self, arn: str) -> object:
            assert arn == "arn:admin"
            return type(
                "Version", (), {"credential": Credential(username="acl-admin", password=Secret(ADMIN_PASSWORD))}
            )()

    monkeypatch.setattr(administered, "AwsStore", Store)
    node = Endpoint(name="one", host="127.0.0.1", port=server.port)
    return Manifest(
        stack="shop",
        prefix="shop",
        region="eu-west-1",
        postgres=PostgresTarget(primary=node, database="shop", master_secret="arn:master"),
        caches={"carts": CacheTarget(endpoint=node, nodes=(node,), tls=False, admin_secret="arn:admin")},
        secrets={},
        access={"owner": "shop_owner", "identities": {"shop_app": {"postgres": "readwrite"}}},
    )


def purge(statement: str = "MEMORY PURGE", node: str = "carts/one") -> Action:
    return action("purge", statement, "carts", node=node, lock="", needs="+memory|purge")


def test_it_is_sent_by_the_administrator_where_no_identity_may(manifest: Manifest, server: Valkey) -> None:
    done = caches.on_cache(manifest, purge())
    assert (done.state, done.detail, done.tries, done.node) == ("done", "", 1, "carts/one")
    with server.admin() as client:
        assert client.info("commandstats")["cmdstat_memory|purge"]["calls"] == 1


def test_what_the_node_refuses_has_failed(manifest: Manifest) -> None:
    done = caches.on_cache(manifest, purge("MEMORY PURGE NOW"))
    assert (done.state, done.detail) == ("failed", "wrong number of arguments for 'memory|purge' command")


def test_a_node_that_is_gone_has_failed(manifest: Manifest) -> None:
    done = caches.on_cache(manifest, purge(node="carts/two"))
    assert (done.state, done.detail) == ("failed", "there is no node carts/two any more: plan again")


def test_a_database_that_did_not_answer_has_failed_and_the_caches_have_their_turn(manifest: Manifest) -> None:
    silent = Skipped(object="primary", why="connection refused")
    plan = MaintenancePlan(actions=(purge(), purge("MEMORY DOCTOR")), skipped=(silent, Skipped(object="t", why="w")))
    told: list[str] = []
    report = on_caches(plan, Budget(60.0), lambda each: caches.on_cache(manifest, each), told.append)
    assert [(each.object, each.state, each.detail) for each in report.done] == [
        ("primary", "failed", "connection refused"),
        ("carts", "done", ""),
        ("carts", "done", ""),
    ]
    assert (report.ok, told) == (False, ["purge carts", "purge carts"])
