"""Thresholds of a server as a whole, whichever engine it is: whether it answers, its version, its role, its schema."""

from __future__ import annotations

from dataclasses import replace

from knowledge.alarms.catalogue import POSTGRES, REDIS
from knowledge.alarms.facts import FACTS
from knowledge.alarms.postgres_thresholds import SLOT_WAL_CRITICAL, SLOT_WAL_HIGH
from knowledge.thresholds.threshold import Threshold, of_alarms

POSTGRES_UP = of_alarms("up", POSTGRES, unit="", critical=("down", 1), below=True)
REDIS_UP = of_alarms("up", REDIS, unit="", critical=("down", 1), below=True)
SUPPORT = Threshold(
    id="support",
    warn=180,
    critical=None,
    unit="days",
    below=True,
    source="half a year to rehearse and make a major upgrade; dates by the engine's and AWS's own calendars "
    "(knowledge/support.csv); what comes then: RDS User Guide, extended-support-creating-db-instance",
    meaning="Security fixes for this version end soon or have ended. On that day RDS upgrades an instance by itself, "
    "since the stacks take no Extended Support; ElastiCache charges for it.",
    first_steps=(
        "Rehearse the next major version here: `datatier upgrade rehearse STACK --to postgres.version=18`.",
        "Plan it and carry it out: `datatier upgrade plan STACK --to ... --out plan.json`, `datatier upgrade run`.",
    ),
    runbook="docs/upgrades.md",
)
ROLE = Threshold(
    id="role",
    warn=None,
    critical=0,
    unit="",
    source="the stack declares each server as a primary or a replica",
    meaning="A replica was promoted, or a primary is in recovery: two servers take writes, or none does.",
    first_steps=(
        "Look at the instance's latest events: failover, promotion, restore.",
        "Stop what writes to the wrong one before anything else is done.",
    ),
    runbook="docs/runbooks/postgres-replication.md",
)
READ_ONLY = Threshold(
    id="read-only",
    warn=0,
    critical=None,
    unit="",
    source="a primary is there to be written to",
    meaning="default_transaction_read_only is on: applications read and cannot write.",
    first_steps=("Find where it is set: database, parameter group.", "See who set it and why before it is taken back."),
    runbook="docs/runbooks/postgres-down.md",
)
PRIMARIES = Threshold(
    id="primaries",
    warn=None,
    critical=0,
    unit="",
    source="one node of a cache, or of each shard in cluster mode, takes writes",
    meaning="With two primaries writes are lost when one of them is made a replica again; with none all writes fail.",
    first_steps=("See which node the endpoint leads to.", "Look at the cache's latest events: failover, new node."),
    runbook="docs/runbooks/redis-replication.md",
)
FAILED_LOGINS = of_alarms("failed-logins", POSTGRES, unit="", warn=("failed-logins", 0))
REPLICATION = of_alarms("replication", POSTGRES, unit="", critical=("replication-stopped", 0))
_LAG_WARN, _LAG_CRITICAL = 5, 60
REPLICA_LAG = of_alarms(
    "replica-lag",
    POSTGRES,
    unit="s",
    warn=("replica-lag", _LAG_WARN),
    critical=("replica-lag", _LAG_CRITICAL),
    source="PGHero warns at 5 s, a minute is what readers notice; only while there is something to replay (ADR 0011)",
)


def replica_lag(limit: float | None) -> Threshold:
    """The threshold where a stack has one of its own: `limit` is its `replica_lag`, in seconds."""
    if limit is None:
        return REPLICA_LAG
    return replace(
        REPLICA_LAG,
        warn=limit,
        critical=max(limit, _LAG_CRITICAL),
        source=f"the stack's replica_lag of {limit:g} s, of which the alarm replica-lag wants ten minutes; a minute is "
        "what readers notice; only while there is something to replay (ADR 0011)",
    )


SLOT_WAL = of_alarms(
    "slot-wal",
    POSTGRES,
    unit="%",
    warn=("slot-wal-high", SLOT_WAL_HIGH),
    critical=("slot-wal-critical", SLOT_WAL_CRITICAL),
)
SLOT_LOST = Threshold(
    id="slot-lost",
    warn=None,
    critical=0,
    unit="",
    source="wal_status `lost` cannot be used again, `unreserved` is lost at the next checkpoint (PostgreSQL, "
    "pg_replication_slots)",
    meaning="The WAL that a slot's reader still needs is gone or about to go; the reader has to be made again.",
    first_steps=("Drop the slot and make its reader again from a new copy.",),
    runbook="docs/runbooks/postgres-replication-slots.md",
)
SLOT_INACTIVE = of_alarms(
    "slot-inactive",
    FACTS,
    unit="s",
    warn=("slot-inactive", 600),
    source="Qonto's alert on an inactive slot: ten minutes",
)
MIGRATION = of_alarms(
    "migration",
    FACTS,
    unit="",
    critical=("migration-dirty", 0),
    source="golang-migrate marks a version dirty before it runs and clean after it",
)
SCHEMA = Threshold(
    id="schema",
    warn=None,
    critical=0,
    unit="differences",
    source="the bootstrap fails where an object of schema/schema.json is missing or different (ADR 0005)",
    meaning="The database is not what the application was built for.",
    first_steps=("See what differs: `datatier schema check`.",),
    runbook="docs/schema.md",
)
ACCESS = Threshold(
    id="access",
    warn=None,
    critical=0,
    unit="failed checks",
    source="the bootstrap tries what every identity may and must not do",
    meaning="Somebody may do more or less than access.yaml says.",
    first_steps=("See what would be changed: `datatier access plan`.", "Prove it again: `datatier access verify`."),
    runbook="docs/access-traps.md",
)
PROVED_SECONDS = 24 * 3600
"""A proof that is older is STALE: a day is how often drift is looked for where it is scheduled."""
