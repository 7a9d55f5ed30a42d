"""Copies of a cluster's folder that nobody writes to: whole, and with its owners."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from graph.errors import CloudError
from local.files import private_dir
from local.privileges import ServerAccount


def copy(source: Path, target: Path, *, without: Sequence[str] = (), link: bool = False) -> None:
    """Copy what is in a folder into a new one, with owners and modes, but for entries of these names.

    `cp` asks the file system for shared blocks (coreutils since 9.0). `link`: by second names of the same files, for
    copies of which none is ever written to. Raise CloudError; the folder is then as far as it got.
    """
    entries = [str(path) for path in sorted(source.iterdir()) if path.name not in without]
    target.mkdir(mode=0o700)
    if entries:
        words = ["cp", "-Rp", *(["-l"] if link else []), *entries, str(target)]
        _run(f"{source} could not be copied to {target}", *words)
    mirror(source, target)


def mirror(source: Path, target: Path) -> None:
    """Give a folder the mode and the owner of another."""
    shutil.copystat(source, target)
    own(source, target)


def own(source: Path, target: Path) -> None:
    """Give a file or a folder the owner of another, where that can be done."""
    if os.geteuid() == 0:
        os.chown(target, source.stat().st_uid, source.stat().st_gid)


def pack(source: Path, target: Path, *, without: str) -> None:
    """Write a folder into one file, without what is in one folder of it: a tenth of the work of a thousand files.

    Raise CloudError.
    """
    words = ["-C", str(source), f"--exclude=./{without}/?*", "-cf", str(target), "."]
    _run(f"{source} could not be packed into {target}", "tar", *words)
    target.chmod(0o600)


def unpack(source: Path, target: Path, owner: ServerAccount) -> None:
    """Bring back a folder that is not there. It is the server account's, whoever packed it. Raise CloudError."""
    owner.give(private_dir(target))
    words = ["tar", "-C", str(target), "--no-same-owner", "-xpf", str(source)]
    _run(f"{source} could not be unpacked into {target}", *owner.prefix, *words)


def _run(failure: str, *words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd="/")
    if done.returncode:
        raise CloudError(f"{failure}: {' '.join(done.stderr.strip().splitlines()[-1:])}")
