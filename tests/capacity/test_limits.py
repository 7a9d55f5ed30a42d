"""Each thing that can run out: its limit, its date, and what is said where there is none."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import pytest
from years import FIRST, GIB, at, constant, series

from capacity import names
from capacity.assess import assess
from capacity.limit import Limit
from capacity.room import CacheRoom, DatabaseRoom
from capacity.series import Series, merged

YEAR = range(365)
TODAY = at(FIRST + 365)
NEVER = (None, None)


def limits(
    values: Mapping[str, float | Series], database: DatabaseRoom | None = None, cache: CacheRoom | None = None
) -> dict[str, Limit]:
    """A number is what never changes."""
    node = cache.node if cache else "primary"
    found = [
        each if isinstance(each, Series) else series(name, node, YEAR, constant(each)) for name, each in values.items()
    ]
    rooms = [] if cache else [database or DatabaseRoom(node="primary")]
    return {each.name: each for each in assess(found, rooms, [cache] if cache else [], TODAY).limits}


def growing(name: str, start: float, by_day: float, node: str = "primary") -> Series:
    return series(name, node, YEAR, lambda day: start + by_day * day)


def ahead(days: int) -> datetime.date:
    return (TODAY + datetime.timedelta(days=days)).date()


def shown(limit: Limit) -> tuple[float, float | None, datetime.date | None, str]:
    return limit.now, limit.limit, limit.date, limit.why


GROWS = "grows by 102 MiB a day (102 MiB to 102 MiB) since 2026-01-01; 2 of 2 forecasts of before were right"
USED = growing(names.DATABASES, 40 * GIB, GIB / 10)
"""76.4 GiB on the last day, from where 0.1 GiB a day make 136 days to 90 GiB."""


@pytest.mark.parametrize(
    ("room", "found"),
    [
        (
            DatabaseRoom(node="primary", allocated_bytes=100 * GIB),
            {"storage": (90 * GIB, ahead(135), f"100 GiB allocated, of which 10.0 GiB stay in reserve; {GROWS}")},
        ),
        (
            DatabaseRoom(node="primary", allocated_bytes=80 * GIB, max_allocated_bytes=100 * GIB),
            {
                "storage": (
                    72 * GIB,
                    ahead(0),
                    f"80.0 GiB allocated; RDS adds 10.0 GiB or more by itself once 10 % are free; {GROWS}",
                ),
                "storage-autoscaling": (
                    90 * GIB,
                    ahead(135),
                    f"storage autoscaling ends at 100 GiB, of which 10.0 GiB stay in reserve; {GROWS}",
                ),
            },
        ),
        (
            DatabaseRoom(node="primary", disk_free_bytes=20 * GIB),
            {
                "storage": (
                    USED.values[-1] + 20 * GIB,
                    ahead(199),
                    f"20.0 GiB are free on this computer's disk, which everything on it shares; {GROWS}",
                )
            },
        ),
        (
            DatabaseRoom(node="primary"),
            {"storage": (None, None, "nobody says how large the volume is: name the stack whose server this is")},
        ),
    ],
)
def test_storage(room: DatabaseRoom, found: dict[str, tuple[float | None, datetime.date | None, str]]) -> None:
    made = limits({names.DATABASES: USED}, room)
    assert {name: (each.limit, each.date, each.why) for name, each in made.items()} == found


def test_what_cloudwatch_says_of_the_volume_goes_before_the_sum_of_what_is_on_it() -> None:
    room = DatabaseRoom(node="primary", allocated_bytes=100 * GIB)
    both = limits({names.DATABASES: USED, names.WAL: GIB, names.STORAGE: 50 * GIB}, room)
    assert both["storage"].now == 50 * GIB
    assert limits({names.DATABASES: USED, names.WAL: GIB}, room)["storage"].now == USED.values[-1] + GIB


def test_the_reserve_is_what_may_come_in_the_hours_in_which_rds_grows_nothing() -> None:
    room = DatabaseRoom(node="primary", allocated_bytes=100 * GIB)
    hours = [at(FIRST + 364, hour) for hour in (1, 2, 3)]
    burst = Series(
        name=names.DATABASES, node="primary", unit="bytes", times=hours, values=[70 * GIB, 73 * GIB, 76.4 * GIB]
    )
    found = limits({names.DATABASES: merged([USED, burst])[0]}, room)["storage"]
    assert found.limit == pytest.approx((100 - 6 * 3.4) * GIB, rel=0.001)


@pytest.mark.parametrize(
    ("values", "name", "date", "why"),
    [
        (
            {names.CONNECTIONS: growing(names.CONNECTIONS, 20, 0.25), names.CONNECTIONS_LIMIT: 195},
            "connections",
            ahead(335),
            "max_connections without those that are reserved; grows by 0.25 connections a day (0.25 connections to "
            "0.25 connections) since 2026-01-01; 2 of 2 forecasts of before were right",
        ),
        (
            {names.CONNECTIONS: 60, names.CONNECTIONS_LIMIT: 195},
            "connections",
            None,
            "max_connections without those that are reserved; the growth may as well be none",
        ),
        (
            {names.FREEABLE: growing(names.FREEABLE, 7 * GIB, -0.01 * GIB)},
            "memory",
            ahead(135),
            "8.0 GiB of the class, of which 2.0 GiB should be freeable; grows by 10.2 MiB a day (10.2 MiB to 10.2 MiB) "
            "since 2026-01-01; 2 of 2 forecasts of before were right",
        ),
        (
            {names.IOPS: growing(names.IOPS, 1000, 5)},
            "iops",
            ahead(35),
            "the lesser of what the volume and the class take at all times; grows by 5 operations/s a day (5 "
            "operations/s to 5 operations/s) since 2026-01-01; 2 of 2 forecasts of before were right",
        ),
        (
            {names.TRANSACTION_IDS: growing(names.TRANSACTION_IDS, 0, 500_000), names.FREEZE_AGE: 200e6},
            "transaction-ids",
            None,
            "autovacuum freezes what is 200,000,000 transactions old (autovacuum_freeze_max_age), and none is much "
            "older, 500,000 are used a day",
        ),
        (
            {names.TRANSACTION_IDS: growing(names.TRANSACTION_IDS, 0, 5_000_000), names.FREEZE_AGE: 200e6},
            "transaction-ids",
            ahead(64),
            "past autovacuum_freeze_max_age of 200,000,000: the vacuum that it forces does not get through, 5,000,000 "
            "are used a day; grows by 5,000,000 transactions a day (5,000,000 transactions to 5,000,000 transactions) "
            "since 2026-01-01; 2 of 2 forecasts of before were right",
        ),
        (
            {names.SLOT_WAL: growing(names.SLOT_WAL, 0, GIB / 100), names.SLOT_WAL_LIMIT: 5 * GIB},
            "slot-wal",
            ahead(135),
            "max_slot_wal_keep_size is 5.0 GiB: beyond it a slot loses what its reader needs; grows by 10.2 MiB a day "
            "(10.2 MiB to 10.2 MiB) since 2026-01-01; 2 of 2 forecasts of before were right",
        ),
        (
            {names.SLOT_WAL: 0},
            "slot-wal",
            None,
            "max_slot_wal_keep_size is -1: a slot without a reader fills the volume, which `storage` foresees",
        ),
    ],
)
def test_what_a_database_server_can_take(
    values: Mapping[str, float | Series], name: str, date: datetime.date | None, why: str
) -> None:
    room = DatabaseRoom(node="primary", memory_bytes=8 * GIB, freeable_least_bytes=2 * GIB, iops=3000)
    found = limits(values, room)
    assert list(found) == [name]
    assert (found[name].date, found[name].why) == (date, why)
    assert found[name].confidence == ("good" if date else "none")


CACHE = CacheRoom(node="basket/one")
FILLS = growing(names.MEMORY, GIB, GIB / 100, CACHE.node)


@pytest.mark.parametrize(
    ("values", "room", "name", "date", "why"),
    [
        (
            {names.MEMORY: FILLS, names.MAXMEMORY: 6 * GIB},
            CACHE,
            "basket memory",
            ahead(45),
            "85 % of 6.0 GiB (maxmemory), where its alarm rings; grows by 10.2 MiB a day (10.2 MiB to 10.2 MiB) since "
            "2026-01-01; 2 of 2 forecasts of before were right",
        ),
        (
            {names.MEMORY: FILLS},
            CacheRoom(node=CACHE.node, maxmemory_bytes=6 * GIB, evicts=True),
            "basket memory",
            None,
            "the policy may evict every key: it fills up by design",
        ),
        (
            {names.MEMORY: FILLS},
            CACHE,
            "basket memory",
            None,
            "maxmemory is not set: the node takes what its computer has",
        ),
        (
            {names.CLIENTS: 300},
            CacheRoom(node=CACHE.node, maxclients=65_000),
            "basket connections",
            None,
            "maxclients; the growth may as well be none",
        ),
        ({names.CLIENTS: 300}, CACHE, None, None, ""),
    ],
)
def test_what_a_cache_can_take(
    values: Mapping[str, float | Series], room: CacheRoom, name: str | None, date: datetime.date | None, why: str
) -> None:
    found = limits(values, cache=room)
    assert {each.name: (each.date, each.why) for each in found.values()} == ({name: (date, why)} if name else {})


def test_the_day_that_is_not_over_is_no_part_of_a_trend() -> None:
    half = Series(name=names.DATABASES, node="primary", unit="bytes", times=[TODAY], values=[1.0])
    room = DatabaseRoom(node="primary", allocated_bytes=100 * GIB)
    found = limits({names.DATABASES: merged([USED, half])[0]}, room)["storage"]
    assert (found.now, found.date) == (1.0, ahead(135))


def test_of_a_server_without_room_nothing_is_said() -> None:
    assert assess([USED], [DatabaseRoom(node="reports")], [], TODAY).limits == ()
