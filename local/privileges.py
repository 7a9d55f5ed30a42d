"""PostgreSQL refuses to run as root: this is how root starts it as somebody else.

`nobody` owns the data. It also has to reach the data and the binaries, which may lie below a folder that only root may
enter (/root, a mkdtemp). setpriv of util-linux gives the server the one capability for that, CAP_DAC_OVERRIDE, as an
ambient one; SECBIT_NO_SETUID_FIXUP keeps it in force in access(2), which PostgreSQL asks about its own executable.
"""

from __future__ import annotations

import functools
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from local.cloud import CloudError


@dataclass(frozen=True)
class Account:
    """Who runs a server, and what stands before its command line."""

    owner: tuple[int, int] | None
    """Owner of its files; None leaves them to the caller."""
    prefix: tuple[str, ...] = ()

    def give(self, path: Path) -> None:
        if self.owner:
            os.chown(path, *self.owner)


@functools.cache
def account(binaries: Path, data: Path) -> Account:
    """The account for a PostgreSQL with its programs and its data in these folders."""
    if os.geteuid() != 0:
        return Account(None)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise CloudError(
            "root cannot run PostgreSQL and there is no user `nobody`; run datatier as another user"
        ) from None
    uid, gid = nobody.pw_uid, nobody.pw_gid
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise CloudError(
            "root cannot run PostgreSQL itself and `setpriv` (util-linux) is missing; install it or run as another user"
        )
    plain = (setpriv, f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--")
    capable = (
        *plain[:-1],
        "--inh-caps=-all,+dac_override",
        "--ambient-caps=-all,+dac_override",
        "--securebits=+no_setuid_fixup",
        "--",
    )
    for prefix in (plain, capable):
        if _enters(prefix, binaries, data):
            return Account((uid, gid), prefix)
    raise CloudError(
        f"PostgreSQL must not run as root and user `nobody` cannot enter {binaries} and {data}, "
        "which this system does not let root permit either; run datatier as another user"
    )


def _enters(prefix: tuple[str, ...], *folders: Path) -> bool:
    command = [*prefix, "/bin/sh", "-c", 'for f in "$@"; do test -x "$f" || exit 1; done', "sh", *map(str, folders)]
    return subprocess.run(command, check=False, capture_output=True, cwd="/").returncode == 0
