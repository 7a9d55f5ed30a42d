"""Measures `datatier health` of prod's topology as a whole process, beside Python itself and `datatier status`.

    .venv/bin/python bench/health.py            print the table
    WRITE=1 .venv/bin/python bench/health.py    and put it into bench/README.md

A primary, two replicas and two caches with replicas, on this computer. The commands are run in turns, and once more
with a replica that accepts connections and says nothing. This computer is shared: what to compare is the ratio to
`datatier status` in the same round, which starts the same program and looks at the same servers; and of seconds on the
clock the fewest.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from run import DATATIER, PYTHON, project
from section import publish

ROUNDS = int(os.environ.get("ROUNDS", "7"))
FLOOR, STATUS, HEALTH, JSON = "python -c pass", "`datatier status prod`", "`datatier health prod`", "... `--json`"
SILENT = "... with a silent replica"
COMMANDS = {
    FLOOR: [PYTHON, "-c", "pass"],
    STATUS: [DATATIER, "status", "prod"],
    # A busy computer is none of its faults: only a server that is silent is waited for.
    HEALTH: [DATATIER, "health", "prod", "--timeout", "5"],
    JSON: [DATATIER, "health", "prod", "--timeout", "5", "--json"],
}
TARGETS = {HEALTH: "0.7 s", SILENT: "2 s"}


@dataclass(frozen=True)
class Taken:
    """One run: processor seconds, and seconds on the clock."""

    processor: float
    clock: float


def once(command: list[str], folder: Path) -> Taken:
    """Run a command. What it has to say against a server, or this busy computer (exit 1), is not measured here."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    clock, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode > 1:
        sys.exit(f"{' '.join(command)}: exit {done.returncode}, {done.stderr.decode()}")
    return Taken(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, clock)


@contextmanager
def silent(folder: Path) -> Iterator[None]:
    """A replica of the tier that accepts connections and says nothing."""
    said = subprocess.run([DATATIER, "status", "prod", "--json"], cwd=folder, capture_output=True, check=True)
    pid = next(each["pid"] for each in json.loads(said.stdout)["processes"] if each["name"].endswith("standby"))
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def rounds() -> dict[str, list[Taken]]:
    """All runs by their name, after one of each to warm up."""
    found: dict[str, list[Taken]] = {name: [] for name in (*COMMANDS, SILENT)}
    with tempfile.TemporaryDirectory() as name:
        folder = project(Path(name))
        once([DATATIER, "up", "prod"], folder)
        try:
            for number in range(ROUNDS + 1):
                for each, command in COMMANDS.items():
                    taken = once(command, folder)
                    found[each] += [taken] if number else []
                with silent(folder):
                    found[SILENT].append(once([DATATIER, "health", "prod"], folder))
        finally:
            once([DATATIER, "down", "prod", "--delete", "--yes"], folder)
    return found


def markdown(found: dict[str, list[Taken]]) -> str:
    """The table."""
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    lines = [
        f"{machine}; {ROUNDS} rounds after one to warm up.",
        "",
        "| what | processor s, median | of `status`, median of rounds | fewest s on the clock | median | target |",
        "|---|---|---|---|---|---|",
    ]
    for name, taken in found.items():
        ratio = statistics.median(a.processor / b.processor for a, b in zip(taken, found[STATUS], strict=False))
        lines.append(
            f"| {name} | {statistics.median(each.processor for each in taken):.2f} | {ratio:.2f} "
            f"| {min(each.clock for each in taken):.2f} | {statistics.median(each.clock for each in taken):.2f} "
            f"| {TARGETS.get(name, '')} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Print, and write when asked."""
    publish("health", markdown(rounds()))


if __name__ == "__main__":
    main()
