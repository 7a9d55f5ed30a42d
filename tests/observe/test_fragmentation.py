"""What a node takes beyond what it holds: by INFO, as each allocator counts it."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
import redis
from real_servers import Valkey, valkey

from observe.observation import Row
from observe.redis.fragmentation import FRAGMENTATION, jemalloc

INFO = {
    "mem_allocator": "jemalloc-5.3.0",
    "used_memory": 100_000_000,
    "used_memory_rss": 180_000_000,
    "mem_fragmentation_ratio": 1.8,
    "mem_fragmentation_bytes": 80_000_000,
    "allocator_rss_ratio": 1.5,
    "allocator_rss_bytes": 50_000_000,
    "allocator_frag_ratio": 1.2,
    "allocator_frag_bytes": 20_000_000,
    "active_defrag_running": 0,
}
REDIS = shutil.which("redis-server")


def row(**more: object) -> Row:
    assert FRAGMENTATION.arrange
    (found,) = FRAGMENTATION.arrange([{**INFO, **more}])  # type: ignore[dict-item]
    return found


def test_what_info_says() -> None:
    assert row() == {
        "allocator": "jemalloc-5.3.0",
        "used_bytes": 100_000_000.0,
        "resident_bytes": 180_000_000.0,
        "beyond_percent": 80.0,
        "beyond_bytes": 80_000_000.0,
        "kept_percent": 50.0,
        "kept_bytes": 50_000_000.0,
        "scattered_percent": 20.0,
        "scattered_bytes": 20_000_000.0,
        "defragmenting": False,
    }
    # What was swapped out is not in memory.
    assert row(mem_fragmentation_ratio=0.7)["beyond_percent"] == 0


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (
            {},
            [
                ("freed-kept", "47.7 MiB (50.0 %) more memory than the allocator uses, in pages that hold nothing"),
                (
                    "scattered",
                    "19.1 MiB (20.0 %) more memory in the allocator's pages than it holds, as values lie scattered "
                    "over them",
                ),
            ],
        ),
        ({"allocator_rss_ratio": 1.1, "allocator_frag_ratio": 1.1}, []),
        ({"allocator_rss_bytes": 10 * 1024**2, "allocator_frag_bytes": 10 * 1024**2}, []),
        (
            {"mem_allocator": "libc"},
            [
                (
                    "fragmentation",
                    "76.3 MiB (80.0 %) more memory of its machine than it uses, "
                    "which libc gives back when the node ends",
                )
            ],
        ),
        ({"mem_allocator": "libc", "mem_fragmentation_ratio": 1.4}, []),
    ],
)
def test_what_is_too_much(more: dict[str, object], expected: list[tuple[str, str]]) -> None:
    assert [(each.check, each.message) for each in FRAGMENTATION.judge([row(**more)])] == expected


def answered(client: redis.Redis) -> Row:
    assert FRAGMENTATION.arrange
    (found,) = FRAGMENTATION.arrange([client.info("memory")])
    return found


@pytest.mark.server
def test_an_allocator_that_purges_and_one_that_says_it_does(valkey_server: Valkey) -> None:
    with valkey_server.admin() as client:
        assert not jemalloc(answered(client))
        assert client.memory_purge()  # says so, and does nothing


@pytest.mark.server
@pytest.mark.skipif(REDIS is None, reason="redis-server is not on PATH")
def test_debians_server_has_the_allocator_that_purges() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="dt-redis-", dir="/tmp") as folder,
        valkey(Path(folder), program=REDIS) as server,
        server.admin() as client,
    ):
        assert jemalloc(answered(client))
        assert client.memory_purge()
