"""What to change of the volume of an RDS instance: its size, where autoscaling ends, its speed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from capacity.limit import Recommendation, Section
from capacity.recommend.classes import next_class, of_class
from capacity.recommend.declared import Declared, DeclaredDatabase
from knowledge.classes import GIB, RDS_CLASSES, RdsClass, rds_class
from knowledge.storage import (
    AUTOSCALING_FREE,
    IOPS,
    IOPS_PER_MIB,
    LARGEST,
    PROVISIONED,
    PROVISIONED_IOPS,
    STRIPED_FROM,
    THROUGHPUT,
    Volume,
    base_iops,
    base_throughput,
    least_growth,
)

_MIB = 1024**2
_ROUND = 10
"""GiB to whose next multiple a size is rounded."""
_ROUND_IOPS, _ROUND_MIB = 1000, 50


def storage(of: DeclaredDatabase, declared: Declared, needed: float) -> Recommendation:
    """A larger volume."""
    primary = declared.primary or of
    size = max(_volume(needed), least_growth(primary.volume.allocated))
    if size > LARGEST:
        return Recommendation(what=_too_large(primary, needed))
    settings: Section = {"storage": {"allocated": size, **_named(primary, size)}}
    what = f"allocate {size:,} GiB in place of {primary.volume.allocated:,}"
    return Recommendation(what=what, settings={"postgres": settings})


def storage_autoscaling(of: DeclaredDatabase, declared: Declared, needed: float) -> Recommendation:
    """A higher maximum, for the replicas that have their own too: theirs may not be below the primary's."""
    size = max(_volume(needed), least_growth(of.max_allocated))
    if size > LARGEST:
        return Recommendation(what=_too_large(of, needed))
    replicas = [each for each in declared.databases.values() if each.own_max and each.max_allocated < size]
    follow: Section = {each.node: {"max_storage": size} for each in replicas if not of.own_max or each is of}
    what = f"let storage autoscaling go up to {size:,} GiB in place of {of.max_allocated:,}"
    if of.own_max:
        return Recommendation(what=f"{what} on {of.node}", settings={"postgres": {"replicas": follow}})
    settings: dict[str, str | int | Section] = {"storage": {"max": size, **_ratio(of.volume, size)}}
    if follow:
        settings["replicas"] = follow
    return Recommendation(what=what, settings={"postgres": settings})


def iops(of: DeclaredDatabase, declared: Declared, needed: float) -> Recommendation:
    """More of the volume, of the class, or of both: whichever is the lesser one now. `needed` is by second."""
    wanted, has = _up(needed, _ROUND_IOPS), of.volume
    if wanted > (most := _most_iops(has)):
        text = f"{_type(has)} has no {wanted:,} IOPS, {most:,} are the most: cache or index what is read"
        return Recommendation(what=text)
    return _faster(of, declared, _with_iops(has, wanted), f"{wanted:,} IOPS", lambda c: c.ebs_baseline_iops >= wanted)


def throughput(of: DeclaredDatabase, declared: Declared, needed: float) -> Recommendation:
    """Likewise, `needed` in bytes a second; each MiB/s takes four IOPS."""
    wanted, has = _up(needed / _MIB, _ROUND_MIB), of.volume
    iops = wanted * IOPS_PER_MIB
    if wanted > THROUGHPUT[1] or (has.type in PROVISIONED and iops > _most_iops(has)):
        most = min(THROUGHPUT[1], _most_iops(has) // IOPS_PER_MIB)
        text = f"{_type(has)} has no {wanted:,} MiB/s, {most:,} are the most: index what is read, and sort in memory"
        return Recommendation(what=text)

    def enough(each: RdsClass) -> bool:
        return each.ebs_baseline_mbps * 1_000_000 // 8 >= wanted * _MIB

    return _faster(of, declared, _with_throughput(has, wanted), f"{wanted:,} MiB/s", enough)


def _type(volume: Volume) -> str:
    """The type that more is asked of: nothing can be chosen of gp2, and it becomes gp3 while the database runs."""
    return "gp3" if volume.type == "gp2" else volume.type


def _most_iops(volume: Volume) -> int:
    ratio = PROVISIONED.get(volume.type)
    return min(PROVISIONED_IOPS[1], ratio * volume.allocated) if ratio else IOPS[1]


def _with_iops(has: Volume, wanted: int) -> Volume:
    if has.lasting_iops >= wanted:
        return has
    if has.type in PROVISIONED:
        return replace(has, iops=wanted)
    size = has.allocated if base_iops(has.allocated) >= wanted else max(has.allocated, STRIPED_FROM)
    chosen = None if base_iops(size) >= wanted else max(wanted, IOPS[0])
    return Volume(type="gp3", allocated=size, iops=chosen, throughput=has.throughput)


def _with_throughput(has: Volume, wanted: int) -> Volume:
    if has.lasting_throughput >= wanted:
        return has
    if has.type in PROVISIONED:
        return replace(has, iops=wanted * IOPS_PER_MIB)
    size = has.allocated if base_throughput(has.allocated) >= wanted else max(has.allocated, STRIPED_FROM)
    chosen = None if base_throughput(size) >= wanted else max(wanted, THROUGHPUT[0])
    needs = (chosen or 0) * IOPS_PER_MIB
    iops = needs if needs > (has.iops or base_iops(size)) else has.iops
    return Volume(type="gp3", allocated=size, iops=iops, throughput=chosen)


def _faster(
    of: DeclaredDatabase, declared: Declared, wish: Volume, wanted: str, enough: Callable[[RdsClass], bool]
) -> Recommendation:
    primary, now = declared.primary or of, rds_class(of.instance_class)
    has = primary.volume
    parts: list[str] = []
    volume: dict[str, str | int | Section] = {}
    if wish.type != has.type:
        volume["type"] = wish.type
        parts.append(f"change the volume from {has.type} to {wish.type}")
    if wish.allocated > has.allocated:
        size = wish.allocated
        volume |= {"allocated": size, **_named(primary, size)}
        parts.append(
            f"allocate {size} GiB, from where gp3 has {base_iops(size):,} IOPS and {base_throughput(size)} MiB/s"
        )
    if wish.iops is not None and wish.iops != has.iops:
        volume["iops"] = wish.iops
        parts.append(f"choose {wish.iops:,} IOPS")
    if wish.throughput is not None and wish.throughput != has.throughput:
        volume["throughput"] = wish.throughput
        parts.append(f"choose {wish.throughput:,} MiB/s")
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
    """What must be said of a gp3 volume that becomes a striped one: else the provider sends what the smaller one had.

    RDS refuses that (hashicorp/terraform-provider-aws, issue 28382 and pull request 47411).
    """
    if of.volume.type == "gp3" and of.volume.allocated < STRIPED_FROM <= size:
        return {"iops": base_iops(size), "throughput": base_throughput(size)}
    return _ratio(of.volume, size)


def _ratio(volume: Volume, size: int) -> dict[str, int]:
    """IOPS that a larger volume, or a larger maximum, needs of io1 and io2: one for each two GiB (CHAP_Storage)."""
    least = -(-size // 2)
    return {"iops": least} if volume.type in PROVISIONED and volume.lasting_iops < least else {}


def _too_large(of: DeclaredDatabase, needed: float) -> str:
    return (
        f"{of.volume.type} ends at {LARGEST:,} GiB, and {needed / GIB:,.0f} will be used: declare an expiry of tables "
        "or partitions (`upkeep` in access.yaml), or divide the data"
    )
