"""A folder and a bucket keep one contract: an object is there whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from keep.errors import AskedError, KeepError
from keep.place import s3_upload
from keep.place.bucket import Account
from keep.place.choose import by_environment, place_at
from keep.place.place import Place

pytestmark = pytest.mark.server


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_upload, "SMALL", 5 << 20)  # the least that S3 takes


def text(place: Place, key: str) -> bytes:
    with place.read(key) as source:
        return source.read()


def write(place: Place, key: str, content: bytes, **options: bool) -> None:
    with place.write(key, **options) as out:
        out.write(content)


def test_what_is_written_is_read_and_found_in_the_order_of_the_keys(place: Place) -> None:
    keys = ["a/one", "a/two", "a.b/one", "drills/lending/x.json"]
    for key in keys:
        write(place, key, key.encode())
    assert [(found.key, found.size) for found in place.found()] == [(key, len(key)) for key in sorted(keys)]
    assert [found.key for found in place.found("a/")] == ["a/one", "a/two"]
    assert all(abs(datetime.now(UTC) - found.modified) < timedelta(hours=1) for found in place.found())
    with place.read("a/two") as source:
        assert [source.read(3), source.read(3), source.read(3)] == [b"a/t", b"wo", b""]


def test_what_is_not_there(place: Place) -> None:
    assert list(place.found()) == []
    assert list(place.unfinished()) == []
    assert place.sweep(datetime.now(UTC)) == 0
    place.remove("a/one")
    assert place.locked("a/one") is None
    with pytest.raises(KeyError):
        text(place, "a/one")


def test_of_two_writers_the_second_is_refused(place: Place) -> None:
    write(place, "a/one", b"first")
    with pytest.raises(KeepError, match=r"there is such an object already|File exists"):
        write(place, "a/one", b"the second")
    assert text(place, "a/one") == b"first"
    assert list(place.unfinished()) == []
    write(place, "a/one", b"instead", replace=True)
    assert text(place, "a/one") == b"instead"


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("size", [0, 1, (5 << 20) - 1, 5 << 20, (11 << 20) + 7])
def test_every_size_comes_back(place: Place, size: int) -> None:
    content = bytes(range(251)) * (size // 251 + 1)
    with place.write("a/one") as out:
        for start in range(0, size, 1 << 20):
            out.write(content[start : min(size, start + (1 << 20))])
    assert text(place, "a/one") == content[:size]


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("size", [1, 12 << 20])
def test_a_write_that_breaks_off_leaves_nothing(place: Place, size: int) -> None:
    """Neither an object nor parts of one: the emulator is asked for its uploads, as S3 lists them nowhere else."""

    def broken() -> None:
        with place.write("a/one") as out:
            out.write(bytes(size))
            # What fits into one part is sent when it ends.
            begun = ["a/one"] if size > s3_upload.SMALL or not place.address.startswith("s3:") else []
            assert [found.key for found in place.unfinished()] == begun
            assert list(place.found()) == []
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    assert (list(place.found()), list(place.unfinished())) == ([], [])


@pytest.mark.usefixtures("small_parts")
def test_what_a_killed_writer_left_is_swept_when_it_is_old(place: Place) -> None:
    context = place.write("a/one")
    context.__enter__().write(bytes(12 << 20))  # and nothing more: killed
    write(place, "a/two", b"whole")
    (left,) = place.unfinished()
    assert place.sweep(left.modified - timedelta(seconds=5)) == 0
    assert [found.key for found in place.unfinished()] == ["a/one"]
    assert place.sweep(datetime.now(UTC) + timedelta(seconds=5)) == 1
    assert list(place.unfinished()) == []
    assert [found.key for found in place.found()] == ["a/two"]


def test_a_removed_object_is_gone_and_removed_again(place: Place) -> None:
    write(place, "a/one", b"1")
    place.remove("a/one")
    place.remove("a/one")
    assert list(place.found()) == []


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (
            "gs://books/kept",
            r"`gs://books/kept` is not a place for backups: write a folder's path, or s3://BUCKET/PREFIX",
        ),
        ("", r"`` is not a place for backups"),
        ("s3://Books/kept", r"s3://Books/kept: 'Books' is not a bucket name"),
        ("s3://", r"'' is not a bucket name"),
        ("{folder}/file", r"/file is not a folder: choose another"),
        ("{folder}/nothing", r"there is no folder .*/nothing: correct the path, or make a backup first"),
    ],
)
def test_an_address_that_is_no_place_is_refused(address: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(AskedError, match=said):
        place_at(address.format(folder=tmp_path), existing=True)


def test_places_are_called_as_they_are_written(
    s3_account: Account, make_bucket: Callable[[], str], tmp_path: Path
) -> None:
    name = make_bucket()
    found = {
        each: place_at(each, s3_account).address for each in (f"s3://{name}/a/b/", f"s3://{name}/", f"s3://{name}")
    }
    assert list(found.values()) == [f"s3://{name}/a/b", f"s3://{name}", f"s3://{name}"]
    assert place_at(str(tmp_path)).address == str(tmp_path)
    whole = place_at(f"s3://{name}", s3_account)
    write(whole, "a/b/one/two", b"1")
    assert [found.key for found in place_at(f"s3://{name}/a/b/", s3_account).found()] == ["one/two"]


@pytest.mark.parametrize(
    ("environment", "region"),
    [
        ({}, "us-east-1"),
        ({"AWS_DEFAULT_REGION": "eu-north-1"}, "eu-north-1"),
        ({"AWS_DEFAULT_REGION": "eu-north-1", "AWS_REGION": "eu-south-1"}, "eu-south-1"),
    ],
)
def test_aws_is_found_by_the_environment(
    environment: dict[str, str], region: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert by_environment() == Account(region=region)
