"""gp3 storage of RDS for PostgreSQL: what a volume has of itself, what it can be given, and how it grows.

Numbers of the RDS User Guide, CHAP_Storage (gp3 storage) and USER_PIOPS.Autoscaling. An RDS instance says its own by
DescribeValidDBInstanceModifications (ValidStorageOptions).
"""

from __future__ import annotations

from collections.abc import Iterator

from knowledge.classes import RdsClass
from knowledge.limits import ALLOCATED_STORAGE

((SMALLEST, LARGEST),) = ALLOCATED_STORAGE.taken
"""GiB."""
STRIPED_FROM = 400
"""GiB. From here on RDS stripes a volume over four: more of everything, and what it has can be chosen. Below it RDS
refuses any choice (`You can't specify IOPS or storage throughput for engine postgres and a storage size less than
400`), the values that the volume has anyway included."""
BASE_IOPS, BASE_THROUGHPUT = (3000, 12000), (125, 500)
"""IOPS and MiB/s without a choice: below `STRIPED_FROM` and from there."""
IOPS, THROUGHPUT = (12000, 64000), (500, 4000)
"""What can be chosen, from `STRIPED_FROM` on."""
IOPS_PER_MIB = 4
"""A MiB/s takes four IOPS: at most 0.25 MiB/s for each (StorageThroughputToIopsRatio)."""


def base_iops(allocated: int) -> int:
    """IOPS of a volume of which nothing was chosen."""
    return BASE_IOPS[allocated >= STRIPED_FROM]


def base_throughput(allocated: int) -> int:
    """MiB/s of a volume of which nothing was chosen."""
    return BASE_THROUGHPUT[allocated >= STRIPED_FROM]


def reachable_iops(cls: RdsClass, allocated: int, iops: int | None) -> int:
    """IOPS that get through: the lesser of the volume's and what the class has at all times. `allocated` is in GiB."""
    return min(iops or base_iops(allocated), cls.ebs_baseline_iops)


def reachable_throughput(cls: RdsClass, allocated: int, throughput: int | None) -> int:
    """Bytes a second that get through, likewise; `throughput` is in MiB/s."""
    return min((throughput or base_throughput(allocated)) * 1024**2, cls.ebs_baseline_mbps * 1_000_000 // 8)


def speed_problems(allocated: int, iops: int | None, throughput: int | None) -> Iterator[tuple[str, str]]:
    """What RDS refuses of these choices: `iops` or `throughput`, and why."""
    for knob, value, (least, most), unit in (
        ("iops", iops, IOPS, "IOPS"),
        ("throughput", throughput, THROUGHPUT, "MiB/s"),
    ):
        if value is None:
            continue
        if allocated < STRIPED_FROM:
            yield knob, f"cannot be set below {STRIPED_FROM} GiB of gp3 (allocated is {allocated}): it is fixed there."
        elif not least <= value <= most:
            yield knob, f"{value} is not {least} to {most} {unit}, which gp3 takes from {STRIPED_FROM} GiB on."
    has = iops or base_iops(allocated)
    if allocated >= STRIPED_FROM and throughput and throughput <= THROUGHPUT[1] and throughput * IOPS_PER_MIB > has:
        has_iops = f"{has} IOPS" if iops else f"the {has} IOPS that it has without iops"
        yield (
            "throughput",
            f"{throughput} MiB/s take {throughput * IOPS_PER_MIB} iops at least (four for each MiB/s), not {has_iops}.",
        )


AUTOSCALING_FREE = 0.1
"""Share of the volume below which free space must be for five minutes before RDS grows it by itself."""
_GIB = 1024**3


def autoscaling_step(allocated_bytes: int) -> int:
    """Bytes that RDS then adds at least: 10 GiB or a tenth, whichever is more; more yet where FreeStorageSpace of the
    last hour says that seven hours will take more."""
    return max(10 * _GIB, allocated_bytes // 10)


def least_growth(allocated: int) -> int:
    """GiB of the next size that RDS takes, by hand or by itself: a step of 10 % at least (ModifyDBInstance,
    AllocatedStorage)."""
    return -(-allocated * 11 // 10)


def ceiling_problem(allocated: int, ceiling: int) -> str | None:
    """Why RDS would not grow a volume up to `ceiling` by itself; 0 means no growth, which is always allowed."""
    if not ceiling:
        return None
    if ceiling < allocated:
        return f"{ceiling} GiB is less than allocated ({allocated} GiB): storage never shrinks."
    least = least_growth(allocated)
    if ceiling < least:
        return f"must be at least 10 % above allocated, {least} GiB (AWS recommends 26 %), or 0 for no autoscaling."
    return None


def replica_ceiling_problem(ceiling: int, primary: int) -> str | None:
    """Why a replica could not follow its primary's growth; 0 means no growth for either."""
    return f"is below the primary's max ({primary}): the replica would stop" if ceiling < primary else None
