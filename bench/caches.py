"""Measures a cache in a backup and its way back beside `redis-cli --rdb`, and what a neighbour feels of each.

    .venv/bin/python bench/caches.py            print the table
    WRITE=1 .venv/bin/python bench/caches.py    and put it into bench/README.md

KEYS=100000 for fewer. Server, neighbour and turns are those of `bench/keys.py`.
"""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from keys import KEYS, ROOT, TURNS, beside, fill
from real_servers import ADMIN_PASSWORD, valkey
from section import publish

Turn = tuple[float, float, list[float]]


def main() -> None:
    peer = shutil.which("redis-cli") or sys.exit("redis-cli is not here: it comes with the package redis-tools")
    datatier = str(ROOT / ".venv" / "bin" / "datatier")
    found: dict[str, list[Turn]] = {}
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        places = [Path(folder) / name for name in ("one", "two", "theirs.rdb")]
        for each in places[:2]:
            each.mkdir()
        with valkey(places[0]) as server, valkey(places[1]) as second:
            with server.admin() as client:
                fill(client, KEYS)
            environment = {**os.environ, "REDISCLI_AUTH": ADMIN_PASSWORD}
            urls = [f"redis://acl-admin:{ADMIN_PASSWORD}@127.0.0.1:{each.port}" for each in (server, second)]
            theirs = [peer, "-h", "127.0.0.1", "-p", str(server.port), "--user", "acl-admin", "--no-auth-warning"]

            def turn(name: str, port: int, command: list[str] | None, url: str) -> None:
                found.setdefault(name, []).append(beside(port, command, {**environment, "REDIS_URL": url}))

            for number in range(TURNS):
                kept = Path(folder) / f"kept{number}"
                turn("idle", server.port, None, urls[0])
                turn("`redis-cli --rdb`", server.port, [*theirs, "--rdb", str(places[2])], urls[0])
                turn("`backup create`", server.port, [datatier, "backup", "create", "--to", str(kept)], urls[0])
                (made,) = (each.name for each in kept.iterdir())
                back = ["restore", made, "--from", str(kept), "--cache", "main", "--replace", "--yes"]
                turn("`backup restore --cache`", second.port, [datatier, "backup", *back], urls[1])
            ours = sum(each.stat().st_size for each in kept.rglob("*.zst"))
            sizes = [each / 2**20 for each in (ours, places[2].stat().st_size)]
    publish("caches", table(found, sizes))


def table(found: dict[str, list[Turn]], sizes: list[float]) -> str:
    """The medians of the turns, each beside the same turn of redis-cli's."""
    first = found["`redis-cli --rdb`"]
    lines = [
        f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}; "
        f"{KEYS:,} keys, {TURNS} turns, medians. The copy with its proof has {sizes[0]:.1f} MiB, redis-cli's file "
        f"{sizes[1]:.1f} MiB.",
        "",
        "| what | seconds | ratio | processor s | ratio | neighbour p95 ms | p99 ms |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, turns in found.items():
        felt = " | ".join(f"{statistics.median(each[2][at] for each in turns):.2f}" for at in (1, 2))
        if name == "idle":
            lines.append(f"| {name} |  |  |  |  | {felt} |")
            continue
        cells = []
        for at in (0, 1):
            ratio = statistics.median(float(b[at]) / float(a[at]) for a, b in zip(first, turns, strict=True))  # type: ignore[arg-type]
            cells.append(f"{statistics.median(each[at] for each in turns):.1f} | {ratio:.2f}")  # type: ignore[type-var]
        lines.append(f"| {name} | {' | '.join(cells)} | {felt} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
