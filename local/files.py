"""Private files: every write is atomic, on disk when it returns, 0600; and every directory 0700."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from graph.errors import CloudError


def private_dir(path: Path) -> Path:
    """Make the directory (and those above it that are missing) for this user alone."""
    if not path.is_dir():
        try:
            private_dir(path.parent)
            path.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise CloudError(
                f"cannot make the folder {path}: {error.strerror}; free or unlock the place and run it again"
            ) from error
    return path


def write_private(path: Path, text: str, owner: tuple[int, int] | None = None) -> None:
    """Replace the file in one step, so that a full disk, a kill or a power cut leaves the old one or the new, whole."""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            if owner:
                os.chown(temporary, *owner)
            Path(temporary).replace(path)
            _sync_folder(path.parent)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise CloudError(f"cannot write {path}: {error.strerror}; free or unlock the place and run it again") from error


def remove_tree(path: Path) -> None:
    """Remove a folder with thousands of files, as far as that goes: by `rm`, a quarter of the work of shutil's."""
    words = ["rm", "-rf", "--", str(path)]
    subprocess.run(words, check=False, capture_output=True, cwd="/")


def remove_aside(path: Path) -> None:
    """Begin to remove a folder, and go on: it is removed by a process that outlives this one."""
    words = ["sh", "-c", 'rm -rf -- "$1" &', "sh", str(path)]
    none = subprocess.DEVNULL
    subprocess.run(words, check=False, stdin=none, stdout=none, stderr=none, cwd="/", start_new_session=True)


def _sync_folder(folder: Path) -> None:
    """A new name is on disk when its folder is (fsync(2))."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
