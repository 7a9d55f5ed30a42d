"""Measures `datatier keys` over a million mixed keys beside `redis-cli --memkeys`, and what a neighbour feels of each.

    .venv/bin/python bench/keys.py            print the table
    WRITE=1 .venv/bin/python bench/keys.py    and put it into bench/README.md

KEYS=100000 for fewer. The server is the one of the tests, on loopback; the neighbour is one client that reads a key
every half millisecond. All are taken in turns, an idle one before each: server, scan and neighbour share two cores.
"""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from threading import Event
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "bootstrap")]

from real_servers import ADMIN_PASSWORD, valkey  # noqa: E402
from section import publish  # noqa: E402

KEYS = int(os.environ.get("KEYS", "1000000"))
TURNS = 3
IDLE = 4.0
_NEIGHBOUR = """
import random, select, socket, sys, time
port, seconds, password = int(sys.argv[1]), float(sys.argv[2]), sys.stdin.readline().strip()
with socket.create_connection(("127.0.0.1", port)) as link:
    link.sendall(f"AUTH acl-admin {password}\\r\\n".encode()); link.recv(99)
    taken, until = [], time.perf_counter() + seconds
    while time.perf_counter() < until and not (taken and select.select([sys.stdin], [], [], 0)[0]):
        sent = time.perf_counter()
        link.sendall(b"GET cache:user:%d\\r\\n" % random.randrange(100000)); link.recv(4096)
        taken.append(time.perf_counter() - sent)
        time.sleep(0.0005)
taken.sort()
print(*(1000 * taken[int(share * (len(taken) - 1))] for share in (0.5, 0.95, 0.99)))
"""


def fill(client: Any, count: int) -> None:
    """Strings, hashes, lists, sets and sorted sets, most of them with a TTL."""
    with client.pipeline(transaction=False) as pipe:
        for number in range(count):
            kind = number % 10
            if kind < 4:
                pipe.set(f"cache:user:{number}", "x" * (20 + number % 200), ex=90_000)
            elif kind < 6:
                pipe.hset(f"session:u{number % 5000}:{number * 7919:x}", mapping={"a": "1", "b": "x" * 40})
            elif kind < 7:
                pipe.set(f"auth:token:{number * 999331:x}", "y" * 60, ex=86_000)
            elif kind < 8:
                pipe.zadd(f"rank:{number}:board", {"a": 1, "b": 2})
            elif kind < 9:
                pipe.sadd(f"tags:{number}", "1", "2", "3")
            else:
                pipe.rpush(f"queue:{number}:in", "job", "job2")
            if number % 1000 == 999:
                pipe.execute()
        pipe.execute()


def beside(port: int, command: list[str] | None, environment: dict[str, str]) -> tuple[float, float, list[float]]:
    """Seconds and processor seconds of a command, and the neighbour's p50, p95 and p99 in milliseconds meanwhile."""
    neighbour = subprocess.Popen(
        [sys.executable, "-c", _NEIGHBOUR, str(port), str(IDLE if command is None else 600)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert neighbour.stdin
    neighbour.stdin.write(f"{ADMIN_PASSWORD}\n")
    neighbour.stdin.flush()
    Event().wait(0.3)
    before, began = os.times(), time.perf_counter()
    if command is not None:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
        taken, after = time.perf_counter() - began, os.times()
        neighbour.stdin.write("enough\n")
    else:
        neighbour.wait()
        taken, after = IDLE, before
    said, _ = neighbour.communicate()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return taken, used, [float(word) for word in said.split()]


def main() -> None:
    program = shutil.which("redis-cli") or sys.exit("redis-cli is not here: it comes with the package redis-tools")
    with tempfile.TemporaryDirectory(dir="/tmp") as folder, valkey(Path(folder)) as server:
        with server.admin() as client:
            fill(client, KEYS)
        where = ["-h", "127.0.0.1", "-p", str(server.port), "--user", "acl-admin", "--no-auth-warning"]
        ours = [str(ROOT / ".venv" / "bin" / "datatier"), "keys", "main", "--json"]
        environment = {
            **os.environ,
            "REDISCLI_AUTH": ADMIN_PASSWORD,
            "REDIS_URL": f"redis://acl-admin:{ADMIN_PASSWORD}@127.0.0.1:{server.port}",
        }
        commands = {
            "idle": None,
            "`redis-cli --memkeys`": [program, *where, "--memkeys"],
            "idle again": None,
            "`datatier keys`": ours,
        }
        found = {
            name: [beside(server.port, command, environment) for _ in range(1)] for name, command in commands.items()
        }
        for _ in range(TURNS - 1):
            for name, command in commands.items():
                found[name].append(beside(server.port, command, environment))
    publish("keys", table(found))


def table(found: dict[str, list[tuple[float, float, list[float]]]]) -> str:
    """The medians of the turns; each beside the idle that was taken just before it."""
    idle: dict[str, list[list[float]]] = {
        "`redis-cli --memkeys`": [each[2] for each in found["idle"]],
        "`datatier keys`": [each[2] for each in found["idle again"]],
    }
    lines = [
        f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}; "
        f"{KEYS:,} keys, {TURNS} turns, medians. The neighbour's latency is in milliseconds.",
        "",
        "| what | seconds | processor s | neighbour p50 | p95 | p99 | p95, times idle just before | target |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, turns in found.items():
        seconds, used = (statistics.median(each[at] for each in turns) for at in (0, 1))
        felt = [statistics.median(each[2][at] for each in turns) for at in range(3)]
        before = idle.get(name)
        times = statistics.median(
            each[2][1] / rest[1] for each, rest in zip(turns, before or [each[2] for each in turns], strict=True)
        )
        scan = before is not None
        target = "1.5; no slower than --memkeys" if "datatier" in name else ""
        lines.append(
            f"| {name} | {f'{seconds:.1f}' if scan else ''} | {f'{used:.1f}' if scan else ''} | "
            f"{' | '.join(f'{each:.2f}' for each in felt)} | {f'{times:.1f}' if scan else ''} | {target} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
