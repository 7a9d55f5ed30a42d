"""Debian's PgBouncer before a PostgreSQL server."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from postgres_server import free_port


@contextmanager
def pgbouncer(database: str, user: str, *settings: str) -> Iterator[int]:
    """Its port, for as long as the context is open.

    :param database: a line of its section `[databases]`.
    :param user: the line of its file of users.
    :param settings: further lines, `pool_mode = transaction`.
    """
    program = shutil.which("pgbouncer") or shutil.which("/usr/sbin/pgbouncer")
    if program is None:
        pytest.skip("pgbouncer is not installed here (Debian: apt-get install pgbouncer)")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="dt-bouncer-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "users").write_text(f"{user}\n")
        lines = (
            *("[databases]", database, "[pgbouncer]", "listen_addr = 127.0.0.1", f"listen_port = {port}"),
            *("unix_socket_dir =", f"auth_file = {folder}/users", *settings),
        )
        (folder / "ini").write_text("".join(f"{line}\n" for line in lines))
        nobody = ["-u", "nobody"] if Path("/proc/self").stat().st_uid == 0 else []
        process = subprocess.Popen([program, *nobody, str(folder / "ini")], stderr=subprocess.DEVNULL)
        try:
            yield port
        finally:
            process.terminate()
            process.wait(10)
