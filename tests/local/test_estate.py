"""The tier as an estate: the promises of every estate, and those of the substrate's own."""

from __future__ import annotations

import psycopg
import pytest
import redis
from estate_suite import BY, EstateSuite, Subject
from local_stack import Stack

from graph.errors import CloudError
from keep.errors import AskedError, EstateError
from local.estate import LocalEstate
from local.handlers.base import archive, node, server
from local.postgres.replica import slot

pytestmark = pytest.mark.server


@pytest.fixture
def estate(stack: Stack) -> LocalEstate:
    return LocalEstate(stack.state)


@pytest.fixture
def subject(estate: LocalEstate) -> Subject:
    return Subject(estate=estate, primary="t-primary", replica="t-replica", cache="t-cache", seconds=30)


class TestLocalEstate(EstateSuite):
    """On a tier."""


def run(stack: Stack, identifier: str, *statements: str) -> list[tuple[object, ...]]:
    with server(stack.state, identifier).connect("hub") as connection:
        for each in statements:
            done = connection.execute(each)
        return done.fetchall() if done.description else []


def test_a_snapshot_is_of_the_moment_it_was_taken_at(stack: Stack, estate: LocalEstate, subject: Subject) -> None:
    run(stack, "t-primary", "DROP TABLE IF EXISTS kept_by_name", "CREATE TABLE kept_by_name AS SELECT 1 AS n")
    estate.create_snapshot("t-primary", "t-snap", made_by=BY)
    try:
        run(stack, "t-primary", "INSERT INTO kept_by_name VALUES (2)")
        estate.restore_from_snapshot("t-snap", "t-of-snap", like="t-primary", made_by=BY)
        subject.available("t-of-snap")
        assert run(stack, "t-of-snap", "SELECT n FROM kept_by_name") == [(1,)]
        assert run(stack, "t-of-snap", "SHOW archive_mode") == [("off",)]
        (shown,) = estate.snapshots("t-primary")
        assert (shown.identifier, shown.status, (shown.size or 0) > 2**20) == ("t-snap", "available", True)
    finally:
        estate.delete_instance("t-of-snap")
        estate.delete_snapshot("t-snap")
    assert list((stack.state.path / "backups" / "snapshots").iterdir()) == []


def test_a_promoted_replica_is_a_primary_with_backups_and_up_does_not_copy_over_it(
    stack: Stack, estate: LocalEstate, subject: Subject
) -> None:
    with pytest.raises(EstateError, match="t-primary is not a read replica"):
        estate.promote_read_replica("t-primary")
    try:
        estate.promote_read_replica("t-replica")
        run(stack, "t-replica", "CREATE TABLE of_its_own AS SELECT 1 AS n")
        found = estate.instance("t-replica")
        assert found is not None
        assert (found.status, found.replica_of) == ("available", None)
        assert found.earliest is not None
        assert found.latest is not None
        assert [each.how for each in archive(stack.state, "t-replica").bases()] == ["promotion"]
        slots = "SELECT count(*) FROM pg_replication_slots WHERE slot_name = '{}'"
        assert run(stack, "t-primary", slots.format(slot("t-replica"))) == [(0,)]
        assert list(estate.made()) == []
        with pytest.raises(CloudError, match="t-replica was promoted and has data of its own"):
            stack.up()
        assert run(stack, "t-replica", "SELECT n FROM of_its_own") == [(1,)]
        estate.restore_to_point_in_time("t-replica", "t-of-promoted", found.latest, made_by=BY)
        subject.available("t-of-promoted")
        assert run(stack, "t-of-promoted", "SELECT n FROM of_its_own") == [(1,)]
    finally:
        if estate.made():
            estate.delete_instance("t-of-promoted")
        stack.replicas = ()
        stack.up()
        assert not archive(stack.state, "t-replica").folder.exists()
        stack.replicas = ("t-replica",)
        stack.up()
    assert run(stack, "t-replica", "SELECT pg_is_in_recovery()") == [(True,)]


def test_a_copy_gets_a_replica_that_goes_with_its_slot(stack: Stack, estate: LocalEstate, subject: Subject) -> None:
    source = estate.instance("t-primary")
    assert source is not None
    assert source.latest is not None
    estate.restore_to_point_in_time("t-primary", "t-pair", source.latest, made_by=BY)
    try:
        subject.available("t-pair")
        estate.create_read_replica("t-pair", "t-pair-2", made_by=BY)
        subject.available("t-pair-2")
        standby = estate.instance("t-pair-2")
        assert standby is not None
        assert standby.replica_of == "t-pair"
        run(stack, "t-pair", "CREATE TABLE of_the_pair AS SELECT 1 AS n", "CHECKPOINT")
        subject.soon(lambda: run(stack, "t-pair-2", "SELECT 1 WHERE to_regclass('of_the_pair') IS NOT NULL") or None)
        assert run(stack, "t-pair", "SELECT count(*) FROM pg_replication_slots") == [(1,)]
        estate.delete_instance("t-pair-2")
        assert run(stack, "t-pair", "SELECT count(*) FROM pg_replication_slots") == [(0,)]
    finally:
        for _, name, _ in estate.made():
            estate.delete_instance(name)
    with pytest.raises(psycopg.errors.UndefinedTable):
        run(stack, "t-primary", "SELECT FROM of_the_pair")


def test_a_cache_from_a_snapshot_has_keys_and_users_of_then(stack: Stack, estate: LocalEstate) -> None:
    source = node(stack.state, "t-cache", "t-cache-001", cluster=False)
    with source.client() as client:
        client.flushall()
        client.set("session:1", "one")
        client.set("session:2", "two", ex=900)
        client.execute_command("ACL", "SETUSER", "reader", "on", ">secret", "~session:*", "+get")
        client.execute_command("ACL", "SAVE")
        client.wait(1, 5000)
    estate.create_cache_snapshot("t-cache", "t-cache-snap", made_by=BY)
    try:
        with source.client() as client:
            client.flushall()
        estate.create_cache("t-cache-snap", "t-cache-2", like="t-cache", made_by=BY)
        found = estate.cache("t-cache-2")
        assert found is not None
        assert [each.name for each in found.nodes] == ["t-cache-2-001", "t-cache-2-002"]
        with node(stack.state, "t-cache-2", "t-cache-2-001", cluster=False).client() as client:
            assert (client.dbsize(), client.get("session:1"), 800 < client.ttl("session:2") <= 900) == (2, "one", True)
            assert client.info("replication")["connected_slaves"] == 1
        with redis.Redis(port=found.nodes[0].port, username="reader", password="secret") as reader:
            assert reader.get("session:2") == b"two"
        with source.client() as client:
            assert client.dbsize() == 0
    finally:
        for kind, name, _ in estate.made():
            estate.delete_cache(name) if kind == "cache" else estate.delete_cache_snapshot(name)
        with source.client() as client:
            client.execute_command("ACL", "DELUSER", "reader")
            client.execute_command("ACL", "SAVE")
    assert not (stack.state.path / "cache" / "t-cache-2").exists()
    assert not any("t-cache-2" in name for name in (*stack.state.ports, *stack.state.secrets))


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda e: e.restore_from_snapshot("none", "t-new", like="t-primary", made_by=BY), "no snapshot none"),
        (lambda e: e.create_snapshot("t-other", "t-new", made_by=BY), "no instance t-other: t-primary, t-replica"),
        (lambda e: e.create_cache("none", "t-new", like="t-cache", made_by=BY), "no cache snapshot none"),
        (lambda e: e.create_cache_snapshot("t-other", "t-new", made_by=BY), "no cache t-other: t-cache"),
    ],
)
def test_what_is_not_there_is_refused_by_name(estate: LocalEstate, call: object, reason: str) -> None:
    assert callable(call)
    with pytest.raises(AskedError, match=reason):
        call(estate)
    assert list(estate.made()) == []
