"""Measures whole local drills on a tier with about 500 MB, beside copying the primary's data folder in the same round.

    .venv/bin/python bench/drill.py            print the table
    WRITE=1 .venv/bin/python bench/drill.py    and put it into bench/README.md

Each restores the whole instance next to the tier, reads every row of it, logs in as the application and destroys it.
This computer is shared: what to compare is the ratio to the copy, which moves the same bytes on the same disk.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from run import DATATIER, PYTHON, ROOT, project
from section import publish

ROUNDS = int(os.environ.get("ROUNDS", "3"))
ROWS = 750_000
"""Of the largest table of `examples.load`: together about 500 MB."""
COPY, PITR, SNAPSHOT = "`cp -a` of the primary's data", "`datatier drill pitr`", "`datatier drill snapshot`"
TARGETS = {PITR: "60 s"}


@dataclass(frozen=True)
class Taken:
    """One run: seconds on the clock, and what the drill itself measured."""

    clock: float
    rto: float | None = None


def copied(folder: Path) -> Taken:
    """Copy it as it lies there; a live one, so it is thrown away."""
    source, target = folder / ".local" / "local" / "postgres" / "clinic-local" / "data", folder / "copy"
    begun = time.perf_counter()
    # 1: a file went away meanwhile.
    done = subprocess.run(["cp", "-a", source, target], stderr=subprocess.DEVNULL, check=False)
    taken = Taken(time.perf_counter() - begun)
    if done.returncode > 1:
        sys.exit(f"cp: exit {done.returncode}")
    shutil.rmtree(target)
    return taken


def drilled(folder: Path, name: str) -> Taken:
    """Carry a drill out; one that does not pass ends the measurement."""
    begun = time.perf_counter()
    done = subprocess.run([DATATIER, "drill", name, "local", "--json"], cwd=folder, capture_output=True, check=False)
    clock = time.perf_counter() - begun
    if done.returncode:
        sys.exit(f"drill {name}: exit {done.returncode}, {done.stdout.decode()} {done.stderr.decode()}")
    return Taken(clock, json.loads(done.stdout)["rto_seconds"])


def rounds() -> tuple[dict[str, list[Taken]], str]:
    """All runs by their name, and the size of the database."""
    found: dict[str, list[Taken]] = {COPY: [], PITR: [], SNAPSHOT: []}
    with tempfile.TemporaryDirectory(dir=ROOT.parent) as name:
        folder = project(Path(name))
        subprocess.run([DATATIER, "up", "local"], cwd=folder, stdout=subprocess.DEVNULL, check=True)
        try:
            fill = [PYTHON, "-m", "examples.load", "fill", "--rows", str(ROWS), "--keys", "100"]
            subprocess.run(fill, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)
            ask = "SELECT pg_size_pretty(pg_database_size(current_database()))"
            words = [DATATIER, "psql", "master", "--", "-At", "-c", ask]
            size = subprocess.run(words, cwd=folder, capture_output=True, check=True).stdout.decode().strip()
            for _ in range(ROUNDS):
                found[COPY].append(copied(folder))
                found[PITR].append(drilled(folder, "pitr"))
                found[SNAPSHOT].append(drilled(folder, "snapshot"))
        finally:
            subprocess.run([DATATIER, "down", "local", "--delete", "--yes"], cwd=folder, check=True)
    return found, size


def markdown(found: dict[str, list[Taken]], size: str) -> str:
    """The table."""
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    lines = [
        f"{machine}; a database of {size}; {ROUNDS} rounds.",
        "",
        "| what | median s on the clock | fewest | times the copy, median of rounds | RTO, median s | target |",
        "|---|---|---|---|---|---|",
    ]
    for name, taken in found.items():
        ratio = statistics.median(a.clock / b.clock for a, b in zip(taken, found[COPY], strict=True))
        rtos = [each.rto for each in taken if each.rto is not None]
        lines.append(
            f"| {name} | {statistics.median(each.clock for each in taken):.1f} | {min(e.clock for e in taken):.1f} "
            f"| {ratio:.1f} | {f'{statistics.median(rtos):.1f}' if rtos else ''} | {TARGETS.get(name, '')} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Print, and write when asked."""
    publish("drill", markdown(*rounds()))


if __name__ == "__main__":
    main()
