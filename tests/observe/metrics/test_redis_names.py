"""Names, types and labels are exactly redis_exporter's, on each node that it was run on
(`redis_exporter_names.csv`, made by `make_redis_exporter_names.py` from v1.88.0)."""

from __future__ import annotations

import csv
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from once import kept
from peer_states import STATES, Names, names, nodes

from bootstrap.secrets import Secret
from local.valkey.binaries import Binary, find
from observe.metrics.redis.source import RedisSource
from observe.metrics.source import shown
from observe.metrics.text import render
from observe.nodes import redis_nodes

pytestmark = pytest.mark.server
ROWS = list(csv.DictReader(Path(__file__).with_name("redis_exporter_names.csv").read_text("utf-8").splitlines()))
OWN = {"datatier_up", "datatier_response_seconds"}


def binary(server: str) -> Path:
    if server == "valkey9.1":
        return find().path
    path = shutil.which("redis-server")
    if path is None or not Binary(Path(path)).version.startswith("Redis 7.0."):
        pytest.skip("there is no Redis 7.0 here: apt install redis-server on Debian 12")
    return Path(path)


@contextmanager
def _running(server: str) -> Iterator[dict[str, int]]:
    with TemporaryDirectory(prefix="dt-peer-", dir="/tmp") as folder, nodes(binary(server), Path(folder)) as ports:
        yield ports


@pytest.fixture(scope="module")
def ports_of() -> Iterator[Callable[[str], dict[str, int]]]:
    with kept(_running) as running:
        yield running


def expected(server: str, state: str) -> Names:
    found = {
        (row["metric"], row["type"], row["labels"])
        for row in ROWS
        if row["told of"] == "all" or f"{server} {state}" in row["told of"].split(" | ")
    }
    assert len(found) > 150
    return frozenset(found)


def told(port: int) -> Names:
    source = RedisSource(lambda: redis_nodes(Secret(f"redis://127.0.0.1:{port}"))[0])
    try:
        scrapes = [source.scrape(time.monotonic() + 20) for _ in range(2)]  # the first is not in its own figures
    finally:
        source.close()
    assert scrapes[-1].refused == []
    return frozenset(each for each in names(render([(None, shown(scrapes[-1]))])) if each[0] not in OWN)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("server", ["valkey9.1", "redis7.0"])
def test_names_types_and_labels(server: str, state: str, ports_of: Callable[[str], dict[str, int]]) -> None:
    assert sorted(told(ports_of(server)[state])) == sorted(expected(server, state))


@pytest.mark.parametrize("server", ["valkey9.1", "redis7.0"])
def test_no_command_is_sent_that_the_server_has_not(server: str, ports_of: Callable[[str], dict[str, int]]) -> None:
    source = RedisSource(lambda: redis_nodes(Secret(f"redis://127.0.0.1:{ports_of(server)['empty']}"))[0])
    found = []
    for _ in range(3):
        families = {each.name: each for each in source.scrape(time.monotonic() + 20).families}
        found.append(families["redis_total_error_replies"].samples[0].value)
    source.close()
    # Redis 7.0 does not know CLIENT SETINFO, with which redis-py begins.
    assert found[1:] == [found[0]] * 2
