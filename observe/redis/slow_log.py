"""Slow commands of a cache node: its slow log, and how long each command takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from knowledge.thresholds.redis import COMMAND_CALLS, SLOW_COMMAND
from observe.observation import Finding, Observation, Right, Row, Rows, judged, worst
from observe.quantities import milliseconds
from observe.redis.info import INFO, number

LAST = 128
"""Entries that are read; slowlog-max-len keeps 128 by default."""
SLOWLOG = Right(
    name="+slowlog|get",
    grant="`slowlog|get` among the commands of an identity in access.yaml: it shows everybody's keys and values",
)
_SCRIPTS = ("EVAL", "EVAL_RO")
_PERCENTILE = re.compile(r"p(\d+(?:\.\d+)?)")


def entries(rows: Rows) -> Rows:
    """The slow log, slowest first: the command and its first argument, mostly the key. The rest may hold values.

    A script is one itself.
    """
    return sorted((_entry(row) for row in rows), key=lambda row: -float(str(row["took_ms"])))


def _entry(row: Row) -> Row:
    # At each space: a key that is empty, or only spaces, would leave its place to the value.
    raw = row["command"]
    words = (raw.decode(errors="replace") if isinstance(raw, bytes) else str(raw)).split(" ")
    keep = 1 if words[0].upper() in _SCRIPTS else 2
    more = f" ... ({len(words) - keep} more)" if len(words) > keep else ""
    client = row.get("client_address")
    return {
        "id": str(row["id"]),
        "at": datetime.fromtimestamp(int(str(row["start_time"])), UTC),
        "took_ms": int(str(row["duration"])) / 1000,
        "command": " ".join(words[:keep]) + more,
        "client": client.decode() if isinstance(client, bytes) else client,
    }


def commands(rows: Rows) -> Rows:
    """INFO commandstats and latencystats, a row for each command, most time first."""
    stats: dict[str, Mapping[str, object]] = {}
    for row in rows:
        parts: Mapping[str, object] = row
        stats |= {key: value for key, value in parts.items() if isinstance(value, Mapping)}
    total = sum(number(each, "usec") for each in stats.values())
    made = [
        _command(
            key.removeprefix("cmdstat_"),
            each,
            stats.get(key.replace("cmdstat_", "latency_percentiles_usec_"), {}),
            total,
        )
        for key, each in stats.items()
        if key.startswith("cmdstat_")
    ]
    return sorted(made, key=lambda row: -float(str(row["total_ms"])))


def _command(name: str, stats: Mapping[str, object], latency: Mapping[str, object], total: float) -> Row:
    percentiles = {
        f"p{each[1].replace('.', '_')}_ms": number(latency, key) / 1000
        for key in latency
        if (each := _PERCENTILE.fullmatch(key))
    }
    return {
        "command": name,
        "calls": int(number(stats, "calls")),
        "total_ms": number(stats, "usec") / 1000,
        "share_percent": 100 * number(stats, "usec") / total if total else 0.0,
        "mean_ms": number(stats, "usec_per_call") / 1000,
        **percentiles,
        "rejected": int(number(stats, "rejected_calls")),
        "failed": int(number(stats, "failed_calls")),
    }


def errors(rows: Rows) -> Rows:
    """INFO errorstats: `NOPERM`, `WRONGPASS`, `OOM` and how often, most often first."""
    parts: Mapping[str, object] = rows[0] if rows else {}
    made: list[Row] = [
        {"error": key.removeprefix("errorstat_"), "count": int(number(value, "count"))}
        for key, value in parts.items()
        if key.startswith("errorstat_") and isinstance(value, Mapping)
    ]
    return sorted(made, key=lambda row: -int(str(row["count"])))


def _judge(rows: Rows) -> tuple[Finding, ...]:
    return worst(
        judged(
            SLOW_COMMAND,
            float(str(row["p99_ms"])),
            f"one in a hundred of {row['calls']:,} {row['command']} takes {milliseconds(float(str(row['p99_ms'])))}",
            object=str(row["command"]),
            mend="read less at once: SCAN, HSCAN, a range, UNLINK; `datatier keys` finds the large keys",
        )
        for row in rows
        if int(str(row["calls"])) >= COMMAND_CALLS and "p99_ms" in row
    )


COMMANDS = Observation(
    id="commands",
    engine="redis",
    question="How long does each command take?",
    read=("INFO commandstats", "INFO latencystats"),
    arrange=commands,
    judge=_judge,
    thresholds=(SLOW_COMMAND,),
    columns=("command", "calls", "total_ms", "share_percent", "mean_ms", "p50_ms", "p99_ms", "rejected", "failed"),
    needs=(INFO,),
)
ERRORS = Observation(
    id="errors",
    engine="redis",
    question="Which errors has it answered since its start?",
    read=("INFO errorstats",),
    arrange=errors,
    judge=lambda _: (),
    columns=("error", "count"),
    needs=(INFO,),
)
SLOW_LOG = Observation(
    id="slowlog",
    engine="redis",
    question="Which commands of a cache are slow?",
    read=(f"SLOWLOG GET {LAST}",),
    arrange=entries,
    judge=lambda _: (),
    columns=("at", "took_ms", "command", "client"),
    also=(COMMANDS, ERRORS),
    needs=(SLOWLOG,),
)
