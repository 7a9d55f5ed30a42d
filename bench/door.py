"""Measures the door before the AWS emulator: the same calls with it and without it, in turns, in one run.

    python bench/door.py            print the table
    WRITE=1 python bench/door.py    and put it into bench/README.md

A change is answered when it is on disk: the row beside the two is what one write with fsync takes on this disk.
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
from pathlib import Path
from typing import Any

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
def bare(folder: Path) -> Iterator[str]:
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
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def guarded(folder: Path) -> Iterator[AwsEndpoint]:
    state = StateDir(folder, "bench")
    emulator = Emulator(state, REGION, daemon(state, "emulator"))
    emulator.start()
    try:
        yield emulator.endpoint
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


def rows(without: Where, behind: Where) -> list[tuple[str, float, float]]:
    """Call, median milliseconds without and with the door; the two take turns."""
    made = []
    for name, (service, call) in CALLS.items():
        clients = [aws_client(service, REGION, endpoint) for endpoint in (without, behind)]
        taken: list[list[float]] = [[], []]
        for number in range(ROUNDS + 10):
            for which, client in enumerate(clients):
                spent = milliseconds(call, client)
                if number >= 10:
                    taken[which].append(spent)
        made.append((name, statistics.median(taken[0]), statistics.median(taken[1])))
    return made


def main() -> None:
    """Print, and write when asked."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        with bare(Path(one)) as without, guarded(Path(other)) as behind:
            for endpoint in (without, behind):
                filled(endpoint)
            measured = rows(without, behind)
        disk = synced(Path(other))
    lines = [
        f"{ROUNDS} calls each, with and without in turns; median milliseconds of boto3's whole call.",
        "",
        "| call | without | with the door | times | added ms | target |",
        "|---|---|---|---|---|---|",
        *(
            f"| {name} | {before:.2f} | {after:.2f} | {after / before:.2f} | {after - before:.2f} "
            f"| {TARGET if 'read' in name else 'and a write'} |"
            for name, before, after in measured
        ),
        f"| one file written and synced | | {disk:.2f} | | | |",
    ]
    publish("door", "\n".join(lines))


if __name__ == "__main__":
    main()
