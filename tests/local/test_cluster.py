"""Cluster mode: shards with replicas, all slots served, repaired after kill -9, data kept over down."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis
from local_stack import Stack, declare
from redis.backoff import NoBackoff
from redis.cluster import RedisCluster
from redis.retry import Retry

from graph.resource import Resource
from local.handlers.base import node
from local.status import healthy
from local.valkey.config import ADMIN

pytestmark = pytest.mark.server


def group(shards: int) -> list[Resource]:
    return [
        declare(
            "aws:elasticache/replicationGroup:ReplicationGroup",
            "sharded",
            {
                "replicationGroupId": "t-sharded",
                "clusterMode": "enabled",
                "numNodeGroups": shards,
                "replicasPerNodeGroup": 1,
                "nodeType": "cache.t4g.small",
            },
        )
    ]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    made = Stack(tmp_path_factory.mktemp("cluster"))
    try:
        made.up(group(3))
        yield made
    finally:
        made.down()


def client(stack: Stack) -> RedisCluster:
    member = node(stack.state, "t-sharded", "t-sharded-0001-001", cluster=True)
    return RedisCluster(
        host="127.0.0.1",
        port=stack.made["sharded"].outputs["port"],
        username=ADMIN,
        password=member.admin_password,
        decode_responses=True,
    )


def write_and_read(stack: Stack, prefix: str) -> None:
    with client(stack) as cluster:
        for number in range(20):
            cluster.set(f"{prefix}:{number}", number)
        assert [cluster.get(f"{prefix}:{number}") for number in range(20)] == [str(n) for n in range(20)]


def test_every_slot_is_served(stack: Stack) -> None:
    outputs = stack.made["sharded"].outputs
    assert outputs["configurationEndpointAddress"] == "127.0.0.1"
    assert len(outputs["memberClusters"]) == 6
    write_and_read(stack, "first")
    assert stack.up(group(3)) == {"sharded": "unchanged"}


@pytest.mark.parametrize("victim", ["t-sharded-0002-001", "t-sharded-0003-002"])
def test_a_killed_node_comes_back(stack: Stack, victim: str) -> None:
    stack.kill(victim)
    assert stack.up(group(3)) == {"sharded": "updated"}
    assert healthy(stack.state) == []
    write_and_read(stack, "second")


def test_keys_survive_down_and_up(stack: Stack) -> None:
    write_and_read(stack, "kept")
    stack.down(delete=False)
    stack.up(group(3))
    with client(stack) as cluster:
        assert cluster.get("kept:7") == "7"


def test_other_shards_begin_anew(stack: Stack) -> None:
    assert stack.up(group(2)) == {"sharded": "updated"}
    assert len(stack.pids()) == 5
    write_and_read(stack, "fewer")


def test_the_default_user_is_off(stack: Stack) -> None:
    port = stack.made["sharded"].outputs["port"]
    with redis.Redis(port=port, retry=Retry(NoBackoff(), 0)) as plain, pytest.raises(redis.AuthenticationError):
        plain.ping()
