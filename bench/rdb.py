"""Measures `datatier keys --from-rdb` over a snapshot of a million mixed keys beside HDT3213/rdb, a program in Go.

    RDB=/path/to/rdb .venv/bin/python bench/rdb.py            print the table
    RDB=... WRITE=1 .venv/bin/python bench/rdb.py             and put it into bench/README.md

KEYS=100000 for fewer. Processor seconds of whole processes, in turns.
"""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from keys import KEYS, ROOT, TURNS, fill
from real_servers import valkey
from section import publish


def used(command: list[str]) -> float:
    """Processor seconds of a command."""
    before = os.times()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def main() -> None:
    peer = shutil.which(os.environ.get("RDB", "rdb")) or sys.exit("RDB names no program: build HDT3213/rdb")
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        with valkey(Path(folder)) as server, server.admin() as client:
            fill(client, KEYS)
            client.save()
        file = str(Path(folder) / "dump.rdb")
        commands = {
            "HDT3213/rdb `memory`": [peer, "-c", "memory", "-o", str(Path(folder) / "memory.csv"), file],
            "`datatier keys main --from-rdb`": [
                *(str(ROOT / ".venv" / "bin" / "datatier"), "keys", "main", "--json", "--from-rdb", file)
            ],
        }
        found: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(TURNS):
            for name, command in commands.items():
                found[name].append(used(command))
        size = Path(file).stat().st_size
    theirs, ours = found.values()
    ratio = statistics.median(b / a for a, b in zip(theirs, ours, strict=True))
    lines = [
        f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}; "
        f"{KEYS:,} keys, {size / 2**20:.0f} MiB, {TURNS} turns, medians.",
        "",
        "| what | processor s | ratio | target |",
        "|---|---|---|---|",
        *(
            f"| {name} | {statistics.median(each):.1f} | {'' if each is theirs else f'{ratio:.2f} | 1.0'} |"
            for name, each in found.items()
        ),
    ]
    lines[4] = lines[4].replace("|  |", "|  |  |")
    publish("rdb", "\n".join(lines))


if __name__ == "__main__":
    main()
