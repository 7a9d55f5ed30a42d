"""Measures what the preflight and the policy pack add to the offline preview of prod, and writes it down.

    .venv/bin/python bench/preflight.py             print the table
    WRITE=1 .venv/bin/python bench/preflight.py     and put it into bench/README.md

Processor seconds, user and system: on a shared machine a difference of two clocks says nothing. The two commands take
turns, so that both meet the same machine; what is saved differs from what is declared in a class, a size and a replica.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
from clinic_project import CLINIC  # noqa: E402
from section import publish  # noqa: E402

DATATIER = str(ROOT / ".venv" / "bin" / "datatier")
RUNS = 7


def processor(command: list[str]) -> float:
    """Processor seconds of one process. The preview of a stack with findings may exit with 1."""
    process = subprocess.Popen(command, cwd=CLINIC, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def saved(folder: Path) -> Path:
    """An earlier preview of prod, in which some things were otherwise."""
    output = subprocess.run(
        [DATATIER, "preview", "prod", "--json"], cwd=CLINIC, capture_output=True, check=False
    ).stdout
    document: dict[str, Any] = json.loads(output)
    before = {"instanceClass": "db.r7g.xlarge", "allocatedStorage": 50, "nodeType": "cache.r7g.xlarge"}
    kept = [each for each in document["resources"] if each["name"] != "postgres-reporting"]
    for each in kept:
        each["inputs"] |= {key: value for key, value in before.items() if key in each["inputs"]}
    path = folder / "before.json"
    path.write_text(json.dumps(document | {"resources": kept}), encoding="utf-8")
    return path


def policy() -> tuple[float, float]:
    """Processor seconds of the pack over prod: the rules imported and judged, and judged alone."""
    from cli.project import load
    from preview.preflight import declared

    with contextlib.chdir(CLINIC):
        resources = declared(load("prod").offline())
    today = datetime.now(UTC).date()
    begun = time.process_time()
    from policy.evaluate import evaluate

    evaluate(resources, today=today)
    first = time.process_time() - begun
    again = []
    for _ in range(RUNS):
        begun = time.process_time()
        evaluate(resources, today=today)
        again.append(time.process_time() - begun)
    return first, statistics.median(again)


def row(name: str, seconds: float, base: float, target: str = "") -> str:
    """A line of the table."""
    return f"| {name} | {seconds:.2f} | {seconds / base:.2f} | {target} |"


def main() -> None:
    """Print, and write when asked."""
    with tempfile.TemporaryDirectory(prefix="dt-bench-") as name:
        before = saved(Path(name))
        plain, against = [], []
        for number in range(RUNS + 1):
            pair = (
                processor([DATATIER, "preview", "prod"]),
                processor([DATATIER, "preview", "prod", "--against", str(before)]),
            )
            if number:
                plain.append(pair[0])
                against.append(pair[1])
    base = statistics.median(plain)
    added = statistics.median(b - a for a, b in zip(plain, against, strict=True))
    first, again = policy()
    text = "\n".join([
        f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}; "
        f"{RUNS} pairs after one to warm up.",
        "",
        "| what | processor s | of the preview | target |",
        "|---|---|---|---|",
        row("`datatier preview prod`, policy included", base, base),
        row("... `--against` a saved deployment: added", added, base, "0.5 s"),
        row("policy pack, rules imported and judged", first, base, "0.2 s"),
        row("policy pack, judged alone", again, base),
    ])  # fmt: skip
    publish("preflight", text)


if __name__ == "__main__":
    main()
