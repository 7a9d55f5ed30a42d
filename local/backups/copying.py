"""Copies of a cluster's folder that nobody writes to: whole, with its owners, as the file system does it best."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from graph.errors import CloudError


def copy(source: Path, target: Path, *, without: Sequence[str] = (), link: bool = False) -> None:
    """Copy what is in a folder into a new one, with owners and modes, but for entries of these names.

    `cp` asks the file system for shared blocks (coreutils since 9.0). `link`: by second names of the same files, for
    copies of which neither is ever written to. Raise CloudError; the folder is then as far as it got.
    """
    entries = [str(path) for path in sorted(source.iterdir()) if path.name not in without]
    target.mkdir(mode=0o700)
    done = subprocess.run(
        ["/bin/cp", "-Rp", *(["-l"] if link else []), *entries, str(target)],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    if done.returncode:
        reason = " ".join(done.stderr.strip().splitlines()[-1:])
        raise CloudError(f"{source} could not be copied to {target}: {reason}")
    shutil.copystat(source, target)
    if os.geteuid() == 0:
        os.chown(target, source.stat().st_uid, source.stat().st_gid)
