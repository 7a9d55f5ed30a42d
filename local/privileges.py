"""Root starts the servers as somebody else: PostgreSQL refuses root, and the others need none of its rights.

`nobody` runs them, without groups, capabilities or a way to get any (no_new_privs, an empty bounding set). It has to
reach the data and the programs: the tier's own folders let it through (nobody else, and to no list of their names).
Where a folder above them is open to root alone (/root, a mkdtemp), setpriv of util-linux gives the server the one
capability to pass and read, CAP_DAC_READ_SEARCH, as an ambient one; SECBIT_NO_SETUID_FIXUP keeps it in force in
access(2), which PostgreSQL asks about its own executable. It can write nothing by it (capabilities(7)).
"""

from __future__ import annotations

import functools
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from graph.errors import CloudError

LOCAL = ".local"
"""The folder of all tiers of a project."""


@dataclass(frozen=True)
class ServerAccount:
    """Who runs a server, and what stands before its command line."""

    owner: tuple[int, int] | None
    """Owner of its files; None leaves them to the caller."""
    prefix: tuple[str, ...] = ()

    def give(self, path: Path) -> None:
        if self.owner:
            os.chown(path, *self.owner, follow_symlinks=False)

    def give_all(self, folder: Path) -> None:
        """The folder and what is in it: an earlier version, or another user's run, may have left it to root."""
        if self.owner:
            for path in (folder, *folder.rglob("*")):
                if path.is_dir() or path.lstat().st_nlink == 1:  # a second name may stand for a file of anybody's
                    self.give(path)


@functools.cache
def account(*folders: Path) -> ServerAccount:
    """The account for a server with its programs and its data in these folders; the last is the tier's own."""
    if os.geteuid() != 0:
        return ServerAccount(None)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise CloudError(
            "root cannot run the servers and there is no user `nobody`; run datatier as another user"
        ) from None
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise CloudError(
            "root does not run servers itself and `setpriv` (util-linux) is missing; install it or run as another user"
        )
    owner = nobody.pw_uid, nobody.pw_gid
    plain = _prefix(setpriv, owner, "-all")
    if not _enters(plain, *folders):
        _let_through(folders[-1], plain, owner[1])
    for prefix in (plain, _prefix(setpriv, owner, "-all,+dac_read_search", "--securebits=+no_setuid_fixup")):
        if _enters(prefix, *folders):
            return ServerAccount(owner, prefix)
    raise CloudError(
        f"root does not run servers itself and user `nobody` cannot enter {' and '.join(map(str, folders))}, "
        "which this system does not let root permit either; run datatier as another user"
    )


def is_wide(found: ServerAccount) -> bool:
    """Whether the server may pass and read everything."""
    return any("dac_read_search" in word for word in found.prefix)


def _prefix(setpriv: str, owner: tuple[int, int], capabilities: str, *more: str) -> tuple[str, ...]:
    return (
        setpriv,
        f"--reuid={owner[0]}",
        f"--regid={owner[1]}",
        "--clear-groups",
        "--no-new-privs",
        f"--bounding-set={capabilities}",
        f"--inh-caps={capabilities}",
        f"--ambient-caps={capabilities}",
        *more,
        "--",
    )


def _let_through(data: Path, plain: tuple[str, ...], group: int) -> None:
    """Let the group pass the tier's own folders down to the data, where the folder above them is open already."""
    ours = [path for path in reversed((data, *data.parents)) if LOCAL in path.parts]
    if ours and _enters(plain, ours[0].parent):
        for path in ours:
            os.chown(path, -1, group)
            path.chmod(0o710)


def _enters(prefix: tuple[str, ...], *folders: Path) -> bool:
    command = [*prefix, "/bin/sh", "-c", 'for f in "$@"; do test -x "$f" || exit 1; done', "sh", *map(str, folders)]
    return subprocess.run(command, check=False, capture_output=True, cwd="/").returncode == 0
