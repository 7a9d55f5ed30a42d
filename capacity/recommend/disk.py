"""What to change of the volume of an RDS instance: its size, where autoscaling ends, its speed."""

from __future__ import annotations

from collections.abc import Callable

from capacity.limit import Recommendation, Section
from capacity.recommend.classes import next_class, of_class
from capacity.recommend.declared import Declared, DeclaredDatabase
from knowledge.classes import GIB, RDS_CLASSES, RdsClass, rds_class
from knowledge.storage import (
    AUTOSCALING_FREE,
    IOPS,
    IOPS_PER_MIB,
    LARGEST,
    STRIPED_FROM,
    THROUGHPUT,
    base_iops,
    base_throughput,
    least_growth,
    reachable_throughput,
)

_MIB = 1024**2
_ROUND = 10
"""GiB to whose next multiple a size is rounded."""
_ROUND_IOPS, _ROUND_MIB = 1000, 50


def storage(of: DeclaredDatabase, declared: Declared, needed: float) -> Recommendation:
    """A larger volume."""
    primary = declared.primary or of
    size = max(_volume(needed), least_growth(primary.allocated))
    if size > LARGEST:
        return Recommendation(what=_too_large(needed))
    settings: Section = {"storage": {"allocated": size, **_named(primary, size)}}
    what = f"allocate {size:,} GiB in place of {primary.allocated:,}"
    return Recommendation(what=what, settings={"postgres": settings})


def storage_autoscaling(of: DeclaredDatabase, declared: Declared, needed: float) -> Recommendation:
    """A higher maximum, for the replicas that have their own too: theirs may not be below the primary's."""
    size = max(_volume(needed), least_growth(of.max_allocated))
    if size > LARGEST:
        return Recommendation(what=_too_large(needed))
    replicas = [each for each in declared.databases.values() if each.own_max and each.max_allocated < size]
    follow: Section = {each.node: {"max_storage": size} for each in replicas if not of.own_max or each is of}
    what = f"let storage autoscaling go up to {size:,} GiB in place of {of.max_allocated:,}"
    if of.own_max:
        return Recommendation(what=f"{what} on {of.node}", settings={"postgres": {"replicas": follow}})
    settings: dict[str, str | int | Section] = {"storage": {"max": size}}
    if follow:
        settings["replicas"] = follow
    return Recommendation(what=what, settings={"postgres": settings})


def iops(of: DeclaredDatabase, declared: Declared, needed: float) -> Recommendation:
    """More of the volume, of the class, or of both: whichever is the lesser one now. `needed` is by second."""
    wanted = _up(needed, _ROUND_IOPS)
    if wanted > IOPS[1]:
        return Recommendation(what=f"gp3 has no {wanted:,} IOPS, {IOPS[1]:,} are the most: cache or index what is read")
    size, chosen = of.allocated, of.iops
    if (chosen or base_iops(size)) < wanted:
        size = max(size, STRIPED_FROM)
        chosen = None if base_iops(size) >= wanted else max(wanted, IOPS[0])
    text = f"{wanted:,} IOPS"
    return _faster(of, declared, size, chosen, of.throughput, text, lambda each: each.ebs_baseline_iops >= wanted)


def throughput(of: DeclaredDatabase, declared: Declared, needed: float) -> Recommendation:
    """Likewise, `needed` in bytes a second; each MiB/s takes four IOPS."""
    wanted = _up(needed / _MIB, _ROUND_MIB)
    if wanted > THROUGHPUT[1]:
        most = f"{THROUGHPUT[1]:,} are the most: index what is read, and sort in memory"
        return Recommendation(what=f"gp3 has no {wanted:,} MiB/s, {most}")
    size, chosen, has = of.allocated, of.throughput, of.iops
    if (chosen or base_throughput(size)) < wanted:
        size = max(size, STRIPED_FROM)
        chosen = None if base_throughput(size) >= wanted else max(wanted, THROUGHPUT[0])
        if chosen and (has or base_iops(size)) < chosen * IOPS_PER_MIB:
            has = chosen * IOPS_PER_MIB

    def enough(each: RdsClass) -> bool:
        return reachable_throughput(each, STRIPED_FROM, wanted) >= wanted * _MIB

    return _faster(of, declared, size, has, chosen, f"{wanted:,} MiB/s", enough)


def _faster(
    of: DeclaredDatabase,
    declared: Declared,
    size: int,
    iops: int | None,
    throughput: int | None,
    wanted: str,
    enough: Callable[[RdsClass], bool],
) -> Recommendation:
    primary, now = declared.primary or of, rds_class(of.instance_class)
    parts: list[str] = []
    volume: dict[str, str | int | Section] = {}
    if size > primary.allocated:
        volume |= {"allocated": size, **_named(primary, size)}
        parts.append(
            f"allocate {size} GiB, from where gp3 has {base_iops(size):,} IOPS and {base_throughput(size)} MiB/s"
        )
    if iops is not None and iops != primary.iops:
        volume["iops"] = iops
        parts.append(f"choose {iops:,} IOPS")
    if throughput is not None and throughput != primary.throughput:
        volume["throughput"] = throughput
        parts.append(f"choose {throughput:,} MiB/s")
    settings: dict[str, str | int | Section] = {"postgres": {"storage": volume}} if volume else {}
    if not enough(now):
        found = next_class(RDS_CLASSES.values(), now, enough)
        if found is None:
            return Recommendation(what=f"no class has {wanted} at all times: cache or index what is read")
        parts.append(f"move to {found.name}, as {now.name} does not have {wanted} at all times")
        settings = dict(of_class(of, found, {"storage": volume} if volume else {}))
    return Recommendation(what=", ".join(parts), settings=settings)


def _volume(needed: float) -> int:
    """GiB of which a tenth stays free."""
    return _up(needed / GIB / (1 - AUTOSCALING_FREE), _ROUND)


def _up(value: float, step: int) -> int:
    return -(-int(value + 1) // step) * step


def _named(of: DeclaredDatabase, size: int) -> dict[str, int]:
    """What must be said of a volume that becomes a striped one: else the provider sends what the smaller one had.

    RDS refuses that (hashicorp/terraform-provider-aws, issue 28382 and pull request 47411).
    """
    if not of.allocated < STRIPED_FROM <= size:
        return {}
    return {"iops": base_iops(size), "throughput": base_throughput(size)}


def _too_large(needed: float) -> str:
    return (
        f"gp3 ends at {LARGEST:,} GiB, and {needed / GIB:,.0f} will be used: declare an expiry of tables or partitions "
        "(`upkeep` in access.yaml), or divide the data"
    )
