"""Measures the runner from its bundle, as Lambda runs it: a fresh process without site-packages, botocore beside it.

Imports are work of the processor alone, so its seconds count: what else this computer does is not in them.

python bench/handler.py            print the table
WRITE=1 python bench/handler.py    and put it into bench/README.md
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import botocore
from run import DATATIER, clinic_project, project
from section import publish

from bootstrap import bundle
from local.state import StateDir

RUNS = 7
# What Lambda's runtime brings.
RUNTIME = Path(botocore.__file__).parents[1]
PATHS = "import sys; sys.path[:0] = [sys.argv[1]]; sys.path.append(sys.argv[2]); "
CONTEXT = "type('Context', (), {'invoked_function_arn': '', 'get_remaining_time_in_millis': lambda self: 900_000})()"
RUN = (
    "import json, bootstrap.handler as h; report = h.handler(json.load(open(sys.argv[3])), " + CONTEXT + "); "
    "assert report['access']['failed'] == 0"
)


def interpreter() -> tuple[str, bundle.Platform]:
    """Lambda's own Python version where it is here, else this one; and the bundle's platform for it."""
    platform_ = bundle.PLATFORMS["x86_64"]
    found = bundle.compiler(platform_.python)
    if found and (platform.system(), platform.machine()) == ("Linux", "x86_64"):
        return found, platform_
    return sys.executable, bundle.PLATFORMS["local"]


@dataclass(frozen=True)
class Measured:
    """Median processor seconds (user and system), the fewest seconds on the clock, the largest peak memory (MiB)."""

    cpu: float
    fastest: float
    memory: float


def measure(command: list[str]) -> Measured:
    """Run it once to warm up, then `RUNS` times."""
    taken = [once(command) for _ in range(RUNS + 1)][1:]
    return Measured(
        *(reduce_(column) for reduce_, column in zip((median, min, max), zip(*taken, strict=True), strict=True))
    )


def once(command: list[str]) -> tuple[float, float, float]:
    """Processor seconds, seconds and peak MiB of one process."""
    begun = time.perf_counter()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    took = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command} failed")
    return usage.ru_utime + usage.ru_stime, took, usage.ru_maxrss / 1024


def markdown(measured: list[tuple[str, Measured, str]], python: str) -> str:
    """The table, with each row's ratio to the first."""
    floor = measured[0][1].cpu
    machine = f"Python {python}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    lines = [
        f"{machine}; {RUNS} runs after one to warm up.",
        "",
        "| what | processor s | fastest s | times the floor | peak MiB | target |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {m.cpu:.2f} | {m.fastest:.2f} | {m.cpu / floor:.1f} | {m.memory:.0f} | {target} |"
        for name, m, target in measured
    ]
    return "\n".join(lines)


def rows(python: str, wanted: bundle.Platform) -> list[tuple[str, Measured, str]]:
    """Every measurement: name, figures, target."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runner = bundle.build(folder / "runner.zip", wanted, root=clinic_project.CLINIC, certificates=b"")
        with zipfile.ZipFile(runner) as archive:
            archive.extractall(folder / "task")
            archive.extractall(folder / "sources", [each for each in archive.namelist() if not each.endswith(".pyc")])
        (folder / "tier").mkdir()
        tier = project(folder / "tier")
        subprocess.run([DATATIER, "up", "local"], cwd=tier, stdout=subprocess.DEVNULL, check=True)
        try:
            manifest = folder / "manifest.json"
            manifest.write_text(json.dumps(StateDir(tier, "local").kept["manifest"]), encoding="utf-8")

            def lambda_(code: str, task: str = "task") -> Measured:
                # Without -B botocore, which Lambda has compiled, is so after the first run; the sources stay without.
                options = ["-I", "-S", *(["-B"] if task == "sources" else [])]
                paths = [str(folder / task), str(RUNTIME), str(manifest)]
                return measure([python, *options, "-c", PATHS + code, *paths])

            return [
                ("floor: importing psycopg and botocore", lambda_("import psycopg, botocore.session"), ""),
                ("Python itself", lambda_("pass"), ""),
                ("the handler, imported", lambda_("import bootstrap.handler"), "0.4 s, 150 MiB"),
                ("... from a bundle without byte code", lambda_("import bootstrap.handler", "sources"), ""),
                ("a whole run with nothing to do", lambda_(RUN), "150 MiB"),
            ]
        finally:
            subprocess.run([DATATIER, "down", "local", "--delete", "--yes"], cwd=tier, capture_output=True, check=True)


def main() -> None:
    """Print, and write when asked."""
    python, wanted = interpreter()
    text = markdown(rows(python, wanted), wanted.python)
    publish("runner", text)


if __name__ == "__main__":
    main()
