"""Measures the proof of delivery: `alarms prove` and `alarms check` of prod as whole processes, the check by itself.

python bench/alarms.py            print the table
WRITE=1 python bench/alarms.py    and put it into bench/README.md
"""

from __future__ import annotations

import contextlib
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from section import publish

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
import clinic_project  # noqa: E402

DATATIER = str(ROOT / ".venv" / "bin" / "datatier")
RUNS = 5


def timed(once: Callable[[], object]) -> list[float]:
    """Seconds of `RUNS` runs after one to warm up."""
    taken = []
    for number in range(RUNS + 1):
        begun = time.perf_counter()
        once()
        if number:
            taken.append(time.perf_counter() - begun)
    return taken


def in_process() -> tuple[int, list[float], list[float]]:
    """Number of alarms; seconds of the check, and of the SDK's run of the program beside which it stands."""
    from alarms.delivery import check
    from cli.project import load
    from preview.findings.alarms import indexed

    with contextlib.chdir(clinic_project.CLINIC):
        source = load("prod")
    made = source.offline()
    checked = timed(lambda: check(indexed(made, source.region)))
    return len(indexed(made, source.region).alarms), checked, timed(source.offline)


def commands() -> tuple[list[float], list[float]]:
    """Seconds of `alarms prove` and `alarms check` as processes, against a tier of prod."""
    with tempfile.TemporaryDirectory(dir=ROOT.parent) as name:
        folder = Path(name)
        clinic_project.copy(folder)

        def call(*words: str, fine: tuple[int, ...] = (0,)) -> None:
            done = subprocess.run([DATATIER, *words], cwd=folder, capture_output=True, text=True, check=False)
            if done.returncode not in fine:
                sys.exit(f"{' '.join(words)} failed: {done.stdout[-1000:]}{done.stderr[-1000:]}")

        call("up", "prod")
        try:
            # 3: nobody subscribes to the committed stack's topics
            return timed(lambda: call("alarms", "prove", "prod")), timed(
                lambda: call("alarms", "check", "prod", fine=(3,))
            )
        finally:
            call("down", "prod", "--delete", "--yes")


def rows() -> list[tuple[str, list[float], str]]:
    """Every measurement: name, seconds, target."""
    count, checked, program = in_process()
    proved, checking = commands()
    return [
        (f"`datatier alarms prove prod`, {count} alarms on the emulator", proved, "10 s"),
        ("`datatier alarms check prod`", checking, ""),
        ("of that, in process: running the program", program, ""),
        ("of that, in process: the check (what it adds to `datatier preview`)", checked, "0.5 s with all of preflight"),
    ]


def markdown(measured: list[tuple[str, list[float], str]]) -> str:
    """The table."""
    lines = ["| what | median s | fastest - slowest | target |", "|---|---|---|---|"]
    lines += [
        f"| {name} | {statistics.median(taken):.3f} | {min(taken):.3f} - {max(taken):.3f} | {target} |"
        for name, taken, target in measured
    ]
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    return f"{machine}; {RUNS} runs after one to warm up.\n\n" + "\n".join(lines)


def main() -> None:
    """Print, and write when asked."""
    text = markdown(rows())
    publish("alarms", text)


if __name__ == "__main__":
    main()
