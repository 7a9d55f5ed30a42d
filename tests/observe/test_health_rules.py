"""What is read of a server as a whole, and what it means: without one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from knowledge.support import NAMES, Product, support_until
from knowledge.thresholds import nodes, postgres, redis
from knowledge.thresholds.threshold import Status, Threshold
from observe.health.observed import POSTGRES, REDIS
from observe.health.proved import Proved, not_proved, proved_findings
from observe.health.report import Health, HealthReport, Role
from observe.health.roles import role_found
from observe.observation import Finding, Row, judged
from observe.postgres.lag import lags, replayed_all
from observe.postgres.migration import MIGRATION
from observe.postgres.server import SERVER
from observe.postgres.slots import SLOTS
from observe.postgres.transaction_ids import TRANSACTION_IDS
from observe.redis.clients import CLIENTS
from observe.redis.memory import MEMORY
from observe.redis.replication import REPLICATION
from observe.redis.server import SERVER as CACHE_SERVER
from observe.redis.server import version
from observe.redis.traffic import EVICTIONS, TRAFFIC
from observe.support import supported

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
GIB = 1024**3
Said = tuple[str, str, str, str]


def said(finding: Finding) -> Said:
    return (finding.check, finding.status.value, finding.object, finding.message)


@pytest.mark.parametrize("module", [nodes, postgres, redis])
def test_every_threshold_has_a_source_and_a_runbook_that_is_there(module: Any) -> None:
    found = [each for each in vars(module).values() if isinstance(each, Threshold)]
    assert found
    for each in found:
        assert each.source
        assert each.meaning
        assert each.first_steps
        assert (ROOT / each.runbook.partition("#")[0]).is_file(), each.runbook
        assert each.warn is not None or each.critical is not None


def test_an_observation_s_id_is_its_own_within_its_engine() -> None:
    for engine in (POSTGRES, REDIS):
        ids = [each.id for each in engine]
        assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    ("product", "number", "until"),
    [
        ("postgresql", "18.4", date(2030, 11, 14)),
        ("postgresql", "13.22", date(2025, 11, 13)),
        ("rds-postgresql", "16.9", date(2029, 2, 28)),
        ("valkey", "9.1.2", date(2029, 5, 19)),
        ("valkey", "8.0.1", date(2027, 9, 15)),
        ("redis", "7.0.15", date(2024, 7, 29)),
        ("elasticache-redis", "6.2.6", date(2027, 1, 31)),
        ("elasticache-redis", "7.1.0", None),
        ("elasticache-valkey", "8.1.0", None),
        ("postgresql", "99.1", None),
    ],
)
def test_until_when_a_version_is_supported(product: Product, number: str, until: date | None) -> None:
    assert support_until(product, number) == until
    assert NAMES[product]


@pytest.mark.parametrize(
    ("number", "today", "expected"),
    [
        (
            "18.4",
            date(2026, 11, 29),
            ("support", "ok", "", "PostgreSQL 18.4 is supported until 2030-11-14, 1446 days more"),
        ),
        (
            "15.20",
            date(2027, 6, 1),
            ("support", "warn", "", "PostgreSQL 15.20 is supported until 2027-11-11, 163 days more"),
        ),
        ("14.24", date(2026, 11, 29), ("support", "warn", "", "PostgreSQL 14.24 has had no support since 2026-11-12")),
        (
            "19.1",
            date(2026, 11, 29),
            ("support", "skipped", "", "PostgreSQL 19.1: no end of its support is known here"),
        ),
    ],
)
def test_the_end_of_support_nears(number: str, today: date, expected: Said) -> None:
    assert said(supported("postgresql", number, today)) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, [("support", "ok"), ("read-only", "ok")]),
        ({"read_only": True}, [("support", "ok"), ("read-only", "warn")]),
        ({"read_only": True, "in_recovery": True}, [("support", "ok")]),
        ({"version": "13.9 (Debian 13.9-1)", "rds": True}, [("support", "warn"), ("read-only", "ok")]),
    ],
)
def test_a_server_s_version_and_whether_it_takes_writes(change: Row, expected: list[tuple[str, str]]) -> None:
    row: Row = {"version": "18.4", "in_recovery": False, "now": NOW, "rds": False, "read_only": False, **change}
    assert [said(each)[:2] for each in SERVER.judge((row,))] == expected


def position(**change: Any) -> Row:
    usual = {"in_recovery": True, "written": None, "received": 1000, "replayed": 1000, "paused": False}
    return {**usual, "replayed_seconds": 3000.0, "receives": True, "senders": 0, **change}


PRIMARY = position(in_recovery=False, written=1000, received=None, replayed=None, replayed_seconds=None, receives=False)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # An idle primary: the last transaction is 50 minutes old, and nothing is missing.
        ({"primary": (PRIMARY,), "far": (position(),)}, {"far": [("replication", "ok"), ("replica-lag", "ok")]}),
        # Bytes that are written and not replayed, and how old the last transaction is by now.
        (
            {"primary": ({**PRIMARY, "written": 5000},), "far": (position(replayed_seconds=2.0),)},
            {"far": [("replication", "ok"), ("replica-lag", "ok")]},
        ),
        (
            {"primary": ({**PRIMARY, "written": 5000},), "far": (position(replayed_seconds=30.0),)},
            {"far": [("replication", "ok"), ("replica-lag", "warn")]},
        ),
        (
            {"primary": None, "far": (position(received=5000, replayed_seconds=61.0),)},
            {"far": [("replication", "ok"), ("replica-lag", "critical")]},
        ),
        # A primary that does not answer: the replica has all that it knows of.
        ({"primary": None, "far": (position(receives=True),)}, {"far": [("replication", "ok"), ("replica-lag", "ok")]}),
        ({"far": (position(receives=False),)}, {"far": [("replication", "critical"), ("replica-lag", "ok")]}),
        ({"far": (position(paused=True),)}, {"far": [("replication", "critical"), ("replica-lag", "ok")]}),
        # A replica that replays from an archive has received nothing.
        (
            {"primary": (PRIMARY,), "far": (position(received=None, receives=False, replayed=900),)},
            {"far": [("replication", "critical"), ("replica-lag", "critical")]},
        ),
        ({"primary": (PRIMARY,), "far": None}, {}),
        ({"primary": (PRIMARY,), "promoted": (PRIMARY,)}, {}),
    ],
)
def test_how_far_replicas_are_behind(
    rows: Mapping[str, tuple[Row, ...] | None], expected: dict[str, list[tuple[str, str]]]
) -> None:
    assert {name: [said(each)[:2] for each in found] for name, found in lags(rows).items()} == expected


@pytest.mark.parametrize(
    ("row", "written", "expected"),
    [
        (position(), None, True),
        (position(), 1000, True),
        (position(), 1001, False),
        (position(received=1001), None, False),
        (position(received=None), None, True),
    ],
)
def test_a_replica_that_has_replayed_all(row: Row, written: int | None, expected: bool) -> None:
    assert replayed_all(row, written) is expected


@pytest.mark.parametrize(
    ("limit", "seconds", "status", "source"),
    [
        (None, 4, "ok", "PGHero warns at 5 s"),
        (1, 4, "warn", "the stack's replica_lag of 1 s"),
        (30, 29, "ok", "the stack's replica_lag of 30 s"),
        (30, 61, "critical", "the stack's replica_lag of 30 s"),
        (120, 90, "ok", "the stack's replica_lag of 120 s"),
        (120, 121, "critical", "the stack's replica_lag of 120 s"),
    ],
)
def test_a_stack_s_own_limit_of_lag_counts(limit: float | None, seconds: float, status: str, source: str) -> None:
    rows = {"primary": ({**PRIMARY, "written": 5000},), "far": (position(replayed_seconds=seconds),)}
    _, found = lags(rows, limit)["far"]
    assert found.threshold
    assert (found.status.value, found.threshold.source.startswith(source)) == (status, True)


def test_what_is_behind_is_told_in_bytes_and_time() -> None:
    rows = {"primary": ({**PRIMARY, "written": 3000},), "far": (position(replayed_seconds=30.0),)}
    assert [each.message for each in lags(rows)["far"]] == ["it receives from its primary", "2.0 KiB behind, 30 s"]
    alone = {"far": (position(receives=False),)}
    assert [each.message for each in lags(alone)["far"]] == [
        "it receives nothing from its primary",
        "it has replayed all that it knows of; how far the primary is was not seen",
    ]


def slot(**change: Any) -> Row:
    usual = {"slot": "standby", "kind": "physical", "active": True, "inactive_seconds": None, "wal_status": "reserved"}
    return {**usual, "held_bytes": 0, "keep_mib": 1024, **change}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, [("slot-wal", "ok", "slot standby (physical) holds back 0 bytes of WAL, of 1.0 GiB that it may")]),
        (
            {"held_bytes": GIB // 2},
            [("slot-wal", "warn", "slot standby (physical) holds back 512 MiB of WAL, of 1.0 GiB that it may")],
        ),
        (
            {"held_bytes": GIB},
            [("slot-wal", "critical", "slot standby (physical) holds back 1.0 GiB of WAL, of 1.0 GiB that it may")],
        ),
        (
            {"held_bytes": GIB, "keep_mib": -1},
            [
                (
                    "slot-wal",
                    "ok",
                    "slot standby (physical) holds back 1.0 GiB of WAL, without a limit: max_slot_wal_keep_size is -1",
                )
            ],
        ),
        (
            {"active": False, "inactive_seconds": 700.0},
            [
                ("slot-wal", "ok", "slot standby (physical) holds back 0 bytes of WAL, of 1.0 GiB that it may"),
                ("slot-inactive", "warn", "slot standby has had no reader for 11 min 40 s"),
            ],
        ),
        (
            {"active": False, "inactive_seconds": 5.0},
            [
                ("slot-wal", "ok", "slot standby (physical) holds back 0 bytes of WAL, of 1.0 GiB that it may"),
                ("slot-inactive", "ok", "slot standby has had no reader for 5.0 s"),
            ],
        ),
        (
            {"active": False},
            [
                ("slot-wal", "ok", "slot standby (physical) holds back 0 bytes of WAL, of 1.0 GiB that it may"),
                (
                    "slot-inactive",
                    "warn",
                    "slot standby has no reader; since when is not kept before PostgreSQL 17",
                ),
            ],
        ),
        (
            {"active": False, "wal_status": "lost", "held_bytes": None},
            [("slot-lost", "critical", "slot standby: the WAL that its reader needs is lost")],
        ),
    ],
)
def test_slots(change: Row, expected: list[tuple[str, str, str]]) -> None:
    found = SLOTS.judge((slot(**change),))
    assert [(each.check, each.status.value, each.message) for each in found] == expected
    assert {each.object for each in found} == {"standby"}


def test_a_slot_s_name_is_quoted_in_what_mends_it() -> None:
    (found,) = SLOTS.judge((slot(slot="o'clock", held_bytes=GIB),))
    assert found.mend == "SELECT pg_drop_replication_slot('o''clock')"


@pytest.mark.parametrize(("ids", "status"), [(200_000_000, "ok"), (500_000_001, "warn"), (1_000_000_001, "critical")])
def test_transaction_ids(ids: int, status: str) -> None:
    message = f"the oldest transaction id, in shop, is {ids:,} transactions old"
    assert [said(each) for each in TRANSACTION_IDS.judge(({"database": "shop", "ids": ids},))] == [
        ("transaction-ids", status, "", message)
    ]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ((), ("migration", "ok", "", "no migration is applied")),
        (({"version": 7, "dirty": False},), ("migration", "ok", "", "migration 7, clean")),
        (({"version": 7, "dirty": True},), ("migration", "critical", "", "migration 7 is dirty: it stopped halfway")),
    ],
)
def test_the_migration(rows: tuple[Row, ...], expected: Said) -> None:
    assert [said(each) for each in MIGRATION.judge(rows)] == [expected]


@pytest.mark.parametrize(
    ("declared", "found", "status"),
    [
        ("primary", "primary", "ok"),
        ("replica", "replica", "ok"),
        ("replica", "primary", "critical"),
        ("primary", "replica", "critical"),
    ],
)
def test_a_server_that_is_not_what_it_was_declared_to_be(declared: Role, found: Role, status: str) -> None:
    assert role_found(declared, found).status.value == status


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        (
            {"redis_version": "7.2.4", "server_name": "valkey", "valkey_version": "9.1.2", "os": "Linux"},
            ("valkey", "9.1.2"),
        ),
        ({"redis_version": "7.0.15", "os": "Linux"}, ("redis", "7.0.15")),
        ({"redis_version": "7.1.0", "os": "Amazon ElastiCache"}, ("elasticache-redis", "7.1.0")),
        (
            {"redis_version": "7.2.4", "valkey_version": "8.1.0", "os": "Amazon ElastiCache"},
            ("elasticache-valkey", "8.1.0"),
        ),
    ],
)
def test_which_engine_a_node_is(info: Row, expected: tuple[str, str]) -> None:
    assert version(info) == expected
    (found,) = CACHE_SERVER.judge(({**info, "read_at": NOW.timestamp()},))
    assert found.check == "support"


@pytest.mark.parametrize(
    ("used", "most", "policy", "expected"),
    [
        (50, 100, "noeviction", [("memory", "ok")]),
        (86, 100, "noeviction", [("memory", "warn")]),
        (96, 100, "volatile-lru", [("memory", "critical")]),
        (94, 100, "allkeys-lru", [("memory", "ok")]),
        (96, 100, "allkeys-lru", [("memory", "warn")]),
        (96, 0, "noeviction", []),
    ],
)
def test_memory_by_what_may_be_evicted(used: int, most: int, policy: str, expected: list[tuple[str, str]]) -> None:
    row: Row = {"used_memory": used, "maxmemory": most, "maxmemory_policy": policy}
    assert [said(each)[:2] for each in MEMORY.judge((row,))] == expected


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"connected_clients": 3, "maxclients": 10000}, [("clients", "ok", "", "3 of 10000 clients connected")]),
        ({"connected_clients": 9, "maxclients": 10}, [("clients", "warn", "", "9 of 10 clients connected")]),
        ({"connected_clients": 9}, []),
    ],
)
def test_clients(row: Row, expected: list[Said]) -> None:
    assert [said(each) for each in CLIENTS.judge((row,))] == expected


def traffic(at: float, **change: Any) -> Row:
    usual = {"keyspace_hits": 0, "keyspace_misses": 0, "rejected_connections": 0, "acl_access_denied_auth": 0}
    return {**usual, "evicted_keys": 0, "maxmemory_policy": "volatile-lru", "read_at": at, **change}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # One reading: a sum since the start says nothing of now.
        (
            (traffic(0, rejected_connections=3, acl_access_denied_auth=9),),
            [
                ("rejected-connections", "ok", "", "3 connections rejected since its start"),
                ("failed-logins", "ok", "", "9 logins failed since its start"),
            ],
        ),
        (
            (traffic(65, rejected_connections=3, acl_access_denied_auth=9), traffic(60, acl_access_denied_auth=7)),
            [
                ("rejected-connections", "warn", "", "3 connections rejected in the last 5.0 s"),
                ("failed-logins", "warn", "", "2 logins failed in the last 5.0 s"),
            ],
        ),
        # Restarted meanwhile: the counter began again.
        (
            (traffic(65, acl_access_denied_auth=1), traffic(60, acl_access_denied_auth=7, rejected_connections=4)),
            [
                ("rejected-connections", "ok", "", "0 connections rejected in the last 5.0 s"),
                ("failed-logins", "warn", "", "1 logins failed in the last 5.0 s"),
            ],
        ),
        (
            (traffic(0, keyspace_hits=700, keyspace_misses=300),),
            [
                ("hit-ratio", "warn", "", "70.0 % of 1000 lookups found their key, since its start"),
                ("rejected-connections", "ok", "", "0 connections rejected since its start"),
                ("failed-logins", "ok", "", "0 logins failed since its start"),
            ],
        ),
        (
            (traffic(65, keyspace_hits=705, keyspace_misses=300), traffic(60, keyspace_hits=700, keyspace_misses=300)),
            [
                ("hit-ratio", "ok", "", "100.0 % of 5 lookups found their key, in the last 5.0 s; too few to judge"),
                ("rejected-connections", "ok", "", "0 connections rejected in the last 5.0 s"),
                ("failed-logins", "ok", "", "0 logins failed in the last 5.0 s"),
            ],
        ),
    ],
)
def test_what_a_cache_counts(rows: tuple[Row, ...], expected: list[Said]) -> None:
    assert [said(each) for each in TRAFFIC.judge(rows)] == expected


def test_redis_before_7_2_counts_no_failed_logins() -> None:
    row = {name: value for name, value in traffic(0).items() if name != "acl_access_denied_auth"}
    assert [said(each)[:2] for each in TRAFFIC.judge((row,))] == [
        ("rejected-connections", "ok"),
        ("failed-logins", "skipped"),
    ]


@pytest.mark.parametrize(
    ("policy", "evicted", "earlier", "status"),
    [
        ("volatile-lru", 5, None, "ok"),
        ("volatile-lru", 5, 5, "ok"),
        ("volatile-lru", 6, 5, "warn"),
        ("allkeys-lru", 6, 5, "ok"),
        ("allkeys-lru", 17, 5, "warn"),
        ("noeviction", 5, 0, "ok"),
    ],
)
def test_evictions_by_what_is_meant_to_be_evicted(policy: str, evicted: int, earlier: int | None, status: str) -> None:
    now = traffic(120, evicted_keys=evicted, maxmemory_policy=policy)
    before = () if earlier is None else (traffic(60, evicted_keys=earlier),)
    (found,) = EVICTIONS.judge((now, *before))
    assert (found.check, found.status.value) == ("evictions", status)


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        (
            {"role": "master", "connected_slaves": 1, "slave0": "ip=10.0.0.2,port=6379,state=online,offset=9,lag=1"},
            [("replication", "ok", "10.0.0.2:6379", "replica 10.0.0.2:6379 is online, heard 1.0 s ago")],
        ),
        (
            {"role": "master", "slave0": "ip=10.0.0.2,port=6379,state=online,offset=9,lag=11,type=replica"},
            [("replication", "critical", "10.0.0.2:6379", "replica 10.0.0.2:6379 is online, heard 11 s ago")],
        ),
        ({"role": "master", "connected_slaves": 0}, []),
        (
            {
                "role": "slave",
                "master_host": "a",
                "master_port": 1,
                "master_link_status": "up",
                "master_last_io_seconds_ago": 10,
            },
            [("replication", "ok", "", "linked to its primary a:1, heard of it 10 s ago")],
        ),
        (
            {
                "role": "slave",
                "master_host": "a",
                "master_port": 1,
                "master_link_status": "down",
                "master_link_down_since_seconds": 3,
            },
            [("replication", "critical", "", "its link to the primary a:1 is down for 3.0 s")],
        ),
        # Never linked since it started.
        (
            {
                "role": "slave",
                "master_host": "a",
                "master_port": 1,
                "master_link_status": "down",
                "master_link_down_since_seconds": -1,
            },
            [("replication", "critical", "", "its link to the primary a:1 is down")],
        ),
    ],
)
def test_replication_of_a_cache(info: Row, expected: list[Said]) -> None:
    assert [said(each) for each in REPLICATION.judge((info,))] == expected


@pytest.mark.parametrize(
    ("hours", "differences", "failed", "ahead", "expected"),
    [
        (1, 0, 0, (), [("schema", "ok"), ("access", "ok")]),
        (25, 0, 0, (), [("schema", "stale"), ("access", "stale")]),
        (1, 0, 0, ("access.yaml",), [("schema", "stale"), ("access", "stale")]),
        (25, 2, 1, (), [("schema", "critical"), ("access", "critical")]),
    ],
)
def test_what_was_proved_grows_stale(
    hours: int, differences: int, failed: int, ahead: tuple[str, ...], expected: list[tuple[str, str]]
) -> None:
    at = NOW - timedelta(hours=hours)
    proved = Proved(at=at, schema_differences=differences, failed_checks=failed, ahead=ahead)
    found = list(proved_findings(proved, NOW))
    assert [said(each)[:2] for each in found] == expected
    assert all(f"{at:%Y-%m-%d %H:%M} UTC" in each.message for each in found)


def test_what_is_not_known_is_said() -> None:
    assert [said(each) for each in not_proved("no stack describes it", "x")] == [
        ("schema", "skipped", "", "schema is not compared here: no stack describes it"),
        ("access", "skipped", "", "access is not compared here: no stack describes it"),
    ]


def health(name: str, *findings: Finding, up: bool = True) -> Health:
    return Health(
        name=name, engine="postgres", role="primary", address="h:1", up=up, ms=1.5 if up else None, findings=findings
    )


IDS = postgres.TRANSACTION_IDS
FINE, OLD = judged(IDS, 1, "young"), judged(IDS, 600_000_000, "old", mend="VACUUM")
OLDEST = judged(IDS, 2_000_000_000, "oldest")
DOWN = judged(nodes.POSTGRES_UP, 0, "no answer in 1 s")
HIDDEN = Finding(check="migration", status=Status.SKIPPED, message="hidden")


@pytest.mark.parametrize(
    ("report", "ok", "line"),
    [
        ((health("a", FINE), health("b", HIDDEN)), True, "OK 2 nodes"),
        ((health("a", FINE),), True, "OK 1 node"),
        ((health("a", FINE, OLD),), True, "WARN a: old"),
        ((health("a", OLD), health("b", OLDEST)), False, "CRITICAL b: oldest; a: old"),
        ((health("a", DOWN, up=False), health("b", FINE)), False, "CRITICAL a: no answer in 1 s"),
    ],
)
def test_one_line_for_a_probe(report: tuple[Health, ...], ok: bool, line: str) -> None:
    made = HealthReport(nodes=report)
    assert (made.ok, made.line()) == (ok, line)


def test_the_report_as_data() -> None:
    stack = Finding(check="schema", status=Status.SKIPPED, message="not compared", mend="datatier drift")
    threshold = {"warn": 500_000_000, "critical": 1_000_000_000, "unit": "transactions"}
    assert HealthReport(nodes=(health("a", OLD),), findings=(stack,)).data() == {
        "ok": True,
        "nodes": [{"name": "a", "engine": "postgres", "role": "primary", "up": True, "ms": 1.5, "address": "h:1"}],
        "checks": [
            {
                "id": "transaction-ids",
                "node": "a",
                "status": "warn",
                "value": 600_000_000,
                "threshold": threshold,
                "source": IDS.source,
                "object": "",
                "message": "old",
                "mend": "VACUUM",
                "runbook": IDS.runbook,
            },
            {
                "id": "schema",
                "node": "",
                "status": "skipped",
                "value": None,
                "threshold": None,
                "source": None,
                "object": "",
                "message": "not compared",
                "mend": "datatier drift",
                "runbook": None,
            },
        ],
    }
