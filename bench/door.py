"""Measures the door before the AWS emulator: the same calls with it and without it, in turns, in one run.

    python bench/door.py            print the table
    WRITE=1 python bench/door.py    and put it into bench/README.md

The clock of a busy computer says little; the processor time of the emulator's own process says what the door costs.
A change is answered when it is on disk: the last row is what one write with fsync takes on this disk.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[1]

from section import publish  # noqa: E402

from bootstrap.aws import AwsEndpoint, Where, aws_client  # noqa: E402
from local import ports  # noqa: E402
from local.emulator import Emulator  # noqa: E402
from local.files import write_private  # noqa: E402
from local.handlers.base import daemon  # noqa: E402
from local.state import StateDir  # noqa: E402

ROUNDS, REGION = 300, "eu-west-1"
TARGET = 2.0
Call = Callable[[Any], object]
Measured = tuple[Where, psutil.Process]
CALLS: dict[str, tuple[str, Call]] = {
    "a secret read": ("secretsmanager", lambda c: c.get_secret_value(SecretId="s")),
    "40 alarms read": ("cloudwatch", lambda c: c.describe_alarms()),
    "a cache's users read": ("elasticache", lambda c: c.describe_users()),
    "a secret written": ("secretsmanager", lambda c: c.put_secret_value(SecretId="s", SecretString="x" * 200)),
    "one of 40 alarms set": (
        "cloudwatch",
        lambda c: c.set_alarm_state(AlarmName="a0", StateValue="OK", StateReason="r"),
    ),
}


@contextmanager
def bare(folder: Path) -> Iterator[tuple[str, psutil.Process]]:
    """The emulator alone, which answers everybody."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    more = {"PERSIST_STATE": "1", "STATE_DIR": str(folder), "LOG_LEVEL": "WARNING", "SFTP_ENABLED": "0"}
    environment = {**os.environ, **more, "GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "IOT_MTLS_ENABLED": "0"}
    process = subprocess.Popen([sys.executable, "-m", "ministack"], env=environment, cwd=folder)
    try:
        while not ports.listens(port):
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}", psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def guarded(folder: Path) -> Iterator[tuple[AwsEndpoint, psutil.Process]]:
    state = StateDir(folder, "bench")
    emulator = Emulator(state, REGION, daemon(state, "emulator"))
    emulator.start()
    process = emulator.daemon.process()
    assert process
    try:
        yield emulator.endpoint, process
    finally:
        emulator.close()
        emulator.stop()


def filled(endpoint: Where) -> None:
    aws_client("secretsmanager", REGION, endpoint).create_secret(Name="s", SecretString="x" * 200)
    for number in range(40):
        aws_client("cloudwatch", REGION, endpoint).put_metric_alarm(
            AlarmName=f"a{number}",
            MetricName="CPUUtilization",
            Namespace="AWS/RDS",
            Period=60,
            EvaluationPeriods=5,
            Statistic="Average",
            Threshold=90,
            ComparisonOperator="GreaterThanThreshold",
        )


def milliseconds(call: Call, client: Any) -> float:
    begun = time.perf_counter()
    call(client)
    return (time.perf_counter() - begun) * 1000


def synced(folder: Path) -> float:
    """Median milliseconds of one private file of a secrets' size, on disk when it returns."""
    taken = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        write_private(folder / "probe", "x" * 8000)
        taken.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken)


@dataclass(frozen=True)
class Row:
    """One call: milliseconds without and with the door."""

    name: str
    clock: tuple[float, float]
    """Medians of the whole call."""
    processor: tuple[float, float]
    """Of the emulator's process, the mean."""


def rows(without: Measured, behind: Measured) -> list[Row]:
    """The two take turns."""
    made = []
    for name, (service, call) in CALLS.items():
        clients = [aws_client(service, REGION, endpoint) for endpoint, _ in (without, behind)]
        for client in clients:
            call(client)
        before = [sum(process.cpu_times()[:2]) for _, process in (without, behind)]
        taken = [[milliseconds(call, client) for client in clients] for _ in range(ROUNDS)]
        spent = [sum(each.cpu_times()[:2]) - was for (_, each), was in zip((without, behind), before, strict=True)]
        clock = (statistics.median(pair[0] for pair in taken), statistics.median(pair[1] for pair in taken))
        made.append(Row(name, clock, (spent[0] * 1000 / ROUNDS, spent[1] * 1000 / ROUNDS)))
    return made


def main() -> None:
    """Print, and write when asked."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        with bare(Path(one)) as without, guarded(Path(other)) as behind:
            for endpoint, _ in (without, behind):
                filled(endpoint)
            measured = rows(without, behind)
        disk = synced(Path(other))
    lines = [
        f"{ROUNDS} calls each, with and without in turns: boto3's whole call by the clock (median), and the processor "
        "time of the emulator (mean), in milliseconds.",
        "",
        "| call | without | with the door | times | processor without | with | added | target |",
        "|---|---|---|---|---|---|---|---|",
        *(
            f"| {row.name} | {row.clock[0]:.1f} | {row.clock[1]:.1f} | {row.clock[1] / row.clock[0]:.2f} "
            f"| {row.processor[0]:.2f} | {row.processor[1]:.2f} | {row.processor[1] - row.processor[0]:.2f} "
            f"| {TARGET if 'read' in row.name else 'a write'} |"
            for row in measured
        ),
        f"| one file written and synced | | {disk:.1f} | | | | | |",
    ]
    publish("door", "\n".join(lines))


if __name__ == "__main__":
    main()
