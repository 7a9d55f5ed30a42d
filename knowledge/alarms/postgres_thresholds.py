"""Thresholds of one RDS instance, computed from its class, its volume and its parameters."""

from __future__ import annotations

from knowledge.alarms.spec import Limit
from knowledge.classes import GIB, RdsClass
from knowledge.storage import Volume

MIB = 1024**2
MILLION = 10**6
CONNECTIONS_CRITICAL, CONNECTIONS_HIGH = 0.9, 0.8
"""Shares of max_connections."""
TRANSACTION_IDS_CRITICAL, TRANSACTION_IDS_HIGH = 1000 * MILLION, 500 * MILLION
"""Age of the oldest transaction id, in transactions."""
SESSIONS_BLOCKED = 3
"""Transactions that wait for a lock."""
IDLE_SHARE = 0.5
"""Of idle_in_transaction_session_timeout."""
SLOT_WAL_CRITICAL, SLOT_WAL_HIGH = 80, 40
"""Percent of max_slot_wal_keep_size, which is a quarter of the allocated storage (`knowledge.postgres.parameters`)."""
LATENCY_SECONDS = 0.02
IDLE_LAG_SECONDS = 360
"""ReplicaLag is the age of the last transaction replayed; without any it climbs until RDS switches the WAL segment,
every five minutes. Beyond that, and a minute's sample, it is never idleness.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PostgreSQL.Replication.ReadReplicas.html"""
COMMITS_PER_LIMIT = 2
"""How many commits must fall into the lag's limit for its figure to mean anything: at random moments, a gap longer than
the limit then has the chance e^-2, and ten minutes of them in a row e^-20."""


def primary(allocated_gib: int, *, logical: bool) -> dict[str, Limit]:
    """Limits of what only a primary has."""
    of = f"the {allocated_gib} GiB allocated"
    kept = allocated_gib * GIB
    slots = {
        "slot-wal-critical": Limit(value=kept * SLOT_WAL_CRITICAL // 400, how=f"a fifth of {of}"),
        "slot-wal-high": Limit(value=kept * SLOT_WAL_HIGH // 400, how=f"a tenth of {of}"),
        "wal-disk-usage": Limit(value=allocated_gib * GIB // 5, how=f"a fifth of {of}"),
    }
    if logical:
        slots["logical-slot-wal"] = slots["slot-wal-critical"]
    return slots | {
        "transaction-ids-critical": Limit(
            value=TRANSACTION_IDS_CRITICAL, how="the same for every instance: half of 2^31"
        ),
        "transaction-ids-high": Limit(value=TRANSACTION_IDS_HIGH, how="the same for every instance: a quarter of 2^31"),
    }


def replica(lag: float, *, remote: bool) -> dict[str, Limit]:
    """Limits of what only a replica has."""
    stopped = Limit(value=0, how="the same for every instance: RDS reports -1 when replication is not active")
    if remote:
        # An alarm sees the metrics of one region, so whether the primary commits cannot be asked here.
        behind = Limit(
            value=max(lag, IDLE_LAG_SECONDS),
            how=f"the stack's replica_lag of {lag:g} s, but not below the {IDLE_LAG_SECONDS} s that an idle primary of "
            "another region may cause",
        )
    else:
        rate = COMMITS_PER_LIMIT / lag
        behind = Limit(
            value=lag,
            how=f"the stack's replica_lag of {lag:g} s; counted while the primary commits {rate:.3g} times a second or "
            f"more, and above {IDLE_LAG_SECONDS} s always",
            fill=(("rate", f"{rate:.6g}"), ("idle", str(IDLE_LAG_SECONDS))),
        )
    return {"replication-stopped": stopped, "replica-lag": behind}


def load(
    cls: RdsClass, max_connections: int, *, insights: bool, idle_timeout_ms: int, slow_ms: int
) -> dict[str, Limit]:
    """Limits of processor, memory, sessions and what the log tells of them."""
    share, small = (25, "") if cls.memory_gib > 2 else (10, ", a small class")
    connections = f"max_connections, {max_connections} on {cls.name}"
    made = {
        "down": Limit(value=0, how="the same for every instance: no figure is below zero, so only silence rings"),
        "connections-critical": Limit(
            value=CONNECTIONS_CRITICAL * max_connections, how=f"{100 * CONNECTIONS_CRITICAL:g} % of {connections}"
        ),
        "connections-high": Limit(
            value=CONNECTIONS_HIGH * max_connections, how=f"{100 * CONNECTIONS_HIGH:g} % of {connections}"
        ),
        "connections-refused": Limit(value=0, how="the same for every instance: none is expected"),
        "cpu-high": Limit(value=90, how="the same for every class"),
        "memory-low": Limit(
            value=cls.memory_bytes * share / 100, how=f"{share} % of the {cls.memory_gib:g} GiB of {cls.name}{small}"
        ),
        "swap-used": Limit(
            value=min(256 * MIB, cls.memory_bytes // 10),
            how=f"256 MiB, or a tenth of the {cls.memory_gib:g} GiB of {cls.name} where that is less",
        ),
        "deadlocks": Limit(value=0, how="the same for every instance: none is expected"),
        "failed-logins": Limit(value=0, how="the same for every instance: none is expected"),
        "data-corruption": Limit(value=0, how="the same for every instance: none is expected"),
    }
    if slow_ms > 0:
        made["slow-queries"] = Limit(
            value=cls.vcpu * 300_000 // 10 // slow_ms,
            how=f"a tenth of what the {cls.vcpu} cores of {cls.name} have in five minutes, at {slow_ms} ms each",
        )
    if insights:
        made["load-high"] = Limit(value=cls.vcpu, how=f"the {cls.vcpu} cores of {cls.name}")
        made["sessions-blocked"] = Limit(value=SESSIONS_BLOCKED, how="the same for every class")
        if idle_timeout_ms:
            made["idle-in-transaction"] = Limit(
                value=IDLE_SHARE * idle_timeout_ms / 1000,
                how=f"half of idle_in_transaction_session_timeout, {idle_timeout_ms / 1000:g} s",
            )
    if cls.burstable:
        made["cpu-credits"] = Limit(
            value=cls.cpu_credits // 5, how=f"a fifth of the {cls.cpu_credits} credits that {cls.name} can hold"
        )
    return made


def disk(cls: RdsClass, volume: Volume, max_allocated_gib: int) -> dict[str, Limit]:
    """Limits of the volume and of the class's way to it."""
    allocated_gib = volume.allocated
    low, shrinking = storage(allocated_gib * GIB, max_allocated_gib * GIB)
    grows = max_allocated_gib > allocated_gib
    size = f"{allocated_gib} GiB allocated" + (f", growing to {max_allocated_gib} GiB" if grows else ", not growing")
    requests = min(volume.peak_iops, cls.ebs_baseline_iops)
    stream = volume.reachable_throughput(cls)
    narrower = f"the lesser of the volume's and {cls.name}'s own"
    made = {
        "storage-low": Limit(
            value=low,
            how=f"5 % of allocated, 1 % of the maximum if more, at most 8 % of allocated; {size}"
            if grows
            else f"10 % of allocated; {size}",
        ),
        "storage-shrinking": Limit(value=shrinking, how=f"{10 if grows else 20} % of allocated; {size}"),
        "read-latency": Limit(value=LATENCY_SECONDS, how="the same for every volume of SSDs"),
        "write-latency": Limit(value=LATENCY_SECONDS, how="the same for every volume of SSDs"),
        "disk-queue": Limit(value=requests * LATENCY_SECONDS, how=f"{requests} IOPS, {narrower}, times 20 ms"),
        "iops-high": Limit(value=0.8 * requests, how=f"80 % of {requests} IOPS, {narrower}"),
        "throughput-high": Limit(value=0.8 * stream, how=f"80 % of {stream / MIB:.0f} MiB/s, {narrower}"),
    }
    if volume.bursts:
        made["burst-balance"] = Limit(
            value=20, how=f"a fifth of the credits of a gp2 volume, which has {volume.lasting_iops} IOPS without any"
        )
    if cls.ebs_burst:
        balance = Limit(value=10, how=f"the same for every class that bursts, as {cls.name} does")
        made |= {"ebs-io-balance": balance, "ebs-byte-balance": balance}
    return made


def storage(allocated: int, maximum: int) -> tuple[int, int]:
    """Return the critical and the warning limit of free bytes.

    RDS grows a volume at 10 % free, so with autoscaling only less than that means trouble: half of it, or 1 % of the
    maximum that the volume may have grown to, but never so much that an ordinary growth rings.
    """
    if maximum <= allocated:
        return allocated // 10, allocated // 5
    return min(max(allocated // 20, maximum // 100), allocated * 8 // 100), allocated // 10
