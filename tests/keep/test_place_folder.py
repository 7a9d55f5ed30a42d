"""A folder as a place: private, on disk, and clear about what it cannot do."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from keep.errors import AskedError, KeepError
from keep.place.choose import place_at


def modes(folder: Path) -> dict[str, int]:
    return {path.relative_to(folder).as_posix(): path.stat().st_mode & 0o777 for path in [folder, *folder.rglob("*")]}


def test_what_is_made_is_for_its_owner_alone(tmp_path: Path) -> None:
    place = place_at(str(tmp_path / "new" / "kept"))
    with place.write("a/one") as out:
        out.write(b"1")
        assert {mode & 0o077 for mode in modes(tmp_path / "new").values()} == {0}
    assert modes(tmp_path / "new") == {".": 0o700, "kept": 0o700, "kept/a": 0o700, "kept/a/one": 0o600}


def test_an_object_is_on_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its bytes, then its name, then the folder that has the name; new folders in the ones above them."""
    place, synced = place_at(str(tmp_path / "kept")), list[tuple[str, bool]]()
    target = tmp_path / "kept" / "a" / "one"

    def note(handle: int) -> None:
        path = Path(f"/proc/self/fd/{handle}").readlink()
        synced.append((path.name.split(".")[0], target.exists()))

    monkeypatch.setattr(os, "fsync", note)
    with place.write("a/one") as out:
        out.write(b"1")
    assert synced == [(tmp_path.name.split(".")[0], False), ("kept", False), ("one", False), ("a", True)]


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "could not be written: No space left on device; free space there"),
        (errno.EDQUOT, "could not be written: Disk quota exceeded; free space there"),
        (errno.EROFS, "could not be written: Read-only file system; choose another folder or mend its rights"),
        (errno.EIO, "could not be written: Input/output error"),
    ],
)
def test_a_disk_that_takes_no_more(number: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = place_at(str(tmp_path / "kept"))

    def full(_: int) -> None:
        raise OSError(number, os.strerror(number))

    def write() -> None:
        with place.write("a/one") as out:
            out.write(b"1")
            monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(KeepError, match=f"the folder {tmp_path}/kept {said}"):
        write()
    assert [path.name for path in tmp_path.rglob("*")] == ["kept"]


def test_a_disk_that_is_full_in_the_middle(tmp_path: Path) -> None:
    """What the system really says: here a limit on the size of files stands for the end of the disk."""
    import resource
    import signal

    place = place_at(str(tmp_path / "kept"))

    def write() -> None:
        with place.write("a/one") as out:
            for _ in range(4):
                out.write(bytes(1 << 20))

    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, before[1]))
    try:
        with pytest.raises(KeepError, match="could not be written: File too large"):
            write()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert [path.name for path in tmp_path.rglob("*")] == ["kept"]


def test_what_a_caller_raises_is_not_the_folders(tmp_path: Path) -> None:
    place = place_at(str(tmp_path / "kept"))

    def write() -> None:
        with place.write("a/one") as out:
            out.write(b"1")
            raise FileNotFoundError(errno.ENOENT, "no such program", "pg_dump")

    with pytest.raises(FileNotFoundError, match="pg_dump"):
        write()
    assert list(place.unfinished()) == []


def test_a_folder_within_that_is_a_file(tmp_path: Path) -> None:
    place = place_at(str(tmp_path / "kept" / "deeper"))
    (tmp_path / "kept").touch()  # since it was looked at
    with pytest.raises(KeepError, match="deeper could not be written: Not a directory"), place.write("a/one"):
        pass
    with pytest.raises(KeyError), place.read("a/one"):
        pass
    with pytest.raises(AskedError, match="kept is not a folder: choose another"):
        place_at(str(tmp_path / "kept" / "deeper"))


def test_a_name_that_is_too_long_is_that_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyError), place_at(str(tmp_path)).read(f"{'n' * 300}/one"):
        pass


def test_a_link_is_none_of_ours(tmp_path: Path) -> None:
    """Neither listed, nor read, nor written through: whoever may write there could have made it lead anywhere."""
    place = place_at(str(tmp_path / "kept"))
    with place.write("a/one") as out:
        out.write(b"1")
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "kept" / "a" / "two").symlink_to(tmp_path / "secret")
    (tmp_path / "kept" / "b").symlink_to(tmp_path / "kept" / "a")
    assert [found.key for found in place.found()] == ["a/one"]
    assert [[found.key for found in place.found(prefix)] for prefix in ("a/", "b/", "c/", "a/../a/")] == [
        ["a/one"],
        [],
        [],
        [],
    ]
    with pytest.raises(KeepError, match="cannot be read"), place.read("a/two"):
        pass
    with place.write("a/two", replace=True) as out:
        out.write(b"2")
    assert (tmp_path / "secret").read_text() == "secret"
    place.remove("a/two")
    assert (tmp_path / "secret").exists()


def test_a_place_may_be_reached_by_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "kept").symlink_to(tmp_path / "disk")
    place = place_at(str(tmp_path / "kept"), existing=True)
    with place.write("a/one") as out:
        out.write(b"1")
    assert [found.key for found in place.found()] == ["a/one"]
    assert [found.key for found in place.found("a/")] == ["a/one"]


@pytest.mark.parametrize("number", [errno.EPERM, errno.ENOTSUP])
def test_a_file_system_without_links(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = place_at(str(tmp_path / "kept"))

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    with place.write("a/one") as out:
        out.write(b"1")
    with pytest.raises(KeepError, match="could not be written: File exists"), place.write("a/one") as out:
        out.write(b"2")
    assert (tmp_path / "kept" / "a" / "one").read_bytes() == b"1"
    assert list(place.unfinished()) == []


def test_what_another_run_takes_away_meanwhile_is_not_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = place_at(str(tmp_path / "kept"))
    for name in ("a/one", "a/two", "b/one"):
        with place.write(name) as out:
            out.write(b"1")
    stat: Callable[[Path], os.stat_result] = Path.lstat

    def gone(self: Path) -> os.stat_result:
        if self.name == "two":
            self.unlink(missing_ok=True)
        return stat(self)

    monkeypatch.setattr(Path, "lstat", gone)
    assert [found.key for found in place.found()] == ["a/one", "b/one"]
