"""Keys of a snapshot file against what the server that wrote it says of them."""

from __future__ import annotations

import random
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
from real_servers import free_port, valkey

from observe.keys.rdb import RdbError, snapshot
from observe.keys.rdb_values import PIECE, decompressed, text, texts
from observe.keys.record import Record

DEBIAN = shutil.which("redis-server")


@contextmanager
def _valkey(folder: Path) -> Iterator[redis.Redis]:
    with valkey(folder, "--maxmemory-policy", "allkeys-lfu") as server, server.admin() as client:
        yield client


@contextmanager
def _redis(folder: Path) -> Iterator[redis.Redis]:
    port = free_port()
    assert DEBIAN is not None
    process = subprocess.Popen([DEBIAN, "--port", str(port), "--save", "", "--dir", folder], stdout=subprocess.DEVNULL)
    try:
        with redis.Redis(port=port, decode_responses=True) as client:
            client.ping()
            yield client
    finally:
        process.terminate()
        process.wait(20)


def _fill(client: redis.Redis, *, of_valkey: bool) -> None:
    """A key of every encoding, in two databases, some with a TTL."""
    random.seed(7)
    word = lambda: f"{random.getrandbits(160):040x}"  # noqa: E731
    client.set("plain", "x")
    client.set("number", 1234)
    client.set("negative", -70_000)
    client.set("large", 12_345_678_901)
    client.set("repeats", "abc" * 2000)
    client.set("noise", word() * 5, ex=3600)
    client.set("n" * 70, "a name of more than 63 bytes")
    client.set("k" * 20_000, "a name that is compressed")
    client.hset("hash:small", mapping={"a": 1, "b": "two"})
    client.hset("hash:repeats", mapping={f"field{n}": "v" * 30 for n in range(40)})
    client.hset("hash:large", mapping={f"f{n}": word() for n in range(700)})
    client.rpush("list:small", "a", "b", "c")
    client.rpush("list:large", *[word() for _ in range(900)])
    client.rpush("list:plain", "p" * 20_000, "q", "r" * 20_000)
    client.sadd("set:numbers", *range(20))
    client.sadd("set:small", "a", "b")
    client.sadd("set:large", *[word() for _ in range(600)])
    client.zadd("zset:small", {"a": 1, "b": 2.5})
    client.zadd("zset:large", {word(): n / 3 for n in range(400)})
    for n in range(250):
        client.xadd("stream:groups", {"n": n})
    client.xgroup_create("stream:groups", "workers", "0")
    client.xreadgroup("workers", "one", {"stream:groups": ">"}, count=7)
    client.xadd("stream:alone", {"a": 1})
    client.expire("hash:small", 600)
    client.function_load("#!lua name=mylib\nserver.register_function('f', function() return 1 end)".replace(
        "server.", "server." if of_valkey else "redis."))  # fmt: skip
    client.execute_command("SELECT", 3)
    client.set("elsewhere", "1")
    if of_valkey:
        client.hset("hash:fields", mapping={f"f{n}": word() for n in range(5)})
        client.execute_command("HEXPIRE", "hash:fields", 1000, "FIELDS", 1, "f1")
    client.execute_command("SELECT", 0)


_COUNT: dict[str, str] = {"hash": "HLEN", "list": "LLEN", "set": "SCARD", "zset": "ZCARD", "stream": "XLEN"}


def _as_the_server_says(client: redis.Redis) -> dict[tuple[int, str], tuple[str, bool, int | None, int]]:
    """(database, key) -> type, whether it has a TTL, elements, MEMORY USAGE."""
    found = {}
    for database in (0, 3):
        client.execute_command("SELECT", database)
        for key in client.scan_iter(count=1000):
            kind = client.type(key)
            count = int(client.execute_command(_COUNT[kind], key)) if kind in _COUNT else None
            found[database, key] = (kind, client.ttl(key) > 0, count, int(client.memory_usage(key, samples=0) or 0))
    client.execute_command("SELECT", 0)
    return found


@pytest.mark.parametrize(
    ("server", "signature"),
    [
        pytest.param(_valkey, ("valkey 9.1.2", 80), id="valkey"),
        pytest.param(
            _redis,
            ("redis 7.0.15", 10),
            id="redis",
            marks=pytest.mark.skipif(DEBIAN is None, reason="redis-server is not on PATH"),
        ),
    ],
)
def test_each_key_is_as_the_server_says(
    server: Callable[[Path], Iterator[redis.Redis]], signature: tuple[str, int]
) -> None:
    with tempfile.TemporaryDirectory(prefix="dt-rdb-", dir="/tmp") as folder, server(Path(folder)) as client:
        _fill(client, of_valkey=server is _valkey)
        said = _as_the_server_says(client)
        client.save()
        with snapshot(Path(folder) / "dump.rdb") as file:
            read: dict[tuple[int, str], Record] = {(each.database, each.key.decode()): each for each in file.records()}
            assert (file.server, file.version) == signature
    assert {at: (each.type, bool(each.ttl), each.elements) for at, each in read.items()} == {
        at: (kind, ttl, count) for at, (kind, ttl, count, _) in said.items()
    }
    hour = read[0, "noise"].ttl
    assert hour is not None
    assert 3_590_000 <= hour <= 3_600_000
    assert (read[0, "plain"].frequency is not None) == (server is _valkey)  # the policy keeps frequencies
    total, measured = sum(each.size for each in read.values()), sum(each[3] for each in said.values())
    assert 0.75 < total / measured < 1.33


def test_a_file_that_is_cut_off_is_never_read_as_a_whole_one() -> None:
    with tempfile.TemporaryDirectory(prefix="dt-rdb-", dir="/tmp") as folder, _valkey(Path(folder)) as client:
        client.hset("basket", mapping={f"f{n}": "v" * 80 for n in range(150)})
        client.set("greeting", "hello")
        client.save()
        whole = (Path(folder) / "dump.rdb").read_bytes()
        cut = Path(folder) / "cut.rdb"
        for size in range(9, len(whole) - 9, 7):
            cut.write_bytes(whole[:size])
            with pytest.raises(RdbError, match="cut off"), snapshot(cut) as file:
                list(file.records())


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is not a snapshot"),
        (b"hello, world", "is not a snapshot"),
        (b"REDIS", "is not a snapshot"),
        (b"REDISabcd\xff", "is not a snapshot"),
        (b"REDIS0012\xff", "has version 12 of REDIS's format; 11 is the latest"),
        (b"VALKEY081\xff", "has version 81 of VALKEY's format; 80 is the latest"),
        (b"VALKEY080\x17\x01a\x01b\xff", "after b'a', before byte 12: type 23 is not known"),
        (b"VALKEY080\xf2\xff", "code 242 is not known"),
        (b"VALKEY080\x00\x01a\x90\xff", "no length begins with byte 144"),
    ],
)
def test_what_is_no_snapshot_is_refused_with_a_sentence(content: bytes, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "other.rdb"
    path.write_bytes(content)
    with pytest.raises(RdbError, match=sentence), snapshot(path) as file:
        list(file.records())


def test_a_compressed_name_is_decompressed() -> None:
    # A literal "ab", then twice the longest copy of what is one byte back.
    assert b"".join(decompressed(b"\x01ab\xe0\x00\x00\x20\x01", 14)) == b"ab" + b"b" * 9 + b"bbb"


@pytest.mark.parametrize("size", [0, 10, PIECE - 1, PIECE, 3 * PIECE + 5])
def test_a_long_string_is_read_piece_by_piece_with_what_it_refers_back_to(size: int) -> None:
    """The same as in one piece, whatever the length, and no piece much longer than a MiB."""
    plain = b"\x80" + size.to_bytes(4, "big") + random.Random(size).randbytes(size)
    # A literal of 32 bytes, then copies of 200 bytes from as far back as there is, 8192 at most.
    packed, loaded = b"\x1f" + bytes(range(32)), 32
    while loaded < size:
        back = min(loaded, 8192) - 1
        packed += bytes([0xE0 | back >> 8, 191, back & 0xFF])
        loaded += 200
    lengths = b"".join(b"\x80" + each.to_bytes(4, "big") for each in (len(packed), loaded))
    for data in (plain, b"\xc3" + lengths + packed):
        pieces = list(texts(b"other" + data + b"rest", 5))
        assert b"".join(pieces) == text(data, 0)[0]
        assert max(map(len, pieces), default=0) <= PIECE + 8192 + 264
