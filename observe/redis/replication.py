"""Replication of a cache: whether a replica hears its primary, and how long ago a primary heard its replicas."""

from __future__ import annotations

from collections.abc import Iterator

from knowledge.thresholds.redis import REPLICATION as THRESHOLD
from knowledge.thresholds.threshold import Status
from observe.observation import Finding, Observation, Row, Rows, judged
from observe.quantities import duration
from observe.redis.info import INFO, number


def _judge(rows: Rows) -> tuple[Finding, ...]:
    (info,) = rows
    return tuple(_primary(info) if info["role"] == "master" else _replica(info))


def _replica(info: Row) -> Iterator[Finding]:
    primary = f"{info.get('master_host')}:{info.get('master_port')}"
    if info.get("master_link_status") != "up":
        seconds = number(info, "master_link_down_since_seconds")
        said = f"its link to the primary {primary} is down" + (f" for {duration(seconds)}" if seconds > 0 else "")
        # Seconds alone would let it be for the first ten.
        yield Finding(
            check=THRESHOLD.id,
            status=Status.CRITICAL,
            message=said,
            value=seconds,
            threshold=THRESHOLD,
            mend=f"bring {primary} back, or promote a replica (runbook redis-replication)",
        )
        return
    # Not judged: on an idle primary it is up to repl-ping-replica-period, ten seconds by default.
    seconds = number(info, "master_last_io_seconds_ago")
    said = f"linked to its primary {primary}, heard of it {duration(seconds)} ago"
    yield Finding(check=THRESHOLD.id, status=Status.OK, message=said, threshold=THRESHOLD)


def _primary(info: Row) -> Iterator[Finding]:
    for name, value in info.items():
        if name.startswith("slave") and name[5:].isdecimal():
            yield _heard(dict(part.split("=", 1) for part in str(value).split(",")))


def _heard(replica: dict[str, str]) -> Finding:
    where, state, seconds = f"{replica['ip']}:{replica['port']}", replica["state"], float(replica["lag"])
    said = f"replica {where} is {state}, heard {duration(max(seconds, 0))} ago"
    return judged(THRESHOLD, seconds, said, object=where, mend=_MEND)


_MEND = "look at network and processor of both nodes (runbook redis-replication)"

REPLICATION = Observation(
    id="replication",
    engine="redis",
    question="Do the nodes of the cache hear each other?",
    read=("INFO replication",),
    judge=_judge,
    thresholds=(THRESHOLD,),
    needs=(INFO,),
)
