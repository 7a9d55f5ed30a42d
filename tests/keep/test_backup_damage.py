"""Damage of every kind to a backup is found, exits 1, and is kept as what the last verification found."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from small_backups import MadeUpCache, sources

from keep import manifest as manifests
from keep.backup import verified
from keep.backup.create import Sources, create
from keep.backup.listing import ids, kept, one
from keep.backup.verify import verify
from keep.errors import AskedError
from keep.place.choose import place_at
from keep.place.place import Place

SEED = 1
PLACES = 200


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place with two backups of two caches."""
    folder = tmp_path_factory.mktemp("pristine") / "kept"
    noise = random.Random(SEED).randbytes(3000)
    for content in (noise, noise[::-1]):
        caches = (MadeUpCache("stock", [content]), MadeUpCache("loans", [b"loans ", content, bytes(9000)]))
        create(Sources(caches=caches, server="books.example.org:6379"), place_at(str(folder)))
    return folder


@pytest.fixture
def folder(pristine: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(pristine, tmp_path / "kept"))


@pytest.fixture
def place(folder: Path) -> Place:
    return place_at(str(folder))


def test_what_is_whole_is_verified(place: Place) -> None:
    for backup in ids(place):
        found = verify(place, backup)
        assert (found.ok, found.level, found.differences) == (True, 1, ())
    assert [each.verified for each in kept(place)] == [1, 1]


def flips(files: Sequence[Path]) -> Iterator[tuple[Path, int, int]]:
    """As many in each file, spread over it: the file, a byte, and a bit of it."""
    chosen, each = random.Random(SEED), PLACES // len(files)
    for path in files:
        size = path.stat().st_size
        for number in range(each):
            yield path, number * size // each, chosen.randrange(8)


def test_one_flipped_bit_is_found_wherever_it_is(place: Place, folder: Path) -> None:
    backup = ids(place)[1]
    files = sorted((folder / backup).iterdir())
    assert len(files) == 5
    done = 0
    for path, at, bit in flips(files):
        before = path.read_bytes()
        path.write_bytes(before[:at] + bytes([before[at] ^ 1 << bit]) + before[at + 1 :])
        found = verify(place, backup)
        assert not found.ok, f"bit {bit} of byte {at} of {path.name}"
        assert len(found.differences) == 1, found.differences
        assert path.name in found.differences[0]
        path.write_bytes(before)
        done += 1
    assert done == PLACES
    assert verify(place, backup).ok


def _cut(folder: Path, first: str, second: str, name: str) -> None:
    path = folder / second / name
    path.write_bytes(path.read_bytes()[:-1])


def _empty(folder: Path, first: str, second: str, name: str) -> None:
    (folder / second / name).write_bytes(b"")


def _longer(folder: Path, first: str, second: str, name: str) -> None:
    with (folder / second / name).open("ab") as file:
        file.write(b"\0")


def _missing(folder: Path, first: str, second: str, name: str) -> None:
    (folder / second / name).unlink()


def _older(folder: Path, first: str, second: str, name: str) -> None:
    shutil.copy(folder / first / name, folder / second / name)


def _swapped(folder: Path, first: str, second: str, name: str) -> None:
    other = sorted(path.name for path in (folder / second).iterdir() if path.name not in (name, manifests.NAME))[0]
    one, two = folder / second / name, folder / second / other
    held = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(held)


def _one_more(folder: Path, first: str, second: str, name: str) -> None:
    (folder / second / "postgres.dump.zst").write_bytes(b"of another")


OBJECTS = ["redis-loans.zst", "redis-stock.zst", "redis-stock.txt"]
DAMAGE: list[tuple[Callable[[Path, str, str, str], None], str, str]] = [
    *((damage, name, name) for damage in (_cut, _empty, _longer, _missing) for name in (*OBJECTS, manifests.NAME)),
    *((damage, name, name) for damage in (_older, _swapped) for name in OBJECTS if name != "redis-stock.txt"),
    (_older, manifests.NAME, "is that of"),
    (_one_more, "", "postgres.dump.zst is not in the manifest"),
]


@pytest.mark.parametrize(
    ("damage", "name", "said"), DAMAGE, ids=[f"{each[0].__name__}-{each[1]}".strip("_-") for each in DAMAGE]
)
def test_damage_of_every_kind_is_found(
    damage: Callable[[Path, str, str, str], None], name: str, said: str, place: Place, folder: Path
) -> None:
    first, second = ids(place)
    damage(folder, first, second, name)
    if damage is _missing and name == manifests.NAME:  # then it is no backup any more
        assert ids(place) == [first]
        with pytest.raises(AskedError, match="has no backup"):
            verify(place, second)
        return
    found = verify(place, second)
    assert not found.ok
    assert any(said in each for each in found.differences), found.differences
    assert one(place, second).failed
    assert verify(place, first).ok, "the other one is as it was"


def test_what_a_verification_found_is_kept(place: Place, folder: Path) -> None:
    first, second = ids(place)
    verify(place, second, [lambda *_: (), lambda *_: ()])
    assert one(place, second).verified == 3
    verify(place, second)
    seen = json.loads((folder / second / verified.NAME).read_text())
    assert (seen["level"], seen["ok"], seen["differences"], sorted(seen["passed"])) == (1, True, [], ["1", "2", "3"])
    assert seen["passed"]["1"] > seen["passed"]["3"], "what was passed before is still known, with its own time"
    assert one(place, second).verified == 3

    path = folder / second / "redis-stock.txt"
    text = path.read_bytes()
    path.write_bytes(text[::-1])
    assert not verify(place, second).ok
    assert (one(place, second).verified, one(place, second).failed) == (0, True)
    path.write_bytes(text)
    assert verify(place, second, [lambda *_: ()]).ok
    assert (one(place, second).verified, one(place, second).failed) == (2, False), "what failed is not passed again"

    shutil.copy(folder / second / verified.NAME, folder / first / verified.NAME)
    assert one(place, first).verified == 0, "it is of another manifest"
    (folder / second / verified.NAME).write_text("{")
    assert one(place, second).verified == 0, "it cannot be read"


def test_a_deeper_level_is_asked_where_the_first_found_nothing(place: Place, folder: Path) -> None:
    backup, asked = ids(place)[0], list[str]()

    def deeper(_: Place, manifest: manifests.BackupManifest) -> list[str]:
        asked.append(manifest.id)
        return ["the table books has 4 rows and had 5"]

    never: Callable[[Place, manifests.BackupManifest], list[str]] = pytest.fail
    found = verify(place, backup, [deeper, never])
    assert (found.ok, found.level, found.differences) == (False, 3, ("the table books has 4 rows and had 5",))
    assert asked == [backup]
    (folder / backup / "redis-stock.zst").unlink()
    assert len(verify(place, backup, [never]).differences) == 1


def test_what_is_removed_meanwhile_is_not_damaged(place: Place, folder: Path) -> None:
    """A verification during a removal: the manifest goes first, so what is missing then says nothing."""
    backup = ids(place)[0]

    def removed(*_: object) -> list[str]:
        shutil.rmtree(folder / backup)
        return ["its archive cannot be read"]

    with pytest.raises(AskedError, match="has no backup"):
        verify(place, backup, [removed])
    assert not (folder / backup).exists(), "and nothing is written of it"


@pytest.mark.parametrize("backup", ["nothing", "", ".", "..", "../kept", "a/b", "-x"])
def test_a_backup_that_is_not_there(backup: str, place: Place) -> None:
    with pytest.raises(AskedError, match=r"has no backup `.*`: `datatier backup list` shows what it has"):
        verify(place, backup)


@pytest.mark.server
def test_in_a_bucket_damage_is_found_alike(s3_place: Place) -> None:
    """The emulator keeps whatever it is sent, with any checksum: what finds damage is the reading back."""
    made = create(sources(b"x" * 100), s3_place)
    assert verify(s3_place, made.id).ok
    key = f"{made.id}/redis-stock.zst"
    with s3_place.read(key) as source:
        text = source.read()
    with s3_place.write(key, replace=True) as out:
        out.write(text[:20] + bytes([text[20] ^ 4]) + text[21:])
    found = verify(s3_place, made.id)
    assert len(found.differences) == 1
    assert "redis-stock.zst" in found.differences[0]
    assert [(each.id, each.verified, each.failed) for each in kept(s3_place)] == [(made.id, 0, True)]
