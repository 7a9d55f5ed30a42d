"""What to move to: tables of what runs out, and the class, size or setting that lasts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from years import FIRST, GIB, at

from capacity.days import Days, date_of
from capacity.fit import Trend
from capacity.limit import Limit, Section
from capacity.names import unit_of
from capacity.recommend.classes import next_class
from capacity.recommend.declared import Declared, DeclaredCache, DeclaredDatabase
from capacity.recommend.need import need, running_out
from capacity.recommend.recommend import recommended
from capacity.report import CapacityReport
from capacity.slope import Slope
from knowledge.classes import RDS_CLASSES, rds_class
from knowledge.storage import Volume

TODAY = FIRST + 365
MIB = 1024**2
PRIMARY = DeclaredDatabase(node="primary", instance_class="db.m7g.large", volume=Volume(allocated=100), max_allocated=0)
REPLICA = replace(PRIMARY, node="reads", replica=True)
MAIN = DeclaredCache(name="basket", node_type="cache.r7g.large", replicas=1, shards=0)


def limit(name: str, now: float, most: float, grows: float, node: str = "primary") -> Limit:
    """A limit that is reached within the year by so much growth a day; without any nothing is known of it."""
    unit = unit_of(name.rpartition(" ")[2])
    slope = Slope(middle=grows, low=grows, high=grows)
    trend = Trend(since=FIRST, until=TODAY, days=365, level=now, slope=slope) if grows else None
    days = int((most - now) / grows) if grows else 0
    return Limit(
        name=name,
        node=node,
        unit=unit,
        now=now,
        limit=most,
        date=date_of(TODAY + max(days, 0)) if grows and days <= 365 else None,
        interval=(None, None),
        confidence="good" if grows else "none",
        why="",
        history=Days(numbers=(TODAY - 1, TODAY), values=(now, now)).series(name, node, unit),
        trend=trend,
    )


def advised(found: Limit, database: DeclaredDatabase = PRIMARY, *more: DeclaredDatabase) -> tuple[str, Section]:
    databases = {each.node: each for each in (database, *more)}
    declared = Declared(databases=databases, caches={"basket": MAIN, "queue": replace(MAIN, name="queue", shards=3)})
    report = CapacityReport(at=at(TODAY), limits=(found,), growth=())
    (one,) = recommended(report, declared).limits
    assert one.recommendation is not None
    return one.recommendation.what, one.recommendation.settings


IO2 = replace(PRIMARY, volume=Volume(type="io2", allocated=390, iops=500))
OF_390 = replace(PRIMARY, volume=Volume(allocated=390))
OF_65_000 = replace(PRIMARY, volume=Volume(allocated=65_000))
BIG = replace(PRIMARY, volume=Volume(allocated=500), instance_class="db.r7g.4xlarge")
CASES: list[tuple[Limit, DeclaredDatabase, str, Section]] = [
    # 60 + 365 x 0.2 GiB are 133, and a tenth stays free: 148, of which ten's next multiple is 150.
    (limit("storage", 60 * GIB, 90 * GIB, 0.2 * GIB), PRIMARY, "allocate 150 GiB in place of 100: 133 GiB are to be",
     {"postgres": {"storage": {"allocated": 150}}}),
    # From 400 GiB on a volume is striped, and what the smaller one had must not be sent.
    (limit("storage", 300 * GIB, 350 * GIB, 0.4 * GIB), OF_390, "allocate 500 GiB in place of",
     {"postgres": {"storage": {"allocated": 500, "iops": 12000, "throughput": 500}}}),
    # RDS takes steps of a tenth at least.
    (limit("storage", 89 * GIB, 90 * GIB, 0.004 * GIB), PRIMARY, "allocate 110 GiB in place of 100",
     {"postgres": {"storage": {"allocated": 110}}}),
    (limit("storage", 60_000 * GIB, 61_000 * GIB, 50 * GIB), OF_65_000,
     "gp3 ends at 65,536 GiB", {}),
    (limit("storage", 95 * GIB, 90 * GIB, 0), PRIMARY, "allocate 140 GiB in place of 100: a quarter more than the 95.0",
     {"postgres": {"storage": {"allocated": 140}}}),
    (limit("storage-autoscaling", 300 * GIB, 450 * GIB, GIB), replace(PRIMARY, max_allocated=500),
     "let storage autoscaling go up to 740 GiB in place of 500", {"postgres": {"storage": {"max": 740}}}),
    # 190 + 365 x 0.2 = 263, in tens 270, and 5 that are reserved: 16 GiB have 400.
    (limit("connections", 190, 195, 0.2), PRIMARY, "move to db.m7g.xlarge, which lets in 400 connections and not 200",
     {"postgres": {"class": "db.m7g.xlarge"}}),
    (limit("connections", 290, 295, 0.2), replace(PRIMARY, max_connections=300), "move to db.m7g.xlarge, which lets in",
     {"postgres": {"class": "db.m7g.xlarge", "parameters": {"max_connections": 375}}}),
    (limit("connections", 4900, 4990, 5), replace(PRIMARY, instance_class="db.m7g.16xlarge"), "no class has 6,7", {}),
    # 8 GiB: 6 may be taken. In a year 6.5 are, and of 16 GiB shared_buffers takes 2 more: 12 may be.
    (limit("memory", 5.8 * GIB, 6 * GIB, 0.002 * GIB), PRIMARY, "move to db.m7g.xlarge, which has 16 GiB of memory",
     {"postgres": {"class": "db.m7g.xlarge"}}),
    (limit("memory", 370 * GIB, 384 * GIB, 3 * GIB), replace(PRIMARY, instance_class="db.r7g.16xlarge"),
     "no class has so much memory", {}),
    # The volume has 3,000 and the class 3,600: both are too little for 4,460.
    (limit("iops", 2635, 3000, 5), PRIMARY, "allocate 400 GiB, from where gp3 has 12,000 IOPS and 500 MiB/s, move",
     {"postgres": {"class": "db.m7g.xlarge", "storage": {"allocated": 400, "iops": 12000, "throughput": 500}}}),
    (limit("iops", 11_000, 12_000, 10), BIG, "choose 15,000 IOPS", {"postgres": {"storage": {"iops": 15000}}}),
    # Nothing can be chosen of gp2, which becomes gp3 while it runs.
    (limit("iops", 900, 1000, 1), replace(PRIMARY, volume=Volume(type="gp2", allocated=334)),
     "change the volume from gp2 to gp3", {"postgres": {"storage": {"type": "gp3"}}}),
    (limit("iops", 4_500, 5_000, 5), replace(BIG, volume=Volume(type="io1", allocated=500, iops=5000)),
     "choose 7,000 IOPS", {"postgres": {"storage": {"iops": 7000}}}),
    (limit("iops", 4_500, 5_000, 5), replace(BIG, volume=Volume(type="io1", allocated=100, iops=5000)),
     "io1 has no 7,000 IOPS, 5,000 are the most", {}),
    (limit("storage", 300 * GIB, 350 * GIB, 2 * GIB), IO2,
     "allocate 1,", {"postgres": {"storage": {"allocated": 1150, "iops": 575}}}),
    (limit("iops", 60_000, 64_000, 50), BIG, "gp3 has no 79,000 IOPS, 64,000 are the most", {}),
    (limit("basket memory", 7 * GIB, 8 * GIB, 0.01 * GIB, "basket"), PRIMARY, "move basket to cache.r7g.xlarge",
     {"redis": {"basket": {"class": "cache.r7g.xlarge"}}}),
    (limit("queue memory", 7 * GIB, 8 * GIB, 0.01 * GIB, "queue"), PRIMARY, "spread queue over 4 shards in place of 3",
     {"redis": {"queue": {"shards": 4}}}),
    (limit("basket memory", 7 * GIB, 8 * GIB, 10 * GIB, "basket"), PRIMARY, "no node type holds it", {}),
    (limit("basket connections", 64_000, 65_000, 10, "basket"), PRIMARY, "a node takes 65,000 connections", {}),
    (limit("transaction-ids", 3e8, 2.1e9, 1e7), PRIMARY, "vacuum what is oldest (`datatier maintain plan`)", {}),
    (limit("slot-wal", GIB, 2 * GIB, GIB), PRIMARY, "let the slot's reader go on, or drop the slot", {}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("found", "database", "what", "settings"), CASES, ids=[f"{c[0].name} {c[2][:30]}" for c in CASES]
)
def test_what_to_move_to(found: Limit, database: DeclaredDatabase, what: str, settings: Section) -> None:
    said, written = advised(found, database)
    assert said.startswith(what), said
    assert written == settings


@pytest.mark.parametrize(
    ("found", "settings"),
    [
        (limit("throughput", 400 * MIB, 500 * MIB, MIB), {"throughput": 800}),
        (limit("throughput", 2900 * MIB, 3000 * MIB, MIB), {"throughput": 3300, "iops": 13200}),
    ],
)
def test_throughput_takes_iops_along(found: Limit, settings: Section) -> None:
    large = replace(BIG, instance_class="db.r6i.32xlarge")
    assert advised(found, large)[1] == {"postgres": {"storage": settings}}


def test_a_replica_is_changed_where_it_says_something_of_its_own() -> None:
    found = limit("connections", 190, 195, 0.2, "reads")
    assert advised(found, PRIMARY, REPLICA)[1] == {"postgres": {"class": "db.m7g.xlarge"}}
    own = replace(REPLICA, own_class=True)
    assert advised(found, PRIMARY, own)[1] == {"postgres": {"replicas": {"reads": {"class": "db.m7g.xlarge"}}}}


def test_a_replicas_own_maximum_goes_along_as_it_may_not_be_below_its_primarys() -> None:
    primary, own = replace(PRIMARY, max_allocated=500), replace(REPLICA, max_allocated=500, own_max=True)
    found = limit("storage-autoscaling", 300 * GIB, 450 * GIB, GIB)
    settings = {"storage": {"max": 740}, "replicas": {"reads": {"max_storage": 740}}}
    assert advised(found, primary, own)[1] == {"postgres": settings}
    at_replica = limit("storage-autoscaling", 300 * GIB, 450 * GIB, GIB, "reads")
    assert advised(at_replica, primary, own)[1] == {"postgres": {"replicas": {"reads": {"max_storage": 740}}}}


def test_a_volume_that_rds_grows_does_not_run_out_before_autoscaling_ends() -> None:
    grows = limit("storage", 89 * GIB, 90 * GIB, GIB)
    ends = limit("storage-autoscaling", 89 * GIB, 450 * GIB, GIB)
    report = CapacityReport(at=at(TODAY), limits=(grows, ends), growth=())
    assert [each.name for each in running_out(report)] == ["storage-autoscaling"]
    assert [each.name for each in running_out(replace(report, limits=(grows,)))] == ["storage"]


def test_what_does_not_run_out_gets_no_recommendation() -> None:
    report = CapacityReport(at=at(TODAY), limits=(limit("storage", 10 * GIB, 90 * GIB, 0.001 * GIB),), growth=())
    assert recommended(report, Declared(databases={"primary": PRIMARY})) == report


@pytest.mark.parametrize(
    ("found", "what"),
    [
        (limit("storage", GIB, 2 * GIB, GIB), "make room on this computer's disk"),
        (limit("connections", 90, 97, 1), "let the pools hold fewer"),
        (limit("basket memory", GIB, 2 * GIB, GIB, "basket/basket-001"), "let keys expire"),
    ],
)
def test_on_this_computer_no_class_is_recommended(found: Limit, what: str) -> None:
    (one,) = recommended(CapacityReport(at=at(TODAY), limits=(found,), growth=()), Declared()).limits
    assert one.recommendation is not None
    assert one.recommendation.what.startswith(what)
    assert not one.recommendation.settings


def test_what_is_needed_is_the_likely_of_twelve_months_or_the_most_of_six() -> None:
    found = limit("storage", 100.0, 200.0, 1.0)
    assert need(found, at(TODAY)) == 465.0
    assert found.trend is not None
    wide = replace(found, trend=replace(found.trend, slope=replace(found.trend.slope, high=3.0)))
    assert need(wide, at(TODAY)) == 100 + 3 * 182


@pytest.mark.parametrize(
    ("now", "memory", "found"),
    [
        ("db.t4g.2xlarge", 33, "db.r8g.2xlarge"),  # nor does one that runs on CPU credits end at its family
        ("db.m7g.large", 16, "db.m7g.xlarge"),
        ("db.m7g.16xlarge", 300, "db.r7g.12xlarge"),  # its family ends; one of its generation goes on
        ("db.t4g.medium", 30, "db.t4g.2xlarge"),
        ("db.r8g.48xlarge", 10**6, None),
    ],
)
def test_the_next_class(now: str, memory: int, found: str | None) -> None:
    made = next_class(RDS_CLASSES.values(), rds_class(now), lambda each: each.memory_gib >= memory)
    assert (made.name if made else None) == found
