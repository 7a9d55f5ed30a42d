"""A removal takes the manifest first: killed at any moment it leaves nothing that looks whole, and the next goes on."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from small_backups import NOON, KilledError, Mortal, manifest, put, sources

from keep.backup.create import create
from keep.backup.leftovers import ABANDONED, abandoned
from keep.backup.listing import ids
from keep.backup.prune import carry_out, plan
from keep.backup.retention import Rule
from keep.backup.verify import verify
from keep.place.choose import place_at
from keep.place.place import Found, Place

AGES = (400, 300, 200, 100, 20, 1)
GOING = 4


@pytest.fixture
def history(place: Place) -> list[str]:
    return [put(place, manifest(days)).id for days in AGES]


def test_what_is_old_goes_with_all_its_objects(place: Place, history: list[str]) -> None:
    planned = plan(place, NOON, Rule())
    assert planned.removed == history[:GOING]
    assert [found.key.split("/")[0] for found in place.found()] == [each for each in history for _ in "ab"], "as it was"
    assert carry_out(place, planned) == 2 * GOING
    assert ids(place) == history[GOING:]
    assert carry_out(place, planned) == GOING, "who comes second finds nothing, and no error"
    assert [found.key.split("/")[0] for found in place.found()] == [each for each in history[GOING:] for _ in "ab"]


@pytest.mark.parametrize("at", range(1, 2 * GOING + 3))
def test_killed_at_any_effect_nothing_is_half_there(at: int, tmp_path: Path) -> None:
    place = place_at(str(tmp_path))
    history = [put(place, manifest(days)).id for days in AGES]
    mortal = Mortal(place, at)
    try:
        carry_out(mortal, plan(place, NOON, Rule()))
    except KilledError:
        pass
    else:
        assert mortal.count < at
    for backup in ids(place):
        assert {found.key.split("/")[1] for found in place.found(f"{backup}/")} == {"MANIFEST.json", "a"}
    # By the clock of the files, which are of today: what has no manifest is left alone for a day.
    now = max(found.modified for found in place.found()) + ABANDONED * 1.5
    carry_out(place, plan(place, now, Rule(days=5000, daily=5000)))
    assert len(list(place.found())) == 2 * len(ids(place))
    assert ids(place)[-2:] == history[-2:]


def test_one_stacks_backups_are_removed_and_no_others(tmp_path: Path) -> None:
    place = place_at(str(tmp_path))
    for days in (400, 300, 1):
        put(place, manifest(days, stack="lending"))
        put(place, manifest(days + 1, stack="shop"))
    planned = plan(place, NOON, Rule(), stack="shop")
    assert [each.keep for each in planned.decisions] == [False, False, True]
    carry_out(place, planned)
    assert len(ids(place)) == 4
    assert plan(place, NOON, Rule(), stack="nobody").decisions == ()


def test_what_is_locked_is_said_and_left(tmp_path: Path) -> None:
    class Locked(Mortal):
        def locked(self, key: str, /) -> str | None:
            return "locked until 2028-01-01 00:00 UTC" if key == f"{history[1]}/MANIFEST.json" else None

    place = Locked(place_at(str(tmp_path)), 999)
    history = [put(place, manifest(days)).id for days in AGES]
    planned = plan(place, NOON, Rule())
    assert [(each.keep, each.reason) for each in planned.decisions][:3] == [
        (False, "older than 30 days"),
        (True, "locked until 2028-01-01 00:00 UTC"),
        (False, "older than 30 days"),
    ]
    carry_out(place, planned)
    assert ids(place) == [history[1], *history[GOING:]]


@pytest.mark.server
def test_what_killed_runs_left_goes_when_it_is_old(place: Place) -> None:
    """Objects without a manifest, and parts of objects; a backup of ours, a report and another's file stay."""
    made = create(sources(), place)
    for key in ("20270301T000000000Z-0a0b0c/redis-stock.zst", "drills/lending/x.json", "another/file"):
        with place.write(key) as out:
            out.write(b"1")
    context = place.write("20270302T000000000Z-0a0b0c/postgres.dump.zst")
    context.__enter__().write(bytes(17 << 20))
    everything = {found.key for found in place.found()}
    now = max(found.modified for found in place.found())
    rule = Rule(days=99)
    assert carry_out(place, plan(place, now + timedelta(hours=23), rule)) == 0
    assert {found.key for found in place.found()} == everything
    later = plan(place, now + timedelta(hours=25), rule)
    assert [found.key for found in later.leftovers] == ["20270301T000000000Z-0a0b0c/redis-stock.zst"]
    assert carry_out(place, later) == 2
    assert {found.key for found in place.found()} == everything - {"20270301T000000000Z-0a0b0c/redis-stock.zst"}
    assert list(place.unfinished()) == []
    assert verify(place, made.id).ok


def found(key: str, hours: float) -> Found:
    return Found(key=key, size=1, modified=NOON - timedelta(hours=hours))


ONE, TWO = "20270301T000000000Z-0a0b0c", "20270302T000000000Z-0a0b0c"
ABANDONED_OBJECTS: list[tuple[list[Found], list[Found], list[str]]] = [
    ([], [], []),
    ([found(f"{ONE}/a", 25)], [], [f"{ONE}/a"]),
    ([found(f"{ONE}/a", 23)], [], []),
    ([found(f"{ONE}/a", 99), found(f"{ONE}/b", 23)], [], []),
    ([found(f"{ONE}/a", 99), found(f"{ONE}/b", 99)], [found(f"{ONE}/c", 1)], []),
    ([found(f"{ONE}/a", 99)], [found(f"{ONE}/c", 25)], [f"{ONE}/a"]),
    ([found(f"{ONE}/a", 99)], [found(f"{TWO}/c", 1)], [f"{ONE}/a"]),
    ([found(f"{ONE}/a", 99), found(f"{ONE}/MANIFEST.json", 99)], [], []),
    ([found(f"{ONE}/a", 99)], [found(f"{ONE}/MANIFEST.json", 99)], [f"{ONE}/a"]),
    ([found("another/a", 99), found("a", 99), found(f"{ONE}/deeper/a", 99), found("drills/s/x.json", 99)], [], []),
]


@pytest.mark.parametrize(("there", "coming", "left"), ABANDONED_OBJECTS)
def test_what_nobody_works_on_any_more(there: list[Found], coming: list[Found], left: list[str]) -> None:
    assert [each.key for each in abandoned(there, coming, NOON)] == left
