"""Memory for data against what the node may take."""

from __future__ import annotations

from knowledge.thresholds.redis import MEMORY as THRESHOLD
from knowledge.thresholds.redis import MEMORY_EVICTING
from observe.observation import Finding, Observation, Rows, judged
from observe.quantities import size
from observe.redis.info import INFO, number


def _judge(rows: Rows) -> tuple[Finding, ...]:
    (info,) = rows
    used, most = number(info, "used_memory"), number(info, "maxmemory")
    if not most:
        return ()
    policy = str(info["maxmemory_policy"])
    threshold = MEMORY_EVICTING if policy.startswith("allkeys-") else THRESHOLD
    message = f"{size(used)} of {size(most)} used, policy {policy}"
    return (judged(threshold, 100 * used / most, message, mend="datatier keys"),)


MEMORY = Observation(
    id="memory",
    engine="redis",
    question="How full is the memory for data?",
    read=("INFO memory",),
    judge=_judge,
    thresholds=(THRESHOLD, MEMORY_EVICTING),
    needs=(INFO,),
)
