"""PostgreSQL's archive_command: keeps a WAL segment, and has a new base backup made when many have come.

The server starts it for each segment, so it is a program by itself: the standard library alone, nothing of the project
(`python -I -S` starts in 20 ms). What it keeps bounds itself:

- a base backup after each quarter of the limit in WAL; then the oldest goes with its WAL while all is above the limit,
  but never the last one;
- where no base backup succeeds, or the disk is nearly full, segments are let go: a gap, which `archive.windows` sees.
  A command that fails instead has the server keep its WAL until the disk is full (PostgreSQL, "Continuous Archiving").

A folder of `base/` is named `<when it ended>_<first segment that it needs>` and has that name only when it is whole.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

WAL, BASE, PASSFILE = "wal", "base", "pgpass"
PACKED = "base.tar"
"""File of a base backup; one that is made of links to another copy has a folder `data` in its place."""
HOW = "how"
"""File of a base backup: how it came about."""
REPLICATION = "rdsrepladmin"
KEEP_FREE = 256 * 1024**2
"""Bytes of the disk that are left to others."""
_PART = ".part"
_BLOCK = 1024**2


def main(words: Sequence[str]) -> int:
    """`FOLDER LIMIT PG_BASEBACKUP PORT PATH` keeps a segment, `... renew [HOW]` makes a base backup."""
    folder, limit, program, port, path, *how = words
    if path == "renew":
        return renew(Path(folder), int(limit), program, port, *how)
    return keep(Path(folder), int(limit), program, port, Path(path))


def keep(folder: Path, limit: int, program: str, port: str, path: Path) -> int:
    """Keep one segment. Returns the exit status: 0 kept or let go, 1 to be tried again."""
    target = folder / WAL / path.name
    try:
        if target.exists():
            if _same(path, target):
                return 0
            _say(f"{target} is there with another content and stays: no segment is overwritten")
            return 1
        since = _since_newest(folder)
        if since > limit or shutil.disk_usage(folder).free < KEEP_FREE:
            _say(f"{target} is let go, {since} bytes of WAL are kept and no base backup succeeds: a gap begins")
        else:
            _copy(path, target)
    except OSError as error:
        waiting = _waiting(path)
        if waiting * path.stat().st_size < limit:
            _say(f"{target} cannot be written: {error.strerror}; it is tried again")
            return 1
        _say(f"{target} cannot be written: {error.strerror}; {waiting} segments wait, and it is let go: a gap begins")
        return 0
    if _since_newest(folder) > limit // 4:
        _renew_aside(folder, limit, program, port)
    return 0


def renew(folder: Path, limit: int, program: str, port: str, how: str = "pg_basebackup") -> int:
    """Make a base backup of the running server; let the oldest go. Returns the exit status, 0 where another is at it.

    libpq takes the password from PGPASSWORD or the file of PGPASSFILE.
    """
    import fcntl

    os.umask(0o077)
    with (folder / "renewing").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return 0
        fresh = folder / BASE / f".new{_PART}"
        shutil.rmtree(fresh, ignore_errors=True)
        # Without WAL of its own the program ends when what it needs is in the archive (PostgreSQL, pg_basebackup -X).
        command = [program, "-D", str(fresh), "-Ft", "-h", "127.0.0.1", "-p", port, "-U", REPLICATION, "-X", "none"]
        command += ["-c", "fast", "--no-verify-checksums", "--no-manifest"]
        if subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode:
            shutil.rmtree(fresh, ignore_errors=True)
            return 1
        finish(folder, fresh, time.time(), _begins(fresh / PACKED), how)
        prune(folder, limit)
    return 0


def _begins(packed: Path) -> str:
    """The first segment that a base backup needs, by its backup_label, which is the first file of it."""
    import tarfile

    with tarfile.open(packed) as members:
        label = members.extractfile("backup_label")
        assert label is not None  # noqa: S101 pg_basebackup always writes it
        return label.readline().decode().rpartition("(file ")[2].strip(" )\n")


def finish(folder: Path, fresh: Path, ended: float, begins: str, how: str) -> None:
    """Give a base backup that is complete the name that makes it one."""
    (fresh / HOW).touch(0o600)
    (fresh / HOW).write_text(how)
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(ended)) + f".{int(ended % 1 * 1e6):06}Z"
    fresh.rename(folder / BASE / f"{stamp}_{begins}")


def prune(folder: Path, limit: int) -> None:
    """Remove the oldest base backups, and the WAL that only they need, while all is above the limit; one stays."""
    kept = bases(folder)
    while len(kept) > 1 and size(folder) > limit:
        gone = folder / BASE / f".gone{_PART}"
        shutil.rmtree(gone, ignore_errors=True)
        (folder / BASE / kept.pop(0)).rename(gone)
        first = min(_first(name) for name in kept)
        for name in segments(folder):
            if name[8:24] < first:
                (folder / WAL / name).unlink()
        shutil.rmtree(gone, ignore_errors=True)


def bases(folder: Path) -> list[str]:
    """Names of the whole base backups, the oldest first."""
    return _names(folder / BASE)


def segments(folder: Path) -> list[str]:
    """Names of the whole segments, with what else is named after one."""
    return [name for name in _names(folder / WAL) if len(name) >= 24]


def size(folder: Path) -> int:
    """Bytes that all of it takes on the disk: the rest of a segment that was switched early takes none."""
    return sum((Path(path) / name).lstat().st_blocks * 512 for path, _, names in os.walk(folder) for name in names)


def _since_newest(folder: Path) -> int:
    """Bytes of WAL since the newest base backup; of all where there is none."""
    first = max((_first(name) for name in bases(folder)), default="")
    names = (name for name in segments(folder) if name[8:24] >= first)
    return sum((folder / WAL / name).stat().st_blocks * 512 for name in names)


def _first(base: str) -> str:
    """The first segment that a base backup needs, without its timeline."""
    return base.rpartition("_")[2][8:]


def _renew_aside(folder: Path, limit: int, program: str, port: str) -> None:
    """In a process of its own: the server waits for this one, and the base backup for the server's next segment."""
    words = [sys.executable, "-I", "-S", __file__, str(folder), str(limit), program, port, "renew"]
    environment = {"PGPASSFILE": str(folder / PASSFILE), "PGSSLMODE": "disable", "PGGSSENCMODE": "disable"}
    subprocess.Popen(
        words, env={**os.environ, **environment}, cwd=folder, stdin=subprocess.DEVNULL, start_new_session=True
    )


def _copy(path: Path, target: Path) -> None:
    """Under another name first; on disk before it has its own. Blocks of zeros are left out."""
    part = target.with_name(f".{target.name}{_PART}")
    with path.open("rb") as source, part.open("wb") as out:
        os.fchmod(out.fileno(), 0o600)
        while block := source.read(_BLOCK):
            if block.count(0) == len(block):
                out.seek(len(block), os.SEEK_CUR)
            else:
                out.write(block)
        out.truncate(source.tell())
        os.fsync(out.fileno())
    part.rename(target)
    handle = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _same(one: Path, other: Path) -> bool:
    with one.open("rb") as left, other.open("rb") as right:
        while True:
            block = left.read(_BLOCK)
            if block != right.read(_BLOCK):
                return False
            if not block:
                return True


def _waiting(path: Path) -> int:
    """Segments that the server wants to have archived."""
    return sum(name.endswith(".ready") for name in _names(path.parent / "archive_status"))


def _names(folder: Path) -> list[str]:
    """Sorted, without those that are not whole."""
    try:
        return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    except FileNotFoundError:
        return []


def _say(sentence: str) -> None:
    """Into the server's log."""
    sys.stderr.write(f"archive: {sentence}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
