"""The catalogue held against the lists of others, line by line, and against the rules that cannot work."""

from __future__ import annotations

import re

import pytest
from test_knowledge_thresholds import everything

from knowledge.alarms.coverage import AWS, BROKEN, COMMUNITY, POSTGRES, REDIS

LISTS = {"AWS": AWS, "POSTGRES": POSTGRES, "REDIS": REDIS, "COMMUNITY": COMMUNITY}
# The first of a name: the last replica is one of another region, without an expression.
ALL = {f"{one.engine}/{one.key}": one for one in reversed(everything())}
# What nobody's list has.
OWN = {
    "postgres/burst-balance",  # of gp2, which no stack had before servers were taken over
    "redis/keyspace-without-ttl",
    "stack/access-differences",
    "stack/backup-damaged",
    "stack/backup-old",
    "stack/backup-unverified",
    "stack/drill-failed",
    "stack/drill-old",
    "stack/maintenance-broken",
    "stack/maintenance-failed",
    "stack/maintenance-not-started",
    "stack/metrics-refused",
    "stack/metrics-silent",
    "stack/migration-dirty",
    "stack/rotation-pending",
    "stack/schema-differences",
    "stack/secret-old",
}

# AWS's recommended alarms: statistic, comparison, evaluation periods, datapoints, all with a period of 60 s. Where ours
# differ, what ours have and why.
RECOMMENDED = {
    "RDS CPUUtilization": ("Average", ">", 5, 5),
    "RDS DatabaseConnections": ("Average", ">", 5, 5),
    "RDS DBLoad": ("Average", ">", 15, 15),
    "RDS EBSByteBalance%": ("Average", "<", 3, 3),
    "RDS EBSIOBalance%": ("Average", "<", 3, 3),
    "RDS FreeableMemory": ("Average", "<", 15, 15),
    "RDS FreeStorageSpace": ("Minimum", "<", 5, 5),
    "RDS MaximumUsedTransactionIDs": ("Average", ">", 1, 1),
    "RDS ReadLatency": ("p90", ">", 5, 5),
    "RDS WriteLatency": ("p90", ">", 5, 5),
    "RDS ReplicaLag": ("Maximum", ">", 10, 10),
    "ElastiCache CPUUtilization": ("Average", ">", 5, 5),
    "ElastiCache EngineCPUUtilization": ("Average", ">", 5, 5),
    "ElastiCache DatabaseMemoryUsagePercentage": ("Average", ">", 5, 5),
    "ElastiCache CurrConnections": ("Average", ">", 10, 10),
    "ElastiCache ReplicationLag": ("Average", ">", 5, 5),  # AWS: 15 of 15; a critical one is told sooner
}
ITEMS = {
    "POSTGRES": (
        "down|restarted|connections at the maximum|connections above 75 to 80 %|rollback ratio|deadlocks|"
        "locks against max_locks_per_transaction|blocked sessions|slow queries|query age 30 min|idle in transaction|"
        "cache hit ratio|read or write latency, disk queue|replication lag|replication broken|"
        "replication slot inactive or holding WAL|dead tuples, tables not autovacuumed|bloat|transaction ids|"
        "emergency vacuum|archiving failing|checksum failures|sequence exhaustion|pending restart|settings changed|"
        "role changed|invalid index|backup too old|failed logins"
    ),
    "REDIS": (
        "down|no master, two masters|memory above 70 to 95 %|evictions|clients above 90 %|rejected connections|"
        "last RDB save|replicas lost|replication lag|CPU|mean command time|traffic management|network allowance|swap|"
        "authentication and authorization failures|cluster slots failing"
    ),
    "COMMUNITY": (
        "disk queue above 64|swap above 256 MB|swap grows 20 MB an hour|CPU credits below 20|CPU above 85 %|"
        "load that is not CPU above 4 times the cores|memory below 20 %|IOPS above 80 % of the limit|"
        "throughput above 80 % of the limit|storage below 10 %|quota above 80 %|pending changes for an hour|"
        "server certificate expires"
    ),
}


@pytest.mark.parametrize("name", ITEMS)
def test_no_item_is_lost(name: str) -> None:
    assert list(LISTS[name]) == ITEMS[name].split("|")


def test_every_item_has_alarms_that_exist_or_a_reason() -> None:
    for items in LISTS.values():
        for item, found in items.items():
            if isinstance(found, str):
                assert len(found) > 20, item
            else:
                assert found, item
                assert set(found) <= set(ALL), item


def test_every_alarm_stands_for_something() -> None:
    named = {key for items in LISTS.values() for found in items.values() if not isinstance(found, str) for key in found}
    assert set(ALL) - named == OWN


@pytest.mark.parametrize("item", RECOMMENDED)
def test_the_shape_of_awss_list(item: str) -> None:
    found = AWS[item]
    assert not isinstance(found, str)
    shapes = set()
    for one in (ALL[key] for key in found):
        sign = ">" if one.comparison == "GreaterThanThreshold" else "<"
        shapes.add((one.statistic, sign, one.evaluation_periods, one.datapoints))
        assert one.metric == item.partition(" ")[2]
    assert RECOMMENDED[item] in shapes


def test_awss_list_is_whole() -> None:
    assert set(AWS) == {*RECOMMENDED, "RDS FreeLocalStorage", "ElastiCache AuthenticationFailures"}


# Metrics of RDS (rds-metrics), of ElastiCache (CacheMetrics.Redis, CacheMetrics.HostLevel) and counters of Database
# Insights for PostgreSQL (USER_PerfInsights_Counters) that the catalogue may name.
PUBLISHED = {
    "BurstBalance", "CPUCreditBalance", "CPUUtilization",
    "DBLoad", "DatabaseConnections", "DiskQueueDepth", "EBSByteBalance%",
    "EBSIOBalance%", "FreeStorageSpace", "FreeableMemory", "MaximumUsedTransactionIDs",
    "OldestLogicalReplicationSlotLag", "OldestReplicationSlotLag", "ReadIOPS", "ReadLatency", "ReadThroughput",
    "ReplicaLag", "SwapUsage", "TransactionLogsDiskUsage", "WriteIOPS", "WriteLatency", "WriteThroughput",
    "AuthenticationFailures", "ChannelAuthorizationFailures", "CommandAuthorizationFailures", "CurrConnections",
    "DatabaseMemoryUsagePercentage", "EngineCPUUtilization", "Evictions", "KeyAuthorizationFailures",
    "NetworkBandwidthInAllowanceExceeded", "NetworkBandwidthOutAllowanceExceeded",
    "NetworkConntrackAllowanceExceeded", "NetworkPacketsPerSecondAllowanceExceeded", "ReplicationLag",
    "TrafficManagementActive",
    "db.Transactions.blocked_transactions.avg", "db.state.idle_in_transaction_max_time.max",
}  # fmt: skip


def test_metrics_that_are_published() -> None:
    used = {term.metric for one in ALL.values() for term in one.terms}
    used |= {one.metric for one in ALL.values() if not (one.terms or one.pattern or one.dimensions)}
    assert used == PUBLISHED


def test_no_rule_is_one_of_those_that_cannot_work() -> None:
    assert len(BROKEN) == 9
    for name, one in ALL.items():
        assert one.comparison in ("GreaterThanThreshold", "LessThanThreshold"), name  # >= 0 is always true
        assert len({(term.metric, term.of) for term in one.terms}) == len(one.terms), name  # never minus itself
        assert "RATE" not in one.expression or "RATE(ids)" in one.expression, name
        if one.comparison == "LessThanThreshold" and one.threshold > 0:  # too little of a resource, never of use
            assert one.metric.startswith(("Free", "EBS", "CPUCredit", "BurstBalance")), name
    assert ALL["postgres/transaction-ids-critical"].threshold < 2**31


@pytest.mark.parametrize("name", [name for name, one in ALL.items() if one.terms])
def test_expressions_are_what_cloudwatch_takes(name: str) -> None:
    """Ten metrics at most, ids that begin with a lower-case letter, and each of them used."""
    one = ALL[name]
    ids = [term.id for term in one.terms]
    assert len(ids) <= 10
    assert all(re.fullmatch(r"[a-z][a-zA-Z0-9_]*", each) for each in ids)
    if one.expression:
        assert set(re.findall(r"[a-z]\w*", one.expression)) == set(ids)
    else:
        assert len(ids) == 1
