"""What is sealed is small whatever it is, in frames that fit into little memory, and comes back as it was."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import zstandard

from keep.errors import DamagedError
from keep.place.folder import FolderPlace
from keep.place.sealed import FRAME, QUICK, THOROUGH, WORTH, checked, reread, seal, unsealed

WORDS = [hashlib.md5(str(n).encode()).hexdigest()[: 3 + n % 9] for n in range(4000)]


def prose(size: int) -> bytes:
    chosen = random.Random(7)
    text = bytearray()
    while len(text) < size:
        text += " ".join(chosen.choices(WORDS[:500], k=60)).encode() + b"\n"
    return bytes(text[:size])


def hashes(size: int) -> bytes:
    lines = (f"{n}\t{hashlib.md5(str(n).encode()).hexdigest()}\n".encode() for n in range(size // 36))
    return b"".join(lines)[:size]


def numbers(size: int) -> bytes:
    chosen = random.Random(2)
    lines = (f"{n}\t{chosen.randrange(10**5)}\t{chosen.randrange(10**8) / 100}\n".encode() for n in range(size // 16))
    return b"".join(lines)[:size]


def frames(data: bytes) -> list[bytes]:
    return [data[start : start + FRAME] for start in range(0, len(data), FRAME)]


def at(how: zstandard.ZstdCompressionParameters, data: bytes) -> int:
    return sum(len(zstandard.ZstdCompressor(compression_params=how).compress(each)) for each in frames(data))


@pytest.mark.parametrize("content", [b"", b"x", prose(2 * FRAME), hashes(2 * FRAME + 1)], ids=len)
def test_it_comes_back_as_it_was_and_is_hardly_larger_than_at_the_best_level(content: bytes, tmp_path: Path) -> None:
    place = FolderPlace(tmp_path)
    stored = seal(place, "one", "object", iter(frames(content)))
    with unsealed(place, "one", stored) as pieces:
        assert b"".join(pieces) == content
    assert stored.bytes <= WORTH * min(at(how, content) for how in (QUICK, THOROUGH))


def test_each_kind_of_data_has_its_level() -> None:
    assert at(THOROUGH, prose(FRAME)) < at(QUICK, prose(FRAME))
    assert at(QUICK, numbers(FRAME)) < at(THOROUGH, numbers(FRAME))


@pytest.mark.parametrize("content", [prose(FRAME), hashes(FRAME)], ids=["prose", "hashes"])
def test_the_thorough_one_is_about_as_small_as_what_pg_dump_would_take(content: bytes) -> None:
    assert at(THOROUGH, content) < at(zstandard.ZstdCompressionParameters.from_level(3), content) * 1.02


def test_what_lies_there_is_read_again_without_being_unpacked(tmp_path: Path) -> None:
    place = FolderPlace(tmp_path)
    stored = seal(place, "one", "object", [prose(1000)])
    reread(place, "one", stored)
    path = tmp_path / "one" / "object"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    for look in (reread, checked):
        with pytest.raises(DamagedError):
            look(place, "one", stored)


def test_a_key_error_of_whoever_reads_is_not_taken_for_a_missing_object(tmp_path: Path) -> None:
    place = FolderPlace(tmp_path)
    stored = seal(place, "one", "object", [b"x"])
    with pytest.raises(KeyError, match="theirs"), unsealed(place, "one", stored):
        raise KeyError("theirs")
    with pytest.raises(DamagedError, match="is missing"):
        checked(place, "two", stored)


class Vanishing:
    """A reader of an object that is removed after its first byte."""

    def __init__(self) -> None:
        self._left = [b"x"]

    def read(self, size: int = -1, /) -> bytes:
        return self._left.pop() if self._left else {}["gone"]


def test_an_object_that_is_removed_while_it_is_read_is_said(tmp_path: Path) -> None:
    class Place(FolderPlace):
        @contextmanager
        def read(self, key: str) -> Iterator[Vanishing]:
            yield Vanishing()

    stored = seal(FolderPlace(tmp_path), "one", "object", [b"xx"], compress=False)
    with pytest.raises(DamagedError, match="was removed while it was read"):
        checked(Place(tmp_path), "one", stored)
