"""Servers that show one certificate after the other, without a restart."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis
from authority import Pair
from redis.backoff import NoBackoff
from redis.retry import Retry

PASSWORD = "password-of-a-test"


@dataclass(frozen=True)
class Certificates:
    """What a server may show, by what is wrong with it."""

    roots: Path
    """The bundle that the client trusts."""
    pairs: dict[str, Pair]


class PostgresTls:
    """A PostgreSQL that shows one certificate after the other, or none."""

    def __init__(self, port: int, data: Path, owner: tuple[int, int] | None) -> None:
        self.port = port
        self._data = data
        self._owner = owner

    def show(self, pair: Pair | None) -> None:
        """Show this certificate from now on; None turns TLS off."""
        where = f"host=127.0.0.1 port={self.port} dbname=postgres user=postgres password={PASSWORD} sslmode=disable"
        loaded = "SELECT pg_conf_load_time()"
        with psycopg.connect(where, autocommit=True) as conn:
            before = conn.execute(loaded).fetchone()
            if pair:
                for name, source in (("server.crt", pair.certificate), ("server.key", pair.key)):
                    shutil.copy(source, self._data / name)
                    if self._owner:
                        shutil.chown(self._data / name, *self._owner)
            conn.execute("ALTER SYSTEM SET ssl = on" if pair else "ALTER SYSTEM SET ssl = off")
            conn.execute("SELECT pg_reload_conf()")
        until = time.monotonic() + 10
        while True:  # the postmaster takes the signal between two connections
            with psycopg.connect(where) as conn:
                if conn.execute(loaded).fetchone() != before:
                    return
            assert time.monotonic() < until
            time.sleep(0.01)


@dataclass(frozen=True)
class RedisTls:
    """A Redis that shows one certificate after the other on `port`, and speaks plain text on `plain`."""

    port: int
    plain: int

    def show(self, pair: Pair) -> None:
        """Show this certificate from now on."""
        with redis.Redis(port=self.plain, password=PASSWORD, protocol=2, retry=Retry(NoBackoff(), 0)) as client:
            client.config_set("tls-cert-file", str(pair.certificate), "tls-key-file", str(pair.key))


def speaks_tls(programs: Path) -> bool:
    """Whether it was built with OpenSSL: those of the wheel are not."""
    return b"libssl" in (programs / "postgres").read_bytes()
