"""Measures commands of this checkout beside those of another, in turns, in processor seconds of the whole process.

    BESIDE=FOLDER .venv/bin/python bench/beside.py            print the table
    BESIDE=FOLDER WRITE=1 .venv/bin/python bench/beside.py    and put it into bench/README.md

The other checkout has an environment of its own (`make install` there). Its servers and ours are stopped before a first
`up`. Load changes seconds by half: what to compare is the ratio within a pair, and of those the median.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from run import DATATIER, project
from section import publish

PAIRS = int(os.environ.get("PAIRS", "5"))
UP, AGAIN = "`datatier up local`, no data", "`datatier up local` again"
COMMANDS: dict[str, tuple[str, ...]] = {
    "`datatier preview prod`": ("preview", "prod"),
    "`datatier --help`": ("--help",),
    UP: ("up", "local"),
    AGAIN: ("up", "local"),
}
TARGETS = {"`datatier preview prod`": "0.65", UP: "0.7", AGAIN: "1.0"}


@dataclass(frozen=True)
class Pair:
    """Processor seconds of the same command in both checkouts, one after the other."""

    here: float
    there: float

    @property
    def ratio(self) -> float:
        return self.here / self.there


def processor(program: str, words: tuple[str, ...], folder: Path) -> float:
    """Processor seconds of a command and of what it waited for; servers that it leaves behind are not in it."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Byte code that is not kept would be made in every run.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([program, *words], cwd=folder, env=env, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measured(name: str, folders: dict[str, Path]) -> list[Pair]:
    """The pairs of one command, after one to warm up."""
    pairs = []
    for number in range(PAIRS + 1):
        taken = []
        for program, folder in folders.items():
            if name == UP:
                processor(program, ("down", "local", "--delete", "--yes"), folder)
            taken.append(processor(program, COMMANDS[name], folder))
        if number:
            pairs.append(Pair(*taken))
    return pairs


def main() -> None:
    """Print, and write when asked."""
    beside = os.environ.get("BESIDE")
    if not beside:
        print("left out: BESIDE=FOLDER names no other checkout")
        return
    other = str(Path(beside) / ".venv" / "bin" / "datatier")
    with tempfile.TemporaryDirectory() as here, tempfile.TemporaryDirectory() as there:
        folders = {DATATIER: project(Path(here)), other: project(Path(there))}
        found = {name: measured(name, folders) for name in COMMANDS}
        for program, folder in folders.items():
            processor(program, ("down", "local", "--delete", "--yes"), folder)
    lines = [
        "| command | here, s | beside, s | ratio, median of pairs | least - most | target |",
        "|---|---|---|---|---|---|",
    ]
    for name, pairs in found.items():
        ratios = [pair.ratio for pair in pairs]
        lines.append(
            f"| {name} | {statistics.median(pair.here for pair in pairs):.2f} "
            f"| {statistics.median(pair.there for pair in pairs):.2f} | {statistics.median(ratios):.2f} "
            f"| {min(ratios):.2f} - {max(ratios):.2f} | {TARGETS.get(name, '')} |"
        )
    revision = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=beside, capture_output=True, text=True, check=True
    ).stdout.strip()
    machine = f"Python {sys.version_info.major}.{sys.version_info.minor}, {os.cpu_count()} cores"
    publish("beside", f"{machine}; beside {revision}, {PAIRS} pairs after one to warm up.\n\n" + "\n".join(lines))


if __name__ == "__main__":
    main()
