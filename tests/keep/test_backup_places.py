"""A backup is whole in a place or it is not one: what fails where, what is said, and what is left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from small_backups import KilledError, MadeUpCache, Mortal, sources

from keep.backup import create as creation
from keep.backup.create import PartlyError, Sources, create
from keep.backup.leftovers import ABANDONED, leftovers
from keep.backup.listing import ids, kept
from keep.backup.prune import carry_out, plan
from keep.backup.retention import Rule
from keep.backup.verify import verify
from keep.errors import DamagedError, KeepError
from keep.place.choose import place_at
from keep.place.place import Place, Sink


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def first(tmp_path: Path) -> Place:
    return place_at(str(tmp_path / "first"))


@pytest.fixture
def second(tmp_path: Path) -> Place:
    return place_at(str(tmp_path / "second"))


@pytest.mark.server
def test_a_backup_lies_in_each_place_alike(first: Place, s3_place: Place) -> None:
    made = create(sources(), first, s3_place)
    for place in (first, s3_place):
        assert ids(place) == [made.id]
        assert verify(place, made.id).ok
    keys = [
        [(found.key, found.size) for found in place.found() if "VERIFIED" not in found.key]
        for place in (first, s3_place)
    ]
    assert keys[0] == keys[1]
    assert len(keys[0]) == 3


@pytest.mark.parametrize("broken", [0, 1])
@pytest.mark.parametrize("at", range(1, 7))
def test_a_place_that_fails_is_given_up_and_the_other_is_a_backup(
    at: int, broken: int, first: Place, second: Place, tmp_path: Path
) -> None:
    places = [first, second]
    failing = Mortal(places[broken], at, killed=False)
    with pytest.raises(PartlyError) as raised:
        create(sources(), *[failing if number == broken else place for number, place in enumerate(places)])
    other, made = places[1 - broken], raised.value.made
    assert (
        str(raised.value)
        == f"the backup {made.id} is not everywhere as it should be: {failing.address} refuses: ask somebody"
    )
    assert list(raised.value.failed) == [failing.address]
    assert [place.address for place in raised.value.whole] == [other.address]
    assert ids(other) == [made.id]
    assert verify(other, made.id).ok
    assert ids(places[broken]) == []
    assert not any("MANIFEST" in name for name in files(tmp_path) if name.startswith(Path(failing.address).name))


def test_what_cannot_be_locked_is_a_backup_and_said(first: Place) -> None:
    with pytest.raises(PartlyError) as raised:
        create(sources(), Mortal(first, 7, killed=False))
    made = raised.value.made
    assert raised.value.failed == {
        first.address: f"it is whole in {first.address}, and not locked there: {first.address} refuses: ask somebody"
    }
    assert ids(first) == [made.id]
    assert verify(first, made.id).ok


def test_where_both_fail_there_is_none(first: Place, second: Place, tmp_path: Path) -> None:
    with pytest.raises(KeepError, match="refuses: ask somebody") as raised:
        create(sources(), Mortal(first, 2, killed=False), Mortal(second, 4, killed=False))
    assert type(raised.value) is KeepError
    assert (ids(first), ids(second)) == ([], [])


class Failing(MadeUpCache):
    """Fails in its last object, as a pg_dump that ends with an error."""

    def copy(self, place: Sink, backup: str):  # type: ignore[no-untyped-def]
        super().copy(place, backup)
        with place.write(f"{backup}/last") as out:
            out.write(b"half")
            raise KeepError("pg_dump failed: server closed the connection")


@pytest.mark.server
def test_a_source_that_fails_leaves_nothing_anywhere(first: Place, s3_place: Place, tmp_path: Path) -> None:
    with pytest.raises(KeepError, match="pg_dump failed: server closed the connection"):
        create(Sources(caches=(Failing(),)), first, s3_place)
    assert files(tmp_path) == []
    assert (list(s3_place.found()), list(s3_place.unfinished())) == ([], [])


def test_a_place_that_cannot_be_used_is_known_before_the_work(first: Place, tmp_path: Path) -> None:
    """The copying of a large database is not begun for a bucket that is not there."""

    class Never(MadeUpCache):
        def copy(self, place: Sink, backup: str):  # type: ignore[no-untyped-def]
            pytest.fail("it was begun")

    class Shut(Mortal):
        def found(self, prefix: str = "") -> Iterator[object]:  # type: ignore[override]
            raise KeepError("s3://books: there is no such bucket")

    with pytest.raises(KeepError, match="there is no such bucket"):
        create(Sources(caches=(Never(),)), Shut(first, 99))
    assert files(tmp_path) == []


def test_what_a_store_changes_is_found_before_there_is_a_manifest(
    first: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some take anything and say it is well: all is read back."""
    seal = creation.reread

    def changed(place: Place, backup: str, stored: creation.StoredObject) -> None:
        path = tmp_path / "first" / backup / stored.name
        path.write_bytes(path.read_bytes()[:-1] + b"?")
        seal(place, backup, stored)

    monkeypatch.setattr(creation, "reread", changed)
    with pytest.raises(DamagedError, match=r"redis-stock\.zst"):
        create(sources(), first)
    assert files(tmp_path) == []


def test_what_is_taken_away_meanwhile_makes_no_backup(first: Place, tmp_path: Path) -> None:
    """A computer that slept for days comes back to objects that a removal took for leftovers."""

    class Swept(Mortal):
        def remove_one(self) -> None:
            next((tmp_path / "first").rglob("*.zst")).unlink()

        def _effect(self) -> None:
            super()._effect()
            if self.count == 5:  # the manifest is begun
                self.remove_one()

    with pytest.raises(DamagedError, match="is not what was written: another program changes it"):
        create(sources(), Swept(first, 99))
    assert files(tmp_path) == []


@pytest.mark.parametrize("at", range(1, 12))
def test_killed_at_any_effect_nothing_looks_whole_that_is_not(at: int, first: Place, tmp_path: Path) -> None:
    create(sources(), first)
    before = ids(first)
    mortal = Mortal(first, at)
    try:
        create(sources(), mortal)
    except KilledError:
        pass
    else:
        assert mortal.count < at
    for each in kept(first):
        assert verify(first, each.id).ok
    after = ids(first)
    assert after[: len(before)] == before

    carry_out(first, plan(first, later(first), Rule()))
    assert ids(first) == after
    assert {name.split("/")[1] for name in files(tmp_path)} == set(after), "what was left is gone"


def later(place: Place) -> datetime:
    """So late that nobody works on anything any more; and nothing is so old that it would be let go."""
    return max(found.modified for found in place.found()) + ABANDONED * 1.5


def test_what_is_young_may_still_be_made(first: Place) -> None:
    with pytest.raises(KilledError):
        create(sources(), Mortal(first, 4))
    left = list(first.found())
    assert len(left) == 1
    at = left[0].modified
    assert leftovers(first, at) == []
    assert leftovers(first, at + ABANDONED * 0.99) == []
    assert leftovers(first, at + ABANDONED * 1.01) == left


def test_two_at_once_make_two(first: Place) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda number: create(sources(bytes([number]) * 1000), first).id, range(8)))
    assert ids(first) == sorted(made)
    assert all(verify(first, backup).ok for backup in made)


def test_a_backup_that_is_made_during_a_removal_is_left_alone(first: Place) -> None:
    with first.write("20270301T000000000Z-0a0b0c/left.zst") as out:
        out.write(b"1")
    (found,) = first.found()
    planned = plan(first, found.modified + ABANDONED * 2, Rule())

    class During(MadeUpCache):
        def copy(self, place: Sink, backup: str):  # type: ignore[no-untyped-def]
            found = super().copy(place, backup)
            assert carry_out(first, planned) == 1
            return found

    made = create(Sources(caches=(During(),)), first)
    assert ids(first) == [made.id]
    assert verify(first, made.id).ok
