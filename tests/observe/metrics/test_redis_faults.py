"""A node that is down, silent, loading, alone, full, or has another password: it is said, and it comes back."""

from __future__ import annotations

import itertools
import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import redis
from peer_states import node, open_node
from postgres_server import free_port

from bootstrap.secrets import LoginError, Secret, open_redis_url
from local.valkey.binaries import find
from observe.metrics import login as module
from observe.metrics.redis.source import RedisSource
from observe.nodes import redis_nodes

pytestmark = pytest.mark.server
_numbers = itertools.count(1)


@pytest.fixture
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="dt-faults-", dir="/tmp") as place:
        yield Path(place)


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE", 0)


@contextmanager
def valkey(folder: Path, *options: str, port: int | None = None) -> Iterator[int]:
    with node(find().path, folder / str(next(_numbers)), *options, port=port) as found:
        yield found


@contextmanager
def scraped(port: int, login: str = "") -> Iterator[RedisSource]:
    found = RedisSource(lambda: redis_nodes(Secret(f"redis://{login}127.0.0.1:{port}"))[0])
    try:
        yield found
    finally:
        found.close()


def values(source: RedisSource, *names: str, seconds: float = 20) -> Sequence[float | None]:
    """Values of metrics, None for what is not there."""
    families = {each.name: each for each in source.scrape(time.monotonic() + seconds).families}
    return [families[name].samples[0].value if name in families else None for name in names]


def reason(source: RedisSource) -> str:
    (family,) = (
        e for e in source.scrape(time.monotonic() + 20).families if e.name == "redis_exporter_last_scrape_error"
    )
    return dict(family.samples[0].labels)["err"]


def test_killed_and_started_again(folder: Path) -> None:
    port = free_port()
    with scraped(port) as source:
        with valkey(folder, port=port):
            assert values(source, "redis_up", "redis_maxmemory") == [1, None]
        assert values(source, "redis_up", "redis_db_keys", "redis_exporter_scrapes_total") == [0, None, 2]
        assert "Connection refused" in reason(source)
        with valkey(folder, port=port):
            assert values(source, "redis_up") == [1]
        with valkey(folder, port=port):  # a restart between two scrapes is not seen
            assert values(source, "redis_up", "redis_exporter_scrapes_total") == [1, 5]


def test_silent(folder: Path) -> None:
    with valkey(folder) as port, scraped(port) as source, open_node(port) as client:
        pid = client.info("server")["process_id"]
        assert values(source, "redis_up") == [1]
        os.kill(pid, signal.SIGSTOP)
        try:
            assert values(source, "redis_up", "redis_uptime_in_seconds", seconds=0.2) == [0, None]
        finally:
            os.kill(pid, signal.SIGCONT)
        assert values(source, "redis_up") == [1]
        assert client.info("clients")["connected_clients"] == 2


def test_loading(folder: Path) -> None:
    data = folder / "data"
    data.mkdir()
    with valkey(folder, "--dir", str(data), "--enable-debug-command", "yes") as port, open_node(port) as client:
        client.execute_command("DEBUG", "POPULATE", 20_000, "customer", 100)
        client.save()
    slow = ("--dir", str(data), "--key-load-delay", "1000", "--loading-process-events-interval-bytes", "1024")
    with valkey(folder, *slow) as port, scraped(port) as source:
        names = ("redis_up", "redis_loading_dump_file", "redis_slowlog_length", "redis_config_maxclients")
        assert values(source, *names) == [1, 1, 0, 10_000]


def test_a_replica_without_its_primary(folder: Path) -> None:
    gone = free_port()
    alone = ("--replicaof", f"127.0.0.1 {gone}", "--replica-serve-stale-data", "no")
    with valkey(folder, *alone) as port, scraped(port) as source:
        assert values(source, "redis_up", "redis_master_link_up", "redis_slave_info") == [1, 0, 1]
        with pytest.raises(LoginError, match="Link with MASTER is down") as raised:  # whoever needs its keys is told
            open_redis_url(Secret(f"redis://127.0.0.1:{port}"))
        assert not raised.value.refused


def test_a_cluster_that_is_down(folder: Path) -> None:
    bus = ("--cluster-enabled", "yes", "--cluster-port", str(free_port()))
    with valkey(folder, *bus) as port, scraped(port) as source:
        assert values(source, "redis_up", "redis_cluster_state", "redis_cluster_slots_ok") == [1, 0, 0]


def test_no_room_for_one_more_client(folder: Path) -> None:
    with valkey(folder, "--maxclients", "2") as port, scraped(port) as source:
        with open_node(port) as one, open_node(port) as other:
            one.ping()
            other.ping()
            assert reason(source).endswith("max number of clients reached")
            assert values(source, "redis_up") == [0]
        until = time.monotonic() + 20
        while values(source, "redis_up") != [1]:  # the server notices that they are gone when it next looks
            assert time.monotonic() < until


def test_a_wrong_password_is_tried_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE", 600)
    monkeypatch.setattr(module, "LONGEST_PAUSE", 600)
    with valkey(folder, "--requirepass", "of-a-test") as port, scraped(port, ":another@") as source:
        assert "invalid username-password pair" in reason(source)
        for _ in range(5):
            assert values(source, "redis_up") == [0]
        assert reason(source) == "its next login is after a pause"
        with redis.Redis(port=port, password="of-a-test", protocol=2) as client:
            assert client.info("stats")["acl_access_denied_auth"] == 1


def test_a_password_that_was_renewed(folder: Path) -> None:
    with valkey(folder, "--requirepass", "of-a-test") as port:
        logins = iter([":of-before@", ":of-a-test@"])
        source = RedisSource(lambda: redis_nodes(Secret(f"redis://{next(logins)}127.0.0.1:{port}"))[0])
        assert [values(source, "redis_up"), values(source, "redis_up")] == [[0], [1]]
        source.close()
