"""What Redis before 7.0 keeps in ways that no newer server writes, and the file of one that was saved.

`redis-6.2.rdb` is what `saved` made with Redis 6.2.5, as ElastiCache exports it of a cache that was there before. Redis
5.0.6 and 6.0 write the same types.
"""

from __future__ import annotations

from pathlib import Path

import redis

FILE = Path(__file__).with_name("redis-6.2.rdb")
NUMBERS = (0, 1, 12, 13, -1, 127, -128, 128, -32768, 32767, 8388607, -8388608, 2**31 - 1, -(2**31), 2**62, -(2**63))
KEYS = 12


def fill(client: redis.Redis) -> None:
    """Each type as it is packed there: numbers and lengths of every width, streams with every kind of group."""
    with client.pipeline(transaction=False) as pipe:
        pipe.set("word", "short")
        pipe.set("text", "all work and no play makes Jack a dull boy " * 50)
        pipe.rpush("list", *NUMBERS, "", "x" * 63, "y" * 64, "z" * 300, "after a long one", "w" * 20_000, b"\xff\x00")
        pipe.hset("loan:1", mapping={str(each): "n" * (each % 60) for each in NUMBERS})
        pipe.pexpireat("loan:1", 4_102_444_800_000)
        pipe.hset("table", mapping={f"field{number}": number / 7 for number in range(600)})
        pipe.zadd("few", {"a": 1.5, "b": -1, "c": float("inf"), "d": float("-inf"), "e": 1e300, "f": 0.1, "7": 7})
        pipe.zadd("scores", {f"member{number}": number / 3 for number in range(200)})
        pipe.sadd("integers", *NUMBERS)
        pipe.sadd("members", *(f"member{number}" for number in range(20)))
        for number in range(1, 251):
            fields = {"n": number, "text": "t" * (number % 90)} if number % 50 else {"other": number}
            pipe.xadd("stream", fields, id=f"1000-{number}")
        pipe.xdel("stream", "1000-1", "1000-2", "1000-7", "1000-250")
        for name, at in {"before": "0", "first": "1000-3", "middle": "1000-9", "last": "$", "ahead": "2000-0"}.items():
            pipe.xgroup_create("stream", name, at)
        pipe.xreadgroup("before", "one", {"stream": ">"}, count=7)
        pipe.xreadgroup("before", "two", {"stream": ">"}, count=2)
        pipe.xack("stream", "before", "1000-4")
        pipe.xadd("drained", {"a": 1}, id="5-1")
        pipe.xgroup_create("drained", "readers", "0")
        pipe.xtrim("drained", maxlen=0)
        pipe.execute_command("SELECT", 5)
        pipe.set("shelf:1", "here")
        pipe.execute()
