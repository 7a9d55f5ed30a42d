"""How much memory a node takes of its machine beyond what it holds, and whether its allocator can give that back."""

from __future__ import annotations

from knowledge.thresholds.redis import FRAGMENTATION as TOTAL
from knowledge.thresholds.redis import FRAGMENTED_FROM_BYTES, FREED_KEPT, SCATTERED
from knowledge.thresholds.threshold import Status, Threshold
from observe.observation import Finding, Observation, Row, Rows, judged
from observe.quantities import percent, size
from observe.redis.info import INFO, number

_PURGE, _DEFRAGMENT = "MEMORY PURGE", "activedefrag: yes among the cache's parameters"


def _arrange(rows: Rows) -> Rows:
    (info,) = rows
    return (
        {
            "allocator": str(info.get("mem_allocator")),
            "used_bytes": number(info, "used_memory"),
            "resident_bytes": number(info, "used_memory_rss"),
            "beyond_percent": _beyond(info, "mem_fragmentation_ratio"),
            "beyond_bytes": number(info, "mem_fragmentation_bytes"),
            "kept_percent": _beyond(info, "allocator_rss_ratio"),
            "kept_bytes": number(info, "allocator_rss_bytes"),
            "scattered_percent": _beyond(info, "allocator_frag_ratio"),
            "scattered_bytes": number(info, "allocator_frag_bytes"),
            "defragmenting": bool(number(info, "active_defrag_running")),
        },
    )


def _beyond(info: Row, ratio: str) -> float:
    # 1.4 is 40 % more; one below 1 is memory that was swapped out.
    return round(max(number(info, ratio) - 1, 0) * 100, 6)


def jemalloc(row: Row) -> bool:
    """Whether the allocator has what MEMORY PURGE and active defragmentation ask of it; others answer OK and do nothing
    (purge) or refuse (zmalloc.c and defrag.c, HAVE_DEFRAG)."""
    return str(row["allocator"]).startswith("jemalloc")


def _judge(rows: Rows) -> tuple[Finding, ...]:
    return tuple(each for row in rows for each in _of(row) if each.status is not Status.OK)


def _of(row: Row) -> list[Finding]:
    if not jemalloc(row):
        said = f"of its machine than it uses, which {row['allocator']} gives back when the node ends"
        return _finding(row, TOTAL, "beyond", said, "")
    said = "than the allocator uses, in pages that hold nothing"
    scattered = "in the allocator's pages than it holds, as values lie scattered over them"
    return [
        *_finding(row, FREED_KEPT, "kept", said, _PURGE),
        *_finding(row, SCATTERED, "scattered", scattered, _DEFRAGMENT),
    ]


def _finding(row: Row, threshold: Threshold, what: str, said: str, mend: str) -> list[Finding]:
    bytes_, share = (float(str(row[f"{what}_{unit}"])) for unit in ("bytes", "percent"))
    if bytes_ <= FRAGMENTED_FROM_BYTES:
        return []
    return [judged(threshold, share, f"{size(bytes_)} ({percent(share)}) more memory {said}", mend=mend)]


FRAGMENTATION = Observation(
    id="fragmentation",
    engine="redis",
    question="How much memory does each node take beyond what it holds, and can its allocator give it back?",
    read=("INFO memory",),
    arrange=_arrange,
    judge=_judge,
    thresholds=(TOTAL, FREED_KEPT, SCATTERED),
    columns=("allocator", "resident_bytes", "beyond_percent", "kept_bytes", "scattered_bytes", "defragmenting"),
    needs=(INFO,),
)
