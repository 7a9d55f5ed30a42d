"""Many scrapes of nodes that die, come back, fall silent and end sessions: nothing leaks, and nothing is stuck."""

from __future__ import annotations

import gc
import os
import random
import re
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import psycopg
import pytest
from mortal import Mortal, folder, mortal
from real_servers import ADMIN_PASSWORD, SUPERUSER_PASSWORD, Postgres, Valkey

from bootstrap.secrets import Secret
from observe.metrics import login
from observe.metrics.exporter import Exporter
from observe.metrics.postgres.catalogue import readings
from observe.metrics.postgres.source import PostgresSource
from observe.metrics.redis.source import RedisSource
from observe.nodes import postgres_nodes, redis_nodes

pytestmark = pytest.mark.server
ROUNDS = int(os.environ.get("KILLS", "200")) // 200
"""In each of them every trouble comes once, in another order: one, or five with KILLS=1000."""


class Doomed:
    """A server that troubles come over."""

    def __init__(self, server: Mortal) -> None:
        self._server = server

    @property
    def port(self) -> int:
        return self._server.server.port

    @contextmanager
    def dead(self) -> Iterator[None]:
        self._server.kill()
        yield
        self._server.revive()

    @contextmanager
    def session_ended(self) -> Iterator[None]:
        with self._server.server.superuser() as conn:
            conn.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'datatier-ops'"
            )
        yield

    @contextmanager
    def silent(self) -> Iterator[None]:
        """The whole server stops: it takes connections by way of the kernel, and says nothing."""
        with self._server.server.superuser() as conn:
            row = conn.execute("SELECT array_agg(pid) FROM pg_stat_activity WHERE application_name = 'datatier-ops'")
            pids = [self._postmaster(), *((row.fetchone() or ([],))[0] or [])]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    @contextmanager
    def full(self) -> Iterator[None]:
        """No connection is left, and our session is gone."""
        held: list[psycopg.Connection] = []
        with self._server.server.superuser() as conn:
            conn.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'datatier-ops'"
            )
            try:
                for _ in range(60):
                    held.append(self._server.server.superuser())
            except psycopg.OperationalError:
                pass
        yield
        for each in held:
            each.close()

    def _postmaster(self) -> int:
        return int((self._server._data / "postmaster.pid").read_text().split()[0])


def _ups(text: str) -> dict[str, float]:
    found = re.findall(r'^(?:pg|redis)_up\{instance="s/(.*?)"\} (\d)$', text, re.MULTILINE)
    return {name: float(value) for name, value in found}


def _held() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_nodes_that_come_and_go(server: Postgres, main_cache: Valkey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login, "PAUSE", 0.01)
    monkeypatch.setattr(login, "LONGEST_PAUSE", 0.05)
    random_ = random.Random(int(os.environ.get("SEED", "1")))
    with folder() as place, mortal(place) as dying:
        doomed = Doomed(dying)

        def url(port: int) -> Secret:
            return Secret(f"postgres://rdsadmin:{SUPERUSER_PASSWORD}@127.0.0.1:{port}/postgres")

        sources = [
            PostgresSource(partial(replace, postgres_nodes(url(port))[0], name=name), readings())
            for name, port in (("doomed", doomed.port), ("well", server.port))
        ]
        # `default` is off once a bootstrap of another test has been there.
        cache = redis_nodes(Secret(f"redis://acl-admin:{ADMIN_PASSWORD}@127.0.0.1:{main_cache.port}"))[0]
        exporter = Exporter([*sources, RedisSource(lambda: cache)], "s", say=pytest.fail)
        every = {"doomed": 1.0, "well": 1.0, "redis": 1.0}
        assert _ups(exporter.text(10)) == every
        gc.collect()  # what tests before this one have left would go in its midst
        before = threading.active_count(), _held()
        for _ in range(ROUNDS):
            for trouble in random_.sample((doomed.dead, doomed.session_ended, doomed.silent, doomed.full), 4):
                with trouble():
                    for _ in range(random_.randint(1, 2)):
                        found = _ups(exporter.text(3 if trouble == doomed.silent else 20))
                        assert {**found, "doomed": 1.0} == every, trouble.__name__
                until = time.monotonic() + 60
                while _ups(exporter.text(20)) != every:
                    assert time.monotonic() < until, trouble.__name__
        gc.collect()  # which is off here, and on in the server
        assert threading.active_count() <= before[0]
        assert _held() <= before[1]
        with dying.server.superuser() as conn:
            ours = conn.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'datatier-ops'"
            ).fetchone()
        assert ours == (1,)
        exporter.close(5)
        assert threading.active_count() == before[0] - 3
