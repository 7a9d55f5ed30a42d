"""What a node counts: keys that were asked for and were there, keys thrown out, clients and logins turned away.

The counters run since the node's start. How many there are of late takes two readings; with one, what is shown is the
sum, and only the hit ratio is judged.
"""

from __future__ import annotations

from collections.abc import Iterator

from knowledge.thresholds.redis import EVICTIONS as EVICTIONS_THRESHOLD
from knowledge.thresholds.redis import EVICTIONS_MANY, FAILED_LOGINS, HIT_RATIO, REJECTED
from knowledge.thresholds.threshold import Status, Threshold
from observe.observation import Finding, Observation, Rows, judged
from observe.redis.info import INFO, since, span

LOOKUPS = 1000
"""Fewer say nothing of a ratio."""


def _judge(rows: Rows) -> tuple[Finding, ...]:
    return tuple(_findings(rows))


def _findings(rows: Rows) -> Iterator[Finding]:
    yield from _hits(rows)
    yield _counted(rows, REJECTED, "rejected_connections", "connections rejected", "datatier queries clients")
    if "acl_access_denied_auth" in rows[0]:
        mend = "ACL LOG, as the administrator: who tries, from where"
        yield _counted(rows, FAILED_LOGINS, "acl_access_denied_auth", "logins failed", mend)
    else:
        said = "this version counts no failed logins, Redis does so from 7.2 on; ACL LOG has the last ones"
        yield Finding(check=FAILED_LOGINS.id, status=Status.SKIPPED, message=said, threshold=FAILED_LOGINS)


def _hits(rows: Rows) -> Iterator[Finding]:
    hits, seconds = since(rows, "keyspace_hits")
    misses, _ = since(rows, "keyspace_misses")
    if hits + misses == 0:
        return
    ratio = 100 * hits / (hits + misses)
    said = f"{ratio:.1f} % of {hits + misses:.0f} lookups found their key, {span(seconds)}"
    if hits + misses < LOOKUPS:
        yield Finding(check=HIT_RATIO.id, status=Status.OK, message=f"{said}; too few to judge", value=ratio)
    else:
        yield judged(HIT_RATIO, ratio, said, mend="datatier keys")


def _counted(rows: Rows, threshold: Threshold, field: str, what: str, mend: str) -> Finding:
    count, seconds = since(rows, field)
    said = f"{count:.0f} {what} {span(seconds)}"
    if seconds is None:
        return Finding(check=threshold.id, status=Status.OK, message=said, value=count)
    return judged(threshold, count, said, mend=mend)


TRAFFIC = Observation(
    id="traffic",
    engine="redis",
    question="Are keys found, and is anybody turned away?",
    read=("INFO stats",),
    judge=_judge,
    thresholds=(HIT_RATIO, REJECTED, FAILED_LOGINS),
    needs=(INFO,),
    counted=True,
)


def _evicted(rows: Rows) -> tuple[Finding, ...]:
    count, seconds = since(rows, "evicted_keys")
    said = f"{count:.0f} keys evicted {span(seconds)}"
    policy = str(rows[0].get("maxmemory_policy", ""))
    if seconds is None or policy == "noeviction":
        return (Finding(check=EVICTIONS_THRESHOLD.id, status=Status.OK, message=said, value=count),)
    if policy.startswith("allkeys-"):
        return (judged(EVICTIONS_MANY, count * 600 / max(seconds, 1), said, mend="datatier keys"),)
    return (judged(EVICTIONS_THRESHOLD, count, said, mend="datatier keys"),)


EVICTIONS = Observation(
    id="evictions",
    engine="redis",
    question="Are keys thrown out to make room?",
    read=("INFO stats", "INFO memory"),
    judge=_evicted,
    thresholds=(EVICTIONS_THRESHOLD, EVICTIONS_MANY),
    needs=(INFO,),
    counted=True,
)
