"""A PostgreSQL and a Redis that speak TLS, with certificates made here; each test says which one they show."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from authority import DAY, EXPIRED, NOW, Authority
from postgres_server import binaries, free_port, initdb, running
from tls_servers import PASSWORD, Certificates, PostgresTls, RedisTls, speaks_tls

from local.privileges import account


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    # Not under tmp_path: root starts PostgreSQL as another user.
    with tempfile.TemporaryDirectory(prefix="dt-tls-", dir="/tmp") as name:
        yield Path(name)


@pytest.fixture(scope="session")
def certificates(folder: Path) -> Certificates:
    ours, other = Authority(folder, "ours"), Authority(folder, "other")
    return Certificates(
        ours.roots,
        {
            "good": ours.sign("good", "localhost"),
            "wrong CA": other.sign("wrong-ca", "localhost"),
            "wrong host": ours.sign("wrong-host", "other.example", "third.example"),
            "expired": ours.sign("expired", "localhost", until=EXPIRED),
            "not yet valid": ours.sign("not-yet", "localhost", since=NOW + DAY),
        },
    )


@pytest.fixture(scope="session")
def postgres(folder: Path) -> Iterator[PostgresTls]:
    found = {major: path for major, path in binaries().items() if speaks_tls(path)}
    if not found:
        pytest.skip("no PostgreSQL with TLS is here: apt-get install postgresql-15")
    programs = found[max(found)]
    home = folder / "postgres"
    home.mkdir()
    data = home / "data"
    initdb(programs, data, "postgres", PASSWORD)
    # As with rds.force_ssl: everybody but the superuser of this test has to speak TLS.
    rules = "hostssl all all all scram-sha-256\nhost all postgres all scram-sha-256\n"
    (data / "pg_hba.conf").write_text(rules)
    with running(programs, data, []) as port:
        yield PostgresTls(port, data, account(programs, home).owner)


@pytest.fixture(scope="session")
def cache(folder: Path, certificates: Certificates) -> Iterator[RedisTls]:
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        pytest.skip("no redis-server is here: apt-get install redis-server")
    good = certificates.pairs["good"]
    made = RedisTls(free_port(), free_port())
    options = {
        "port": made.plain,
        "tls-port": made.port,
        "tls-cert-file": good.certificate,
        "tls-key-file": good.key,
        "tls-ca-cert-file": certificates.roots,
        "tls-auth-clients": "no",
        "bind": "127.0.0.1",
        "requirepass": PASSWORD,
        "save": "",
        "dir": folder,
    }
    command = [program, *(word for name, value in options.items() for word in (f"--{name}", str(value)))]
    with (folder / "redis.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        until = time.monotonic() + 10
        while b"Ready to accept connections" not in (folder / "redis.log").read_bytes():
            if process.poll() is not None:
                pytest.skip(f"{program} speaks no TLS: {(folder / 'redis.log').read_text().strip().splitlines()[-1]}")
            assert time.monotonic() < until
            time.sleep(0.01)
        yield made
    finally:
        process.terminate()
        process.wait(20)
