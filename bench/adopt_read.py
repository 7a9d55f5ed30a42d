"""Measures the reading of `datatier adopt`: a tier on an emulated AWS, one call at a time beside many at once.

    .venv/bin/python bench/adopt_read.py             print the table
    WRITE=1 .venv/bin/python bench/adopt_read.py     and put it into bench/README.md

In process, the two in turns. An emulator answers at once; AWS is some way off, and the second pair waits as long as a
Region on the same continent takes.
"""

from __future__ import annotations

import gc
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "adopt")]

import made_by_hand  # noqa: E402
from emulated_aws import client_of, emulated_aws  # noqa: E402
from postgres_server import free_port  # noqa: E402
from section import publish  # noqa: E402

from adopt.estate import Estate  # noqa: E402
from adopt.reading.ask import AT_ONCE  # noqa: E402
from adopt.reading.read import read  # noqa: E402
from bootstrap.aws import aws_client  # noqa: E402

RUNS = int(os.environ.get("RUNS", "5"))
AWAY = 0.03
"""Seconds to an endpoint of AWS and back, and for its answer."""
SERVICES = (
    "sts", "rds", "elasticache", "ec2", "kms", "logs", "secretsmanager", "cloudwatch", "sns", "backup", "iam",
    "resourcegroupstaggingapi",
)  # fmt: skip
TARGET = 3.0


class Distance:
    """How far AWS is from now on."""

    seconds = 0.0

    def wait(self, **_: Any) -> None:
        """Before each request is sent; other threads go on meanwhile."""
        if self.seconds:
            time.sleep(self.seconds)


def once(clients: Callable[[str, str], Any], at_once: int) -> tuple[float, Estate]:
    """Seconds of one reading."""
    gc.collect()
    begun = time.perf_counter()
    found = read(clients, made_by_hand.PRIMARY, made_by_hand.CACHES, made_by_hand.REGION, "shop-live", at_once=at_once)
    return time.perf_counter() - begun, found


def main() -> None:
    """Print the table."""
    distance = Distance()
    with tempfile.TemporaryDirectory() as folder, emulated_aws(Path(folder), free_port()) as url:
        made_by_hand.make(partial(client_of, url))

        def clients(service: str, region: str) -> Any:
            return aws_client(service, region, url)

        cold, _ = once(clients, AT_ONCE)
        for region in (made_by_hand.REGION, made_by_hand.FAR):
            for service in SERVICES:
                aws_client(service, region, url).meta.events.register("before-send", distance.wait)
        taken: dict[tuple[float, int], list[float]] = {}
        _, found = once(clients, AT_ONCE)
        for _ in range(RUNS):
            for away in (0.0, AWAY):
                distance.seconds = away
                for at_once in (1, AT_ONCE):
                    taken.setdefault((away, at_once), []).append(once(clients, at_once)[0])
    publish("adopt reading", table(taken, cold, found))


def table(taken: dict[tuple[float, int], list[float]], cold: float, found: Estate) -> str:
    """As Markdown."""
    lines = [
        f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}; "
        f"{RUNS} pairs after one to warm up; {found.calls} calls for a primary, a replica here and one in another "
        "Region, two caches and what is around them.",
        "",
        "| what | median s | fastest - slowest | of one call at a time | target |",
        "|---|---|---|---|---|",
    ]
    for away, name in ((0.0, "the emulator, which answers at once"), (AWAY, f"... {AWAY * 1000:.0f} ms away")):
        alone = statistics.median(taken[away, 1])
        for at_once in (1, AT_ONCE):
            figures = taken[away, at_once]
            how = "one call at a time" if at_once == 1 else f"{at_once} at once"
            median = statistics.median(figures)
            lines.append(
                f"| {name}, {how} | {median:.2f} | {min(figures):.2f} - {max(figures):.2f} | {median / alone:.2f} | "
                f"{f'{TARGET:.0f} s' if at_once > 1 else ''} |"
            )
    lines.append(f"| the first of a process, which makes the clients | {cold:.2f} | once | | {TARGET:.0f} s |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
