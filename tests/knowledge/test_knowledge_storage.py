"""Volumes of RDS for PostgreSQL: what each type has, what it reaches, and what RDS refuses (CHAP_Storage)."""

from __future__ import annotations

import pytest

from knowledge.classes import rds_class
from knowledge.storage import Volume

# The edges of the table of gp2 in CHAP_Storage; throughput is of EBS's volumes, four from 400 GiB on.
HAS: list[tuple[Volume, tuple[int, int, int]]] = [
    (Volume(type="gp2", allocated=20), (100, 3000, 128)),
    (Volume(type="gp2", allocated=34), (102, 3000, 128)),
    (Volume(type="gp2", allocated=334), (1002, 3000, 250)),
    (Volume(type="gp2", allocated=399), (1197, 3000, 250)),
    (Volume(type="gp2", allocated=400), (1200, 12000, 512)),
    (Volume(type="gp2", allocated=1335), (4005, 12000, 512)),
    (Volume(type="gp2", allocated=1336), (4008, 12000, 1000)),
    (Volume(type="gp2", allocated=3999), (11997, 12000, 1000)),
    (Volume(type="gp2", allocated=4000), (12000, 12000, 1000)),
    (Volume(type="gp2", allocated=65536), (64000, 64000, 1000)),
    (Volume(allocated=399), (3000, 3000, 125)),
    (Volume(allocated=399, iops=4000), (3000, 3000, 125)),
    (Volume(allocated=400), (12000, 12000, 500)),
    (Volume(allocated=400, iops=20000, throughput=1000), (20000, 20000, 1000)),
    (Volume(type="io1", allocated=100, iops=1000), (1000, 1000, 250)),
    (Volume(type="io1", allocated=399, iops=19950), (19950, 19950, 500)),
    (Volume(type="io1", allocated=6000, iops=256000), (256000, 256000, 4000)),
    (Volume(type="io2", allocated=100, iops=10000), (10000, 10000, 2560)),
    (Volume(type="io2", allocated=256, iops=256000), (256000, 256000, 16000)),
]


@pytest.mark.parametrize(("volume", "expected"), HAS, ids=[str(v) for v, _ in HAS])
def test_what_a_volume_has_at_all_times_and_reaches(volume: Volume, expected: tuple[int, int, int]) -> None:
    assert (volume.lasting_iops, volume.peak_iops, volume.lasting_throughput) == expected
    assert volume.bursts is (expected[0] < expected[1])


def test_no_more_gets_through_than_the_class_lets() -> None:
    small, large = rds_class("db.t4g.medium"), rds_class("db.r7g.16xlarge")
    fast = Volume(type="io2", allocated=1000, iops=100_000)
    assert fast.reachable_iops(small) == small.ebs_baseline_iops
    assert fast.reachable_iops(large) == min(100_000, large.ebs_baseline_iops)
    assert Volume(type="gp2", allocated=100).reachable_iops(large) == 300
    assert Volume(type="gp2", allocated=100).reachable_throughput(large) == 128 * 1024**2


REFUSED: list[tuple[Volume, int, dict[str, str]]] = [
    (Volume(type="gp2", allocated=20), 0, {}),
    (Volume(type="gp2", allocated=5000, iops=12000), 0, {"iops": "cannot be chosen of gp2"}),
    (Volume(type="gp2", allocated=500, throughput=500), 0, {"throughput": "of gp3 alone, and the type is gp2"}),
    (Volume(type="io1", allocated=100), 0, {"iops": "is missing: io1 has the IOPS that are chosen, 1000 to 256000"}),
    (Volume(type="io1", allocated=99, iops=1000), 0, {"allocated": "io1 begins at 100 GiB"}),
    (Volume(type="io2", allocated=100, iops=999), 0, {"iops": "999 is not 1000 to 256000 IOPS, which io2 takes"}),
    (Volume(type="io1", allocated=100, iops=5001), 0, {"iops": "more than 50 for each of the 100 GiB"}),
    (Volume(type="io1", allocated=100, iops=5000), 0, {}),
    (Volume(type="io2", allocated=100, iops=100_000), 0, {}),
    (Volume(type="io2", allocated=100, iops=100_001), 0, {"iops": "more than 1000 for each"}),
    (Volume(type="io2", allocated=4001, iops=2000), 0, {"iops": "less than one for each two of the 4001 GiB"}),
    (Volume(type="io2", allocated=1000, iops=1000), 2001, {"max": "2001 GiB need 1001 iops at least"}),
    (Volume(type="io2", allocated=1000, iops=1000), 2000, {}),
    (Volume(type="io1", allocated=100, iops=1000, throughput=500), 0, {"throughput": "of gp3 alone"}),
    (Volume(allocated=100, iops=3000), 0, {"iops": "below 400 GiB of gp3"}),
]


@pytest.mark.parametrize(("volume", "maximum", "expected"), REFUSED, ids=[f"{v} {m}" for v, m, _ in REFUSED])
def test_what_rds_refuses(volume: Volume, maximum: int, expected: dict[str, str]) -> None:
    found = dict(volume.problems(maximum))
    assert list(found) == list(expected)
    for knob, says in expected.items():
        assert says in found[knob]
