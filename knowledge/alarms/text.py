"""An alarm in words: when it rings, in units people read, and what silence means to it."""

from __future__ import annotations

from knowledge.alarms.spec import AlarmSpec

GIB = 1024**3
BYTES = {
    "DiskThroughput",
    "FreeStorageSpace",
    "FreeableMemory",
    "OldestLogicalReplicationSlotLag",
    "OldestReplicationSlotLag",
    "SwapUsage",
    "TransactionLogsDiskUsage",
}
SECONDS = {
    "ReadLatency",
    "WriteLatency",
    "ReplicaLag",
    "ReplicationLag",
    "IdleInTransactionSeconds",
    "datatier_secret_age_seconds",
}
DAY = 86400
PERCENT = {
    "CPUUtilization",
    "DatabaseMemoryUsagePercentage",
    "EBSByteBalance%",
    "EBSIOBalance%",
    "EngineCPUUtilization",
}
SILENCE = {
    "breaching": "no data is a fault",
    "notBreaching": "no data is well",
    "missing": "without data its state is INSUFFICIENT_DATA",
    "ignore": "no data leaves the state as it is",
}


def rule(alarm: AlarmSpec) -> str:
    """`Minimum FreeStorageSpace < 8 GiB for 5 min`, the metric marked as code."""
    sign = ">" if alarm.comparison == "GreaterThanThreshold" else "<"
    silence = ", or silent" if alarm.missing == "breaching" else ""
    return f"{alarm.statistic} `{alarm.metric}` {sign} {amount(alarm)} {span(alarm)}{silence}"


def span(alarm: AlarmSpec) -> str:
    """How long it must last."""
    minutes = alarm.period // 60
    if alarm.datapoints == alarm.evaluation_periods:
        return f"for {minutes * alarm.evaluation_periods} min"
    return f"in {alarm.datapoints} of {alarm.evaluation_periods} periods of {minutes} min"


def amount(alarm: AlarmSpec) -> str:
    """The threshold with its unit."""
    if alarm.metric in BYTES:
        unit, size = ("GiB", GIB) if alarm.threshold >= GIB else ("MiB", 1024**2)
        rate = "/s" if alarm.metric == "DiskThroughput" else ""
        return f"{alarm.threshold / size:.3g} {unit}{rate}"
    if alarm.metric in SECONDS and alarm.threshold >= DAY:
        return f"{alarm.threshold / DAY:g} d"
    if alarm.metric in SECONDS:
        return f"{alarm.threshold:g} s"
    return f"{alarm.threshold:,.10g}{' %' if alarm.metric in PERCENT else ''}"


def looks_at(alarm: AlarmSpec) -> str:
    """What stands behind the metric's name, where AWS does not publish it as it is; empty otherwise."""
    if alarm.dimensions:
        labels = ", ".join(f'{name}="{value}"' for name, value in alarm.dimensions.items())
        return f"{alarm.metric}{{{labels}}}"
    if alarm.pattern:
        return f"lines of the instance's log with {alarm.pattern}"
    if not alarm.terms:
        return ""
    if not alarm.expression:
        return f"Database Insights, {alarm.terms[0].metric}"
    whose = {"server": "", "primary": " of the primary", "insights": " of Database Insights"}
    names = ", ".join(f"{term.id} = {term.metric}{whose[term.of]}" for term in alarm.terms)
    return f"{alarm.expression}, where {names}"
