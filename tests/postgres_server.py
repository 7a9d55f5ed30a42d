"""A throw-away PostgreSQL for tests: initdb, start, stop; as root by way of the account that the local tier uses."""

from __future__ import annotations

import hashlib
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
from once import once

from local.postgres import packages
from local.privileges import ServerAccount, account

SETTINGS = (
    "unix_socket_directories=",
    "shared_buffers=16MB",
    # Here a server's process may die, its computer may not; and nothing here grows or is large.
    "fsync=off",
    "autovacuum=off",
    "jit=off",
)
DEBIAN = Path("/usr/lib/postgresql/15/bin")
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


def binaries() -> dict[int, Path]:
    """Folders of PostgreSQL programs on this computer, by major version: those of the local tier, and Debian's 15."""
    found = {each.major: each.bin for each in reversed(packages.found()) if each.server}
    if (DEBIAN / "initdb").exists():
        found[15] = DEBIAN
    return dict(sorted(found.items(), reverse=True))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run_tool(folder: Path, command: Sequence[str | Path]) -> None:
    """Run one of PostgreSQL's programs as the owner of `folder`."""
    runner = _runner(folder, Path(command[0]).parent)
    done = subprocess.run(
        [*runner.prefix, *command], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def initdb(bin_: Path, data: Path, user: str, password: str | None = None) -> None:
    """Make a data folder whose superuser is `user`; without a password the server trusts everybody."""

    def make(kept: Path) -> None:
        words = [bin_ / "initdb", "-D", data, "-U", user, "-E", "UTF8", "--locale=C.UTF-8", "-k", "--no-sync"]
        if password is None:
            run_tool(data.parent, [*words, "-A", "trust"])
        else:
            file = data.parent / "password"
            file.write_text(password)
            file.chmod(0o644)
            run_tool(data.parent, [*words, "-A", "scram-sha-256", f"--pwfile={file}"])
        subprocess.run(["cp", "-a", data, kept], check=True)

    key = hashlib.sha256(f"{bin_} {user} {password}".encode()).hexdigest()
    kept = once(f"initdb-{key}", make)
    if not data.exists():
        subprocess.run(["cp", "-a", kept, data], check=True)
        _runner(data.parent, bin_)


@contextmanager
def running(bin_: Path, data: Path, settings: Sequence[str], port: int = 0) -> Iterator[int]:
    """Start the server of a data folder on that port or a free one; gives the port."""
    runner, port, log = _runner(data.parent, bin_), port or free_port(), data.parent / "log"
    command = [*runner.prefix, bin_ / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1"]
    for setting in (*SETTINGS, *settings):
        command += ["-c", setting]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=data.parent, env=ENVIRONMENT)
    try:
        _await(port, process, log)
        yield port
    finally:
        process.send_signal(signal.SIGINT)  # fast shutdown: does not wait for clients
        process.wait(20)


def _runner(folder: Path, bin_: Path) -> ServerAccount:
    runner = account(bin_, folder)
    runner.give(folder)
    return runner


def _await(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(400):
        try:
            psycopg.connect(host="127.0.0.1", port=port, dbname="postgres", user="nobody-yet").close()
        except psycopg.OperationalError as error:
            # A server that refuses this user is up.
            if any(word in str(error) for word in ("authentication", "password", "does not exist", "pg_hba")):
                return
            assert process.poll() is None, log.read_text()
            time.sleep(0.05)
        else:
            return
    raise AssertionError(log.read_text())
