"""Servers with keys to look at, the users that look, and nodes as the room sees them."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from real_servers import Valkey, valkey

from bootstrap.access import RedisRules, access_string
from bootstrap.secrets import Secret, open_redis_url
from observe.node import RedisNode

PASSWORD = "of-a-test"
INVENTORY = access_string(RedisRules(role="inventory"))
PROGRAMS = {"valkey": None, "redis": shutil.which("redis-server")}
_numbers = itertools.count(1)


@contextmanager
def server(engine: str = "valkey", *options: str) -> Iterator[Valkey]:
    with (
        tempfile.TemporaryDirectory(prefix="dt-keys-", dir="/tmp") as folder,
        valkey(Path(folder), *options, program=PROGRAMS[engine]) as made,
    ):
        yield made


def user(of: Valkey, rules: str = INVENTORY) -> str:
    """A new user with these rules."""
    name = f"looker{next(_numbers)}"
    with of.admin() as admin:
        admin.execute_command("ACL", "SETUSER", name, "reset", *rules.split(), f">{PASSWORD}")
    return name


def url(of: Valkey, rules: str = INVENTORY) -> Secret:
    """With which a new user with these rules logs in."""
    return Secret(f"redis://{user(of, rules)}:{PASSWORD}@127.0.0.1:{of.port}")


def node(of: Valkey, rules: str = INVENTORY) -> RedisNode:
    login = url(of, rules)
    address = f"127.0.0.1:{of.port}"
    return RedisNode(
        name=address, cache="shop", address=address, connect=lambda seconds: open_redis_url(login, seconds=seconds)
    )


def fill(client: redis.Redis, number: int = 300) -> None:
    """Baskets of an hour, one without a TTL; pages in database 3; a long list; names that are no text."""
    with client.pipeline(transaction=False) as pipe:
        for each in range(number):
            pipe.hset(f"basket:{each}", mapping={"lines": "x"})
            pipe.expire(f"basket:{each}", 3600)
        pipe.persist("basket:7")
        pipe.rpush("lost:letters", *range(6000))
        for name in (b"a\r\nb", b"\xff\x00", b"", b"two words", b"$3\r\nabc\r\n"):
            pipe.set(name, "x")
        pipe.execute_command("SELECT", 3)
        pipe.set("page:/", "x" * 150_000, ex=60)
        pipe.execute_command("SELECT", 0)
        pipe.execute()
