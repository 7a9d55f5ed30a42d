"""Measures `datatier snapshot` on a tier with about 500 MB, beside copying its files in the same round.

    .venv/bin/python bench/snapshot.py            print the table
    WRITE=1 .venv/bin/python bench/snapshot.py    and put it into bench/README.md

Whole processes, as a person waits for them: until every server answers again. This computer is shared: what to compare
is the ratio to `cp -a` of the snapshot, which moves the same bytes on the same disk and starts nothing.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import statistics
import subprocess
import tempfile
import time
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


def timed(words: list[str], folder: Path) -> float:
    """Seconds of a command that must succeed."""
    begun = time.perf_counter()
    subprocess.run(words, cwd=folder, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begun


def rounds() -> tuple[dict[str, list[float]], int]:
    """All runs by their name, and the bytes of a snapshot."""
    found: dict[str, list[float]] = {COPY: [], SAVE: [], RESTORE: []}
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


def markdown(found: dict[str, list[float]], size: int) -> str:
    """The table."""
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    lines = [
        f"{machine}; {MEGABYTES} MB in the primary and its replica, a snapshot of {size // 10**6} MB; {ROUNDS} rounds.",
        "",
        "| what | median s | fastest - slowest | times the copy, median of rounds | target |",
        "|---|---|---|---|---|",
    ]
    for name, taken in found.items():
        ratio = statistics.median(a / b for a, b in zip(taken, found[COPY], strict=True))
        lines.append(
            f"| {name} | {statistics.median(taken):.1f} | {min(taken):.1f} - {max(taken):.1f} | {ratio:.1f} "
            f"| {TARGETS.get(name, '')} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Print, and write when asked."""
    publish("snapshot", markdown(*rounds()))


if __name__ == "__main__":
    main()
