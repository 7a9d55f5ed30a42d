"""Storage of RDS for PostgreSQL: what a volume has of itself, what it can be given, and how it grows.

Numbers of the RDS User Guide, CHAP_Storage (gp3, gp2, io1 and io2 of PostgreSQL) and USER_PIOPS.Autoscaling. An RDS
instance says its own by DescribeValidDBInstanceModifications (ValidStorageOptions).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from knowledge.classes import RdsClass
from knowledge.limits import ALLOCATED_STORAGE

((SMALLEST, LARGEST),) = ALLOCATED_STORAGE.taken
"""GiB."""
STRIPED_FROM = 400
"""GiB. From here on RDS stripes a volume over four: more of everything, and what gp3 has can be chosen. Below it RDS
refuses any choice (`You can't specify IOPS or storage throughput for engine postgres and a storage size less than
400`), the values that the volume has anyway included."""
BASE_IOPS, BASE_THROUGHPUT = (3000, 12000), (125, 500)
"""IOPS and MiB/s of gp3 without a choice: below `STRIPED_FROM` and from there."""
IOPS, THROUGHPUT = (12000, 64000), (500, 4000)
"""What can be chosen of gp3, from `STRIPED_FROM` on."""
IOPS_PER_MIB = 4
"""A MiB/s takes four IOPS: at most 0.25 MiB/s for each (StorageThroughputToIopsRatio)."""
GP2_IOPS_PER_GIB = 3
"""Baseline of gp2, from 100 for a volume to 16,000 for each of the volumes that it is striped over."""
_GP2_IOPS, _GP2_BURST = (100, 16000), 3000
PROVISIONED = {"io1": 50, "io2": 1000}
"""Types whose IOPS are always chosen -> the most for each GiB (of io2 on Nitro, which all known classes are)."""
PROVISIONED_IOPS, PROVISIONED_FROM = (1000, 256_000), 100
"""IOPS that can be chosen of io1 and io2, at least half a one for each GiB; and GiB from which either is made."""


@dataclass(frozen=True, kw_only=True)
class Volume:
    """A volume of an RDS instance, as it is declared."""

    type: str = "gp3"
    """`gp3`, `gp2`, `io1` or `io2`."""
    allocated: int
    """GiB."""
    iops: int | None = None
    """IOPS that were chosen; None: what the volume has of itself."""
    throughput: int | None = None
    """MiB/s that were chosen; None: what the volume has of itself."""

    @property
    def stripes(self) -> int:
        """EBS volumes that it is striped over."""
        return 4 if self.allocated >= STRIPED_FROM else 1

    @property
    def lasting_iops(self) -> int:
        """IOPS that it has at all times."""
        if self.type == "gp2":
            least, most = _GP2_IOPS
            return min(max(GP2_IOPS_PER_GIB * self.allocated, least), most * self.stripes)
        if self.type in PROVISIONED:
            return self.iops or PROVISIONED_IOPS[0]
        # Below that nothing can be chosen.
        return (self.iops if self.stripes > 1 else None) or base_iops(self.allocated)

    @property
    def peak_iops(self) -> int:
        """IOPS that it reaches; those of gp2 only while it has credits (BurstBalance)."""
        burst = _GP2_BURST * self.stripes if self.type == "gp2" else 0
        return max(burst, self.lasting_iops)

    @property
    def bursts(self) -> bool:
        """Whether it reaches more for a time than it has at all times."""
        return self.peak_iops > self.lasting_iops

    @property
    def lasting_throughput(self) -> int:
        """MiB/s that it has at all times."""
        if self.type == "gp2":
            # 128 below 334 GiB, 250 from there, for each EBS volume (EBS User Guide, general-purpose: gp2).
            return self.stripes * (250 if self.allocated >= 334 * self.stripes else 128)
        if self.type == "io1":
            # A quarter of a MiB/s for each IOPS (EBS User Guide, provisioned-iops: io1), up to RDS's maximum.
            return min(self.lasting_iops // 4, 4000 if self.stripes > 1 else 500)
        if self.type == "io2":
            return min(self.lasting_iops * 256 // 1000, 16000)
        return self.throughput or base_throughput(self.allocated)

    def reachable_iops(self, cls: RdsClass) -> int:
        """IOPS that get through at all times: the lesser of the volume's and the class's."""
        return min(self.lasting_iops, cls.ebs_baseline_iops)

    def reachable_throughput(self, cls: RdsClass) -> int:
        """Bytes a second that get through at all times, likewise."""
        return min(self.lasting_throughput * 1024**2, cls.ebs_baseline_mbps * 1_000_000 // 8)

    def problems(self, maximum: int = 0) -> Iterator[tuple[str, str]]:
        """What RDS refuses of it: `allocated`, `max`, `iops` or `throughput`, and why.

        `maximum` is where storage autoscaling ends, in GiB; 0 where it is off.
        """
        if self.type == "gp3":
            yield from _chosen_gp3(self.allocated, self.iops, self.throughput)
            return
        if self.throughput is not None:
            yield "throughput", f"can be chosen of gp3 alone, and the type is {self.type}: leave it out."
        if self.type == "gp2":
            if self.iops is not None:
                yield "iops", "cannot be chosen of gp2, which has them by its size: leave it out."
            return
        yield from _provisioned(self, maximum)


def base_iops(allocated: int) -> int:
    """IOPS of a gp3 volume of which nothing was chosen."""
    return BASE_IOPS[allocated >= STRIPED_FROM]


def base_throughput(allocated: int) -> int:
    """MiB/s of a gp3 volume of which nothing was chosen."""
    return BASE_THROUGHPUT[allocated >= STRIPED_FROM]


def _provisioned(volume: Volume, maximum: int) -> Iterator[tuple[str, str]]:
    least, most = PROVISIONED_IOPS
    ratio, iops = PROVISIONED[volume.type], volume.iops
    if volume.allocated < PROVISIONED_FROM:
        yield "allocated", f"{volume.allocated} GiB are too few: {volume.type} begins at {PROVISIONED_FROM} GiB."
    if iops is None:
        yield "iops", f"is missing: {volume.type} has the IOPS that are chosen, {least} to {most}."
    elif not least <= iops <= most:
        yield "iops", f"{iops} is not {least} to {most} IOPS, which {volume.type} takes."
    elif iops > ratio * volume.allocated:
        yield "iops", f"{iops} are more than {ratio} for each of the {volume.allocated} GiB, which {volume.type} takes."
    elif 2 * iops < volume.allocated:
        yield "iops", f"{iops} are less than one for each two of the {volume.allocated} GiB, as {volume.type} needs."
    elif 2 * iops < maximum:
        yield "max", f"{maximum} GiB need {-(-maximum // 2)} iops at least, one for each two GiB, not {iops}."


def _chosen_gp3(allocated: int, iops: int | None, throughput: int | None) -> Iterator[tuple[str, str]]:
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
