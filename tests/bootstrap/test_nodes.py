"""Replicas and cluster nodes: ACLs do not replicate, roles do, a moment later."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from real_servers import Postgres, Valkey, replica_of
from tier import Tier

from bootstrap.manifest import Endpoint

pytestmark = pytest.mark.server


def test_a_replica_is_checked_too(postgres18: Postgres, make_tier: Callable[..., Tier], replica_folder: Path) -> None:
    tier = make_tier(postgres18)
    with replica_of(postgres18, replica_folder) as port:
        reporting = Endpoint(name="reporting", host="127.0.0.1", port=port)
        postgres = tier.manifest.postgres.model_copy(update={"replicas": (reporting,)})
        tier.manifest = tier.manifest.model_copy(update={"postgres": postgres})
        report = tier.run()
    assert report.ok
    n = tier.name
    seen = {(c.identity, c.action): c.outcome for c in report.checks if c.target == "reporting"}
    assert {
        key: seen.get(key)
        for key in [
            (f"{n}_reporting", f"log in as {n}_reporting_a"),
            (f"{n}_reporting", "read 2 tables"),
            (f"{n}_app", "insert into 2 tables"),
            (f"{n}_migrator", "create a table"),
        ]
    } == {
        (f"{n}_reporting", f"log in as {n}_reporting_a"): "allowed",
        (f"{n}_reporting", "read 2 tables"): "allowed",
        (f"{n}_app", "insert into 2 tables"): "refused",
        (f"{n}_migrator", "create a table"): "refused",
    }


def test_every_node_gets_the_users(
    postgres18: Postgres, valkey_server: Valkey, valkey_cluster: Valkey, make_tier: Callable[..., Tier]
) -> None:
    tier = make_tier(postgres18, valkey_server)
    target = tier.manifest.caches["main"]
    second = Endpoint(name="replica-1", host="127.0.0.1", port=valkey_cluster.port)
    both = target.model_copy(update={"nodes": (*target.nodes, second)})
    tier.manifest = tier.manifest.model_copy(update={"caches": {"main": both}})
    report = tier.run()
    assert report.ok
    assert {c.target for c in report.checks if c.engine == "redis"} == {"main/primary", "main/replica-1"}
    with valkey_cluster.admin() as admin:
        admin.acl_deluser(f"{tier.name}_cache")
    (change,) = [detail for step in tier.run().steps for detail in step.detail]
    assert change.startswith(f"main/replica-1: {tier.name}_cache: created")


def test_cluster_mode(postgres18: Postgres, valkey_cluster: Valkey, make_tier: Callable[..., Tier]) -> None:
    tier = make_tier(postgres18, valkey_cluster, cluster_mode=True)
    assert tier.run().ok
    assert tier.run().changed == 0
