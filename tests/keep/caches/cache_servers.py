"""Servers whose caches are copied, what is in them, and nodes as the program sees them."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

# The bootstrap's own tests have the servers.
sys.path.insert(0, str(Path(__file__).parents[2] / "bootstrap"))

from real_servers import ADMIN_PASSWORD, Valkey, valkey

from bootstrap.access import Keyspace
from bootstrap.secrets import Secret
from keep.redis.keys import KeysSource
from observe.keys.spaces import Spaces
from observe.node import RedisNode
from observe.nodes import redis_nodes

PROGRAMS = {"valkey": None, "redis": shutil.which("redis-server")}
"""Debian's Redis is 7.0."""
ENGINES = [name for name, program in PROGRAMS.items() if program or name == "valkey"]
DEBUG = ("--enable-debug-command", "yes", "--repl-diskless-sync-delay", "0")
LIBRARY = Spaces(
    {
        "loan": Keyspace(pattern="loan:{member}", cache="desk", type="any", ttl="24h", purpose="p"),
        "shelf": Keyspace(pattern="shelf:{number}", cache="desk", type="any", ttl="none", purpose="p", database=5),
    },
    cache="desk",
)


@contextmanager
def server(engine: str = "valkey", *options: str) -> Iterator[Valkey]:
    with (
        tempfile.TemporaryDirectory(prefix="dt-copy-", dir="/tmp") as folder,
        valkey(Path(folder), *DEBUG, *options, program=PROGRAMS[engine]) as made,
    ):
        yield made


def url(of: Valkey, user: str = "acl-admin", password: str = ADMIN_PASSWORD) -> Secret:
    return Secret(f"redis://{user}:{password}@127.0.0.1:{of.port}")


def nodes(*servers: Valkey) -> tuple[RedisNode, ...]:
    return tuple(node for each in servers for node in redis_nodes(url(each)))


def source(*servers: Valkey, spaces: Spaces = LIBRARY) -> KeysSource:
    return KeysSource(name="desk", nodes=nodes(*servers), spaces=spaces)


def digest(client: redis.Redis) -> str:
    """The server's own digest of all it has: of every database, type and element, and whether a key expires."""
    return str(client.execute_command("DEBUG", "DIGEST"))


def values(of: Valkey) -> dict[tuple[int, bytes], object]:
    """All that it has, by commands that every server answers alike: for servers whose digests are not comparable."""
    found: dict[tuple[int, bytes], object] = {}
    with of.admin() as client:
        databases = [int(name[2:]) for name in client.info("keyspace")]
    for database in databases:
        with redis.Redis(port=of.port, username="acl-admin", password=ADMIN_PASSWORD, db=database) as client:
            for key in client.keys("*"):
                found[database, key] = (client.pexpiretime(key), _value(client, key))
    return found


def _value(client: redis.Redis, key: bytes) -> object:
    kind = client.type(key)
    if kind == b"string":
        return client.get(key)
    if kind == b"list":
        return client.lrange(key, 0, -1)
    if kind == b"set":
        return client.smembers(key)
    if kind == b"hash":
        return client.hgetall(key)
    if kind == b"zset":
        return client.zrange(key, 0, -1, withscores=True)
    info = client.xinfo_stream(key)
    groups = [(each["name"], each["pending"], each["last-delivered-id"]) for each in client.xinfo_groups(key)]
    pending = [client.xpending_range(key, name, "-", "+", 1000) for name, _, _ in groups]
    idle = [[{k: v for k, v in each.items() if k != "time_since_delivered"} for each in some] for some in pending]
    counts = [info[name] for name in ("length", "last-generated-id", "max-deleted-entry-id", "entries-added")]
    return client.xrange(key), counts, groups, idle


def fill(client: redis.Redis) -> None:
    """Every type in each encoding that a server has for it; names and values that are no text; another database."""
    with client.pipeline(transaction=False) as pipe:
        for member in range(40):
            pipe.hset(f"loan:{member}", mapping={"book": "x" * member, "days": member, "1": "-7"})
            pipe.pexpire(f"loan:{member}", 86_400_000 + member)
        pipe.set("word", "short")
        pipe.set("number", -123456)
        pipe.set("text", "all work and no play makes Jack a dull boy " * 50)  # compressed
        pipe.set("noise", bytes(range(256)) * 3)
        pipe.set("empty", "")
        pipe.setbit("bits", 7_000_000, 1)
        pipe.pfadd("guess", *range(2000))
        pipe.hset("table", mapping={f"field{number}": number / 7 for number in range(700)})
        pipe.hset("wide", mapping={"k": "v" * 5000})
        pipe.sadd("integers", *range(-50, 50), 2**40)
        pipe.sadd("packed", "a", "7", "-70000", str(2**62), "x" * 63, "-1")
        pipe.sadd("members", *(f"member{number}" for number in range(700)))
        pipe.zadd("scores", {f"member{number}": number / 3 for number in range(700)})
        pipe.zadd("few", {"a": 1.5, "b": -1, "c": float("inf"), "d": float("-inf"), "e": 1e300, "f": 0.1})
        pipe.rpush("list", *(f"item{number}" for number in range(3000)), "x" * 100_000, b"\xff\x00", 7, "y" * 300)
        pipe.rpush("pair", "a", "b")
        pipe.geoadd("places", (13.361389, 38.115556, "Palermo"))
        for number in range(250):
            pipe.xadd("stream", {"n": number, "text": "t" * (number % 90)}, id=f"1000-{number + 1}")
        pipe.xdel("stream", "1000-3", "1000-250")
        pipe.xgroup_create("stream", "readers", "0")
        pipe.xgroup_create("stream", "idle", "$")
        pipe.xreadgroup("readers", "one", {"stream": ">"}, count=7)
        pipe.xreadgroup("readers", "two", {"stream": ">"}, count=2)
        pipe.xack("stream", "readers", "1000-1")
        pipe.xadd("drained", {"a": 1})
        pipe.xtrim("drained", maxlen=0)
        for name in (b"a\r\nb", b"\xff\x00", b"", b"$3\r\nabc\r\n", b"k" * 20_000):
            pipe.set(name, "x")
        pipe.execute_command("SELECT", 5)
        pipe.set("shelf:1", "here", px=86_400_000)
        pipe.execute_command("SELECT", 15)
        pipe.set("last", "x")
        pipe.execute_command("SELECT", 0)
        pipe.execute()


KEYS = 40 + 19 + 5 + 2
