"""Rules that others recommend or ship, and what of ours stands for each: alarms by `<engine>/<key>`, or why none does.

Read from: AWS's recommended alarms (CloudWatch User Guide), postgres_mixin of prometheus-community/postgres_exporter,
samber/awesome-prometheus-alerts, qonto/database-monitoring-framework, CrunchyData/pgmonitor, pgsty/pigsty,
cloudnative-pg/cloudnative-pg, cloudposse/terraform-aws-rds-cloudwatch-sns-alarms, oliver006/redis_exporter.
"""

from __future__ import annotations

_INSIDE = "CloudWatch does not see it"
_EVENT = "an event, not a state"

AWS: dict[str, tuple[str, ...] | str] = {
    "RDS CPUUtilization": ("postgres/cpu-high",),
    "RDS DatabaseConnections": ("postgres/connections-critical", "postgres/connections-high", "postgres/down"),
    "RDS DBLoad": ("postgres/load-high",),
    "RDS EBSByteBalance%": ("postgres/ebs-byte-balance",),
    "RDS EBSIOBalance%": ("postgres/ebs-io-balance",),
    "RDS FreeableMemory": ("postgres/memory-low",),
    "RDS FreeLocalStorage": "of Aurora, and of classes with local disks, which the table of classes does not have",
    "RDS FreeStorageSpace": ("postgres/storage-low", "postgres/storage-shrinking"),
    "RDS MaximumUsedTransactionIDs": ("postgres/transaction-ids-critical", "postgres/transaction-ids-high"),
    "RDS ReadLatency": ("postgres/read-latency",),
    "RDS WriteLatency": ("postgres/write-latency",),
    "RDS ReplicaLag": ("postgres/replica-lag", "postgres/replication-stopped"),
    "ElastiCache CPUUtilization": ("redis/cpu-high",),
    "ElastiCache EngineCPUUtilization": ("redis/engine-cpu-high",),
    "ElastiCache DatabaseMemoryUsagePercentage": ("redis/memory-critical", "redis/memory-high", "redis/memory-full"),
    "ElastiCache CurrConnections": ("redis/connections-high", "redis/down"),
    "ElastiCache ReplicationLag": ("redis/replication-lag",),
    "ElastiCache AuthenticationFailures": ("redis/authentication-failures",),
}
"""AWS's own list, by service and metric."""

POSTGRES: dict[str, tuple[str, ...] | str] = {
    "down": ("postgres/down",),
    "restarted": f"{_EVENT}: RDS events, availability",
    "connections at the maximum": ("postgres/connections-critical", "postgres/connections-refused"),
    "connections above 75 to 80 %": ("postgres/connections-high",),
    "rollback ratio": "what an application rolls back is its own decision, and on an idle stack the ratio is noise",
    "deadlocks": ("postgres/deadlocks",),
    "locks against max_locks_per_transaction": f"{_INSIDE}; the fault it leads to is an error with a hint in the log",
    "blocked sessions": ("postgres/sessions-blocked",),
    "slow queries": ("postgres/slow-queries",),
    "query age 30 min": "statement_timeout of each identity in access.yaml ends it before",
    "idle in transaction": ("postgres/idle-in-transaction",),
    "cache hit ratio": "low for good reasons after a restart and in reports; what hurts is latency and IOPS",
    "read or write latency, disk queue": ("postgres/read-latency", "postgres/write-latency", "postgres/disk-queue"),
    "replication lag": ("postgres/replica-lag",),
    "replication broken": ("postgres/replication-stopped",),
    "replication slot inactive or holding WAL": (
        "postgres/slot-wal-critical",
        "postgres/slot-wal-high",
        "postgres/logical-slot-wal",
        "postgres/wal-disk-usage",
        "postgres/slot-inactive",
    ),
    "dead tuples, tables not autovacuumed": ("postgres/vacuum-behind",),
    "bloat": f"{_INSIDE}, and it needs reading the tables: a check of the maintenance, not an alarm",
    "transaction ids": ("postgres/transaction-ids-critical", "postgres/transaction-ids-high"),
    "emergency vacuum": ("postgres/transaction-ids-high",),
    "archiving failing": "RDS archives itself, and takes care of it; LatestRestorableTime is the proof of it",
    "checksum failures": ("postgres/data-corruption",),
    "sequence exhaustion": ("postgres/sequence-used",),
    "pending restart": f"{_EVENT}, and a plan's matter: `datatier preview` says what waits for a reboot",
    "settings changed": f"{_EVENT}: RDS events, configuration change, of instance and parameter group",
    "role changed": f"{_EVENT}: RDS events, failover and read replica",
    "invalid index": ("postgres/index-invalid",),
    "backup too old": f"{_EVENT}: RDS and AWS Backup tell of each; LatestRestorableTime has no metric",
    "failed logins": ("postgres/failed-logins",),
}
"""Alert rules for PostgreSQL."""

REDIS: dict[str, tuple[str, ...] | str] = {
    "down": ("redis/down",),
    "no master, two masters": "ElastiCache promotes by itself; IsMaster is not a fault, and a dead node is `down`",
    "memory above 70 to 95 %": ("redis/memory-critical", "redis/memory-high", "redis/memory-full"),
    "evictions": ("redis/evictions", "redis/evictions-many"),
    "clients above 90 %": ("redis/connections-high",),
    "rejected connections": ("redis/connections-dropped",),
    "last RDB save": "ElastiCache takes the snapshots; its events tell of them",
    "replicas lost": ("redis/down",),
    "replication lag": ("redis/replication-lag",),
    "CPU": ("redis/cpu-high", "redis/engine-cpu-high", "redis/cpu-credits"),
    "mean command time": "depends on the commands; a node that cannot follow shows in CPU and in traffic management",
    "traffic management": ("redis/traffic-managed",),
    "network allowance": ("redis/bandwidth-exceeded",),
    "swap": ("redis/swap-used",),
    "authentication and authorization failures": (
        "redis/authentication-failures",
        "redis/command-failures",
        "redis/key-failures",
        "redis/channel-failures",
    ),
    "cluster slots failing": "ElastiCache moves slots and replaces nodes; what is left is a node that is `down`",
}
"""Alert rules for Redis."""

COMMUNITY: dict[str, tuple[str, ...] | str] = {
    "disk queue above 64": ("postgres/disk-queue",),
    "swap above 256 MB": ("postgres/swap-used",),
    "swap grows 20 MB an hour": "ordinary at first, once pages that nobody uses go; `swap-used` rings when it matters",
    "CPU credits below 20": ("postgres/cpu-credits",),
    "CPU above 85 %": ("postgres/cpu-high",),
    "load that is not CPU above 4 times the cores": ("postgres/load-high",),
    "memory below 20 %": ("postgres/memory-low",),
    "IOPS above 80 % of the limit": ("postgres/iops-high",),
    "throughput above 80 % of the limit": ("postgres/throughput-high",),
    "storage below 10 %": ("postgres/storage-low",),
    "quota above 80 %": "of the account: CloudWatch's own AWS/Usage alarms, made once and not by each stack",
    "pending changes for an hour": "waiting for the maintenance window is what a stack asks for by default",
    "server certificate expires": f"{_EVENT}: RDS events, maintenance; RDS rotates it in the window before",
}
"""What people add to AWS's list."""

BROKEN: dict[str, str] = {
    "transaction ids at half of 2^32": "is the wraparound; PostgreSQL stops at 2^31: `transaction-ids-*` at half",
    "invalid index with >= 0": "always true; no alarm here compares a count that may be zero with >=",
    "a metric's name that nobody exports": "every name is held against AWS's lists of metrics by a test",
    "checkpoint counters that PostgreSQL 17 moved": "no alarm reads the engine's own counters but through RDS",
    "not vacuumed, by a sample older than 10 h": "no alarm asks for data older than its own periods",
    "rate() of a gauge": "RATE stands over transaction ids alone, which only advance",
    "a metric subtracted from itself": "each expression names different metrics, held by a test",
    "fewer than five connections or commits": "pages an idle stack; nothing here rings for too little use",
    "age in seconds that counts transactions": "units are CloudWatch's own, and the pages print them",
}
"""Rules shipped elsewhere that cannot work, and why none of ours repeats them."""
