"""Measures 1,000 Redis users on a server: planned and applied from nothing, and again with nothing to do.

    .venv/bin/python bench/redis_users.py            print the table
    WRITE=1 .venv/bin/python bench/redis_users.py    and put it into bench/README.md

The server is the one of the tests, on loopback, with an ACL file. Beside it, in the same run: one round trip for each
user, as a client does that calls ACL GETUSER and ACL SETUSER in a loop.
"""

from __future__ import annotations

import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "bootstrap")]

from real_servers import valkey  # noqa: E402
from section import publish  # noqa: E402

from bootstrap.access.model import RedisRules  # noqa: E402
from bootstrap.access.rules import access_string  # noqa: E402
from bootstrap.redis.by_url import apply_client, plan_client  # noqa: E402
from bootstrap.redis.users import User  # noqa: E402
from bootstrap.secrets import Secret, new_password, redis_hash  # noqa: E402

COUNT = 1000
RUNS = 7


def made(count: int) -> list[User]:
    """So many users, each with key spaces of its own."""
    rules = [
        RedisRules(
            keys=(f"app{number}:*", f"session:{number}:*"),
            read=("shared:*",),
            channels=(f"events:{number}:*",),
            commands=("@read", "@write", "@pubsub", "@transaction"),
        )
        for number in range(count)
    ]
    secrets: list[Secret] = [new_password() for _ in range(count)]
    return [
        User(name=f"user{number:04}", rules=access_string(rule), password=secret)
        for number, (rule, secret) in enumerate(zip(rules, secrets, strict=True))
    ]


def one_by_one(client: Any, users: list[User]) -> None:
    """A round trip to look and one to write, for every user."""
    for user in users:
        assert user.password
        client.execute_command("ACL", "GETUSER", user.name)
        client.execute_command("ACL", "SETUSER", user.name, *user.rules.split(" "), f"#{redis_hash(user.password)}")
    client.execute_command("ACL", "SAVE")


def timed(work: Callable[[], object], before: Callable[[], object] = lambda: None) -> list[float]:
    """Seconds of each run, the first left out."""
    taken = []
    for number in range(RUNS + 1):
        before()
        begun = time.perf_counter()
        work()
        if number:
            taken.append(time.perf_counter() - begun)
    return taken


def rows() -> list[tuple[str, list[float], str]]:
    """Every measurement: name, seconds, target."""
    users = made(COUNT)
    with tempfile.TemporaryDirectory(dir="/tmp") as folder, valkey(Path(folder)) as server, server.admin() as client:

        def nobody() -> None:
            names = [name for name in client.acl_users() if name not in {"default", "acl-admin"}]
            if names:
                client.acl_deluser(*names)

        found = [
            (
                f"{COUNT:,} users planned and applied, none there",
                timed(lambda: apply_client(client, users), nobody),
                "0.2 s",
            ),
            ("the same again, nothing to do", timed(lambda: apply_client(client, users)), ""),
        ]
        for user in users:
            client.execute_command("ACL", "SETUSER", user.name, "+flushall")
        assert len(plan_client(client, users).changes) == COUNT
        found.append(
            ("planned where every user has one command too many", timed(lambda: plan_client(client, users)), "")
        )
        found.append(
            (
                "one round trip to look and one to write for each user",
                timed(lambda: one_by_one(client, users), nobody),
                "",
            )
        )
    return found


def markdown(measured: list[tuple[str, list[float], str]]) -> str:
    """The table, with each row's ratio to the last, which is the naive way."""
    naive = statistics.median(measured[-1][1])
    lines = ["| what | median s | fastest - slowest | of the naive way | target |", "|---|---|---|---|---|"]
    lines += [
        f"| {name} | {statistics.median(s):.3f} | {min(s):.3f} - {max(s):.3f} "
        f"| {statistics.median(s) / naive:.2f} | {target} |"
        for name, s, target in measured
    ]
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    return f"{machine}, Valkey on loopback; {RUNS} runs after one to warm up.\n\n" + "\n".join(lines)


def main() -> None:
    """Print, and write when asked."""
    text = markdown(rows())
    publish("redis users", text)


if __name__ == "__main__":
    main()
