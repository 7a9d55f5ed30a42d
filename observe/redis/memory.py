"""Memory for data against what the node may take."""

from __future__ import annotations

from knowledge.thresholds.redis import MEMORY as THRESHOLD
from observe.observation import Finding, Observation, Right, Rows, judged

INFO = Right(name="+info", grant="`redis: {CACHE: monitoring}` of the identity in access.yaml")


def _judge(rows: Rows) -> tuple[Finding, ...]:
    (info,) = rows
    used, most = int(str(info["used_memory"])), int(str(info["maxmemory"]))
    if not most:
        return ()
    message = f"{used} of {most} bytes used, policy {info['maxmemory_policy']}"
    return (judged(THRESHOLD, 100 * used / most, message, mend="datatier keys"),)


MEMORY = Observation(
    id="memory",
    engine="redis",
    question="How full is the memory for data?",
    read=("INFO memory",),
    judge=_judge,
    needs=(INFO,),
)
