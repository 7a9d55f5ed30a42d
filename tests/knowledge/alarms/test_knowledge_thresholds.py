"""Alarms of PostgreSQL as whole tables of thresholds, and rules that no alarm of either engine may break."""

from __future__ import annotations

import pytest

from knowledge.alarms.catalogue import POSTGRES, REDIS, postgres_alarms, redis_alarms
from knowledge.alarms.facts import FACTS, cache_alarms, instance_alarms, stack_alarms
from knowledge.alarms.maintenance import MAINTENANCE, maintenance_alarms
from knowledge.alarms.spec import AlarmSpec, Term
from knowledge.classes import CACHE_CLASSES, GIB, RDS_CLASSES, cache_class, rds_class
from knowledge.postgres.parameters import max_connections, postgres_parameters
from knowledge.storage import Volume

MIB = 1024**2
EVICTIONS = ("noeviction", "volatile-lru", "volatile-ttl", "allkeys-lru", "allkeys-lfu")
VOLUME = Volume(allocated=100)
GP2 = Volume(type="gp2", allocated=100)
BURST = {"ebs-io-balance": 10, "ebs-byte-balance": 10}
PRIMARY_OF_100 = {
    "transaction-ids-critical": 1e9,
    "transaction-ids-high": 5e8,
    "slot-wal-critical": 20 * GIB,
    "slot-wal-high": 10 * GIB,
    "wal-disk-usage": 20 * GIB,
}
SAME = {
    "down": 0,
    "cpu-high": 90,
    "read-latency": 0.02,
    "write-latency": 0.02,
    "connections-refused": 0,
    "data-corruption": 0,
    "deadlocks": 0,
    "failed-logins": 0,
    "sessions-blocked": 3,
    "idle-in-transaction": 300,
}


def of(name: str, volume: Volume = VOLUME, **options: object) -> tuple[AlarmSpec, ...]:
    size = rds_class(name)
    given: dict[str, object] = {
        "max_connections": max_connections(size.memory_bytes),
        "max_allocated_gib": 1000,
        "replica": False,
        "lag_critical_seconds": 1,
    }
    return postgres_alarms(size, volume, **(given | options))  # type: ignore[arg-type]


def thresholds(alarms: tuple[AlarmSpec, ...]) -> dict[str, float]:
    assert len({one.key for one in alarms}) == len(alarms)
    return {one.key: one.threshold for one in alarms}


def everything() -> list[AlarmSpec]:
    found: list[AlarmSpec] = []
    for name in RDS_CLASSES:
        for replica in (False, True):
            found += of(name, replica=replica, logical=True)
        found += of(name, replica=True, remote=True)
        found += of(name, GP2)
    for cache in CACHE_CLASSES.values():
        for eviction in EVICTIONS:
            for cluster_mode in (False, True):
                found += redis_alarms(cache, eviction=eviction, replicas=1, cluster_mode=cluster_mode)
    looks = {"prefix": "shop-live", "seconds": 300}
    found += instance_alarms(name="primary", primary=True, insights=True, catalogue=POSTGRES, **looks)  # type: ignore[arg-type]
    found += cache_alarms(name="hot", **looks)  # type: ignore[arg-type]
    found += maintenance_alarms("shop-live", in_task=False)
    return found + list(stack_alarms(rotation_days=30, copies=True, **looks))  # type: ignore[arg-type]


def sizes(connections: int, vcpu: int, free: float, swap: int, queue: float, stream: float) -> dict[str, float]:
    return {
        "connections-critical": pytest.approx(0.9 * connections),
        "connections-high": pytest.approx(0.8 * connections),
        "load-high": vcpu,
        "memory-low": pytest.approx(free),
        "swap-used": swap,
        "disk-queue": pytest.approx(queue),
        "iops-high": pytest.approx(queue / 0.02 * 0.8),
        "throughput-high": pytest.approx(stream * 0.8),
        "slow-queries": 60 * vcpu,
    }


GOLDEN = {
    "db.t4g.micro": sizes(50, 2, 0.1 * GIB, GIB // 10, 500 * 0.02, 87 * 125_000) | BURST | {"cpu-credits": 57},
    "db.t4g.medium": sizes(100, 2, GIB, 256 * MIB, 2000 * 0.02, 347 * 125_000) | BURST | {"cpu-credits": 115},
    "db.m7g.large": sizes(200, 2, 2 * GIB, 256 * MIB, 3000 * 0.02, 630 * 125_000) | BURST,
    "db.r7g.large": sizes(400, 2, 4 * GIB, 256 * MIB, 3000 * 0.02, 630 * 125_000) | BURST,
    "db.r7g.16xlarge": sizes(5000, 64, 128 * GIB, 256 * MIB, 3000 * 0.02, 125 * MIB),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_primary(name: str) -> None:
    storage = {"storage-low": 8 * GIB, "storage-shrinking": 10 * GIB}
    assert thresholds(of(name)) == SAME | PRIMARY_OF_100 | storage | GOLDEN[name]


def test_replica() -> None:
    lag = {"replication-stopped": 0, "replica-lag": 1}
    storage = {"storage-low": 8 * GIB, "storage-shrinking": 10 * GIB}
    assert thresholds(of("db.m7g.large", replica=True)) == SAME | storage | GOLDEN["db.m7g.large"] | lag


@pytest.mark.parametrize(
    ("limit", "threshold", "expression"),
    [
        (1, 1, "IF((RATE(ids) >= 2) OR (lag > 360), lag, 0)"),
        (5, 5, "IF((RATE(ids) >= 0.4) OR (lag > 360), lag, 0)"),
        (30, 30, "IF((RATE(ids) >= 0.0666667) OR (lag > 360), lag, 0)"),
    ],
)
def test_lag_counts_while_the_primary_commits(limit: float, threshold: float, expression: str) -> None:
    found = next(
        one for one in of("db.m7g.large", replica=True, lag_critical_seconds=limit) if one.key == "replica-lag"
    )
    assert (found.threshold, found.expression) == (threshold, expression)
    assert found.terms == (
        Term(id="lag", metric="ReplicaLag", statistic="Maximum"),
        Term(id="ids", metric="MaximumUsedTransactionIDs", statistic="Maximum", of="primary"),
    )


@pytest.mark.parametrize(("limit", "threshold"), [(1, 360), (600, 600)])
def test_lag_of_another_region_is_beyond_idleness(limit: float, threshold: float) -> None:
    made = of("db.m7g.large", replica=True, remote=True, lag_critical_seconds=limit)
    found = next(one for one in made if one.key == "replica-lag")
    assert (found.threshold, found.metric, found.terms, found.expression) == (threshold, "ReplicaLag", (), "")


@pytest.mark.parametrize(
    ("options", "gone"),
    [
        ({"insights": False}, {"load-high", "sessions-blocked", "idle-in-transaction"}),
        ({"idle_timeout_ms": 0}, {"idle-in-transaction"}),
        ({"slow_ms": -1}, {"slow-queries"}),
        ({"slow_ms": 0}, {"slow-queries"}),
    ],
)
def test_what_a_setting_turns_off_has_no_alarm(options: dict[str, object], gone: set[str]) -> None:
    assert set(thresholds(of("db.m7g.large"))) - set(thresholds(of("db.m7g.large", **options))) == gone


@pytest.mark.parametrize(
    ("options", "key", "value"),
    [
        ({"idle_timeout_ms": 60_000}, "idle-in-transaction", 30),
        ({"slow_ms": 100}, "slow-queries", 600),
        ({"logical": True}, "logical-slot-wal", 20 * GIB),
    ],
)
def test_what_a_setting_changes(options: dict[str, object], key: str, value: float) -> None:
    assert thresholds(of("db.m7g.large", **options))[key] == value


def test_every_threshold_says_how_it_was_computed() -> None:
    assert [one.key for one in everything() if not one.derivation] == []


@pytest.mark.parametrize(
    ("allocated", "maximum", "low", "shrinking"),
    [
        (100, 0, 10, 20),  # no autoscaling: the AWS list's tenth, and twice that
        (100, 100, 10, 20),
        (100, 200, 5, 10),  # autoscaling acts at a tenth: half of it
        (100, 700, 7, 10),  # 1 % of the maximum
        (100, 16000, 8, 10),  # never what an ordinary growth passes through
        (1000, 4000, 50, 100),
    ],
)
def test_storage(allocated: int, maximum: int, low: float, shrinking: float) -> None:
    found = thresholds(of("db.m7g.large", Volume(allocated=allocated), max_allocated_gib=maximum))
    assert (found["storage-low"], found["storage-shrinking"]) == (low * GIB, shrinking * GIB)


@pytest.mark.parametrize(
    ("name", "allocated", "iops", "queue"),
    [
        ("db.r7g.16xlarge", 399, None, 60),
        ("db.r7g.16xlarge", 400, None, 240),
        ("db.r7g.16xlarge", 1000, 40000, 800),
        ("db.m7g.large", 1000, None, 72),  # the class is the narrower
    ],
)
def test_disk_queue(name: str, allocated: int, iops: int | None, queue: float) -> None:
    found = thresholds(of(name, Volume(allocated=allocated, iops=iops)))
    assert found["disk-queue"] == pytest.approx(queue)
    assert found["iops-high"] == pytest.approx(queue / 0.02 * 0.8)


@pytest.mark.parametrize(
    ("name", "allocated", "throughput", "stream"),
    [
        ("db.r7g.16xlarge", 399, None, 125 * MIB),
        ("db.r7g.16xlarge", 400, None, 500 * MIB),
        ("db.r7g.16xlarge", 1000, 1000, 1000 * MIB),
        ("db.m7g.large", 1000, None, 630 * 125_000),  # the class is the narrower
    ],
)
def test_throughput(name: str, allocated: int, throughput: int | None, stream: int) -> None:
    found = thresholds(of(name, Volume(allocated=allocated, throughput=throughput)))
    assert found["throughput-high"] == pytest.approx(0.8 * stream)


def test_a_slot_rings_before_postgresql_gives_it_up() -> None:
    for storage in (20, 100, 3000):
        made = {one.name: one.value for one in postgres_parameters(8 * GIB, 2, 17, storage_gib=storage)}
        kept = int(made["max_slot_wal_keep_size"]) * MIB
        found = thresholds(of("db.m7g.large", Volume(allocated=storage), max_allocated_gib=0))
        assert found["slot-wal-high"] < found["slot-wal-critical"] < kept
        assert found["wal-disk-usage"] >= 2 * int(made["max_wal_size"]) * MIB


def test_one_alarm_whole() -> None:
    found = next(one for one in of("db.m7g.large") if one.key == "connections-critical")
    assert found == AlarmSpec(
        key="connections-critical",
        metric="DatabaseConnections",
        namespace="AWS/RDS",
        statistic="Average",
        comparison="GreaterThanThreshold",
        threshold=180.0,
        period=60,
        evaluation_periods=5,
        datapoints=5,
        missing="missing",
        severity="critical",
        meaning="More than 90 % of max_connections are in use. New logins are about to fail.",
        first_steps=(
            "List sessions by user, application and state: `datatier queries sessions`.",
            "End sessions that are idle in a transaction, and restart the client whose pool leaks.",
            "Lower pool sizes or put RDS Proxy before the instance; raise max_connections only with a larger class.",
        ),
        runbook="docs/runbooks/postgres-connections.md#connections-critical",
        source="AWS list: 90 to 95 % of max_connections",
        derivation="90 % of max_connections, 200 on db.m7g.large",
    )
    assert found.description == (
        "More than 90 % of max_connections are in use. New logins are about to fail. First: 1. List sessions by user,"
        " application and state: `datatier queries sessions`. 2. End sessions that are idle in a transaction, and"
        " restart the client whose pool leaks. 3. Lower pool sizes or put RDS Proxy before the instance; raise"
        " max_connections only with a larger class. Runbook:"
        " docs/runbooks/postgres-connections.md#connections-critical. Threshold: AWS list: 90 to 95 %"
        " of max_connections."
    )


def test_what_cloudwatch_takes() -> None:
    for one in everything():
        assert len(one.description) <= 1024, one.key
        assert "{" not in one.description, one.key
        assert 1 <= one.datapoints <= one.evaluation_periods
        assert one.period % 60 == 0
        assert one.period * one.evaluation_periods <= 86400
        assert len(one.first_steps) == 3
        assert one.missing in {"breaching", "notBreaching", "missing", "ignore"}
        assert one.severity in {"critical", "warning", "info"}
        assert one.comparison in {"GreaterThanThreshold", "LessThanThreshold"}


def test_silence_is_one_page() -> None:
    breaching = {(one.namespace, one.key) for one in everything() if one.missing == "breaching"}
    assert breaching == {
        ("AWS/RDS", "down"),
        ("AWS/RDS", "replication-stopped"),
        ("AWS/ElastiCache", "down"),
        ("data-tier/shop-live", "metrics-silent"),
    }


def test_what_a_class_lacks_has_no_alarm() -> None:
    for size in RDS_CLASSES.values():
        metrics = {one.metric for one in of(size.name)}
        assert ("CPUCreditBalance" in metrics) is size.burstable
        assert ("EBSIOBalance%" in metrics) is ("EBSByteBalance%" in metrics) is size.ebs_burst
        assert "BurstBalance" not in metrics, "gp3 has no burst bucket"
        assert "BurstBalance" in {one.metric for one in of(size.name, GP2)}
    for node in CACHE_CLASSES.values():
        metrics = {one.metric for one in redis_alarms(node, eviction="noeviction", replicas=0, cluster_mode=False)}
        assert ("EngineCPUUtilization" in metrics) is (node.vcpu >= 4)
        assert ("CPUUtilization" in metrics) is (node.vcpu < 4)
        assert "Evictions" not in metrics, "noeviction evicts nothing"


def test_critical_rows_of_the_catalogue() -> None:
    primary = {one.metric for one in of("db.m7g.large") if one.severity == "critical"}
    assert primary == {
        "DatabaseConnections",
        "FreeStorageSpace",
        "MaximumUsedTransactionIDs",
        "OldestReplicationSlotLag",
        "ConnectionsRefused",
        "CorruptPages",
    }
    replica = {one.metric for one in of("db.m7g.large", replica=True) if one.severity == "critical"}
    assert replica == {
        "DatabaseConnections",
        "FreeStorageSpace",
        "ReplicaLag",
        "ConnectionsRefused",
        "CorruptPages",
    }
    node = redis_alarms(cache_class("cache.m7g.large"), eviction="noeviction", replicas=1, cluster_mode=False)
    assert {one.metric for one in node if one.severity == "critical"} == {
        "CurrConnections",
        "DatabaseMemoryUsagePercentage",
        "ReplicationLag",
    }


def test_no_alarm_word_is_unused() -> None:
    assert sorted([*POSTGRES, *REDIS, *FACTS, *MAINTENANCE]) == sorted(
        {(one.engine, one.key): one.key for one in everything()}.values()
    )
