"""Measures `datatier snapshot` on a tier with about 500 MB, beside copying its files in the same round.

    .venv/bin/python bench/snapshot.py            print the table
    WRITE=1 .venv/bin/python bench/snapshot.py    and put it into bench/README.md

Whole processes, as a person waits for them: until every server answers again. This computer is shared: what to compare
is the ratio to `cp -a` of the snapshot, which moves the same bytes on the same disk and starts nothing, and the
processor seconds of the command and what it waits for; the servers that it starts are not among them.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from run import DATATIER, ROOT, project
from section import publish

ROUNDS = int(os.environ.get("ROUNDS", "5"))
MEGABYTES = 450
"""Of a table in the primary, and once more in its replica."""
FILL = f"""CREATE TABLE filler AS
SELECT n, repeat(md5(n::text), 30) AS text FROM generate_series(1, {MEGABYTES} * 1000) AS n"""
COPY, SAVE, RESTORE = "`cp -a` of the snapshot", "`datatier snapshot save`", "`datatier snapshot restore`"
TARGETS = {RESTORE: "3 s"}


@dataclass(frozen=True)
class Taken:
    """Seconds of one run, on the clock and of processors."""

    clock: float
    processor: float


def timed(words: list[str], folder: Path) -> Taken:
    """Run a command that must succeed."""
    begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(words, cwd=folder, stdout=subprocess.DEVNULL, check=True)
    clock, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Taken(clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def rounds() -> tuple[dict[str, list[Taken]], int]:
    """All runs by their name, and the bytes of a snapshot."""
    found: dict[str, list[Taken]] = {COPY: [], SAVE: [], RESTORE: []}
    with tempfile.TemporaryDirectory(dir=ROOT.parent) as name:
        folder = project(Path(name))
        timed([DATATIER, "up", "local"], folder)
        try:
            timed([DATATIER, "psql", "master", "--", "-qc", FILL, "-c", "CHECKPOINT"], folder)
            for number in range(ROUNDS):
                made = folder / ".local" / "local" / "snapshots" / f"n{number}"
                found[SAVE].append(timed([DATATIER, "snapshot", "save", made.name], folder))
                found[RESTORE].append(timed([DATATIER, "snapshot", "restore", made.name, "--yes"], folder))
                found[COPY].append(timed(["cp", "-a", str(made), str(folder / "copy")], folder))
                size = json.loads((made / "SNAPSHOT.json").read_text())["bytes"]
                shutil.rmtree(folder / "copy")
                timed([DATATIER, "snapshot", "delete", made.name], folder)
        finally:
            timed([DATATIER, "down", "local", "--delete", "--yes"], folder)
    return found, size


def markdown(found: dict[str, list[Taken]], size: int) -> str:
    """The table."""
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    lines = [
        f"{machine}; {MEGABYTES} MB in the primary and its replica, a snapshot of {size // 10**6} MB; {ROUNDS} rounds.",
        "",
        "| what | median s | fastest - slowest | times the copy, median of rounds | processor s | target |",
        "|---|---|---|---|---|---|",
    ]
    for name, taken in found.items():
        ratio = statistics.median(a.clock / b.clock for a, b in zip(taken, found[COPY], strict=True))
        clock = [each.clock for each in taken]
        processor = statistics.median(each.processor for each in taken)
        lines.append(
            f"| {name} | {statistics.median(clock):.1f} | {min(clock):.1f} - {max(clock):.1f} | {ratio:.1f} "
            f"| {processor:.1f} | {TARGETS.get(name, '')} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Print, and write when asked."""
    publish("snapshot", markdown(*rounds()))


if __name__ == "__main__":
    main()
