"""Measures the command line as whole processes: seconds, peak memory, and the ratio to a floor taken in the same run.

    make bench            print the table
    make bench WRITE=1    and put it into bench/README.md

Afterwards every other measurement of this folder that PARTS names; each writes a section of its own.

Machines differ and are shared: the ratios are what to compare.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from section import publish

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
import clinic_project  # noqa: E402

DATATIER = str(ROOT / ".venv" / "bin" / "datatier")
PYTHON = sys.executable
RUNS = 3
PARTS = (
    "beside",
    "health",
    "preflight",
    "alarms",
    "migrations",
    "schema",
    "access",
    "redis_users",
    "handler",
    "door",
    "keys",
    "rdb",
    "drill",
    "snapshot",
    "metrics",
    "backup",
    "maintain",
    "maintain_plan",
    "init_live",
    "adopt_read",
)


@dataclass(frozen=True)
class Measured:
    """Median seconds and largest peak memory (MiB) of several runs."""

    seconds: float
    fastest: float
    slowest: float
    memory: float


def once(command: list[str], cwd: Path) -> tuple[float, float]:
    """Seconds and peak MiB of one process, its own memory only."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    with process.stderr as stream:
        output = stream.read()
    _, status, usage = os.wait4(process.pid, 0)
    took = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed: {output.decode()[-2000:]}")
    return took, usage.ru_maxrss / 1024


def measure(command: list[str], cwd: Path, *, runs: int = RUNS, before: Callable[[], None] | None = None) -> Measured:
    """Run it once to warm up, then `runs` times, with `before` undone each time."""
    taken: list[tuple[float, float]] = []
    for number in range(runs + 1):
        if before:
            before()
        result = once(command, cwd)
        if number:
            taken.append(result)
    seconds = [each[0] for each in taken]
    return Measured(statistics.median(seconds), min(seconds), max(seconds), max(each[1] for each in taken))


def project(folder: Path, *, replicas: int = 0, caches: int = 1) -> Path:
    """A copy of the tests' application with a stack `big` of so many replicas and caches."""
    if not (folder / "Pulumi.yaml").exists():
        clinic_project.copy(folder)
    lines = [
        "config:",
        "  aws:region: eu-west-1",
        "  data-tier:profile: staging",
        "  data-tier:postgres:",
        "    replicas:",
    ]
    lines[-1] += "" if replicas else " {}"
    lines += [f"      r{number}: {{}}" for number in range(replicas)]
    lines += ["  data-tier:redis:"] + [f"    c{number}: {{replicas: 1}}" for number in range(caches)]
    (folder / "Pulumi.big.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def rows() -> list[tuple[str, Measured, str]]:
    """Every measurement: name, figures, target."""
    made: list[tuple[str, Measured, str]] = []
    with tempfile.TemporaryDirectory(dir=ROOT.parent) as name:
        folder = project(Path(name))
        floor = measure(
            [PYTHON, "-c", "import pulumi, pulumi_aws as a; a.ec2.Vpc, a.rds.Instance, a.lambda_.Function"], folder
        )
        made.append(("floor: importing the SDK", floor, ""))
        made.append(("`datatier preview prod`", measure([DATATIER, "preview", "prod"], folder), "2.5 s"))
        for replicas in (1, 5, 15):
            project(folder, replicas=replicas)
            made.append((f"`datatier preview`, {replicas} replicas", measure([DATATIER, "preview", "big"], folder), ""))
        for caches in (1, 5, 20):
            project(folder, caches=caches)
            made.append((f"`datatier preview`, {caches} caches", measure([DATATIER, "preview", "big"], folder), ""))
        for stack, target in (("local", "5 s"), ("prod", "12 s")):
            gone = lambda stack=stack: subprocess.run(  # noqa: E731
                [DATATIER, "down", stack, "--delete", "--yes"], cwd=folder, stdout=subprocess.DEVNULL, check=True
            )
            made.append(
                (f"`datatier up {stack}`, no data", measure([DATATIER, "up", stack], folder, before=gone), target)
            )
            made.append((f"`datatier up {stack}` again", measure([DATATIER, "up", stack], folder), "1.5 s"))
            gone()
    return made


def markdown(measured: list[tuple[str, Measured, str]]) -> str:
    """The table, with each row's ratio to the first."""
    floor = measured[0][1].seconds
    lines = [
        "| what | median s | fastest - slowest | times the floor | peak MiB | target |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {m.seconds:.2f} | {m.fastest:.2f} - {m.slowest:.2f} "
        f"| {m.seconds / floor:.1f} | {m.memory:.0f} | {target} |"
        for name, m, target in measured
    ]
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    return f"{machine}; {RUNS} runs after one to warm up.\n\n" + "\n".join(lines)


def main() -> None:
    """Print, and write when asked."""
    text = markdown(rows())
    publish("table", text)
    for part in (Path(__file__).with_name(f"{name}.py") for name in PARTS):
        if part.exists():
            print(f"\n{part.stem}", flush=True)
            subprocess.run([PYTHON, str(part)], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
