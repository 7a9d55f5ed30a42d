"""Measures what clients feel of maintenance: their p95 while it works, of that just before and after, in one pgbench.

    .venv/bin/python bench/maintain.py            print the table
    WRITE=1 .venv/bin/python bench/maintain.py    and put it into bench/README.md

SCALE=5 for half the rows, ROUNDS=1 for fewer rounds. pgbench (TPC-B-like, RATE transactions a second, its latency from
the moment at which each was due) writes down every transaction. The work has IDLE seconds before and after it: VACUUM
and ANALYZE of its largest table, of whose rows half are dead, and a new index for its key, by `maintain run` and by
`vacuumdb -z` and `reindexdb --concurrently`, which come with the server. The ways take turns, each from the same state.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
# The room `maintain` before this file.
sys.path[:0] = [str(ROOT), *(str(ROOT / "tests" / name) for name in ("", "maintain", "observe", "bootstrap"))]

from at_work import Work, action  # noqa: E402 the tests' way to run it without a tier
from busy_server import Busy, busy  # noqa: E402
from postgres_server import binaries  # noqa: E402
from section import publish  # noqa: E402

SCALE, ROUNDS = int(os.environ.get("SCALE", "10")), int(os.environ.get("ROUNDS", "3"))
RATE, CLIENTS, IDLE, LONGEST = 100, 4, 10, 120
TABLE, INDEX = "public.pgbench_accounts", "public.pgbench_accounts_pkey"
OURS = "`maintain run`"
THEIRS = "`vacuumdb -z`, then `reindexdb --concurrently`"
TARGETS = {OURS: "1.5"}


@dataclass(frozen=True)
class Felt:
    """What clients waited, in ms, and how long the work took, in seconds."""

    idle: float
    busy: float
    seconds: float

    @property
    def ratio(self) -> float:
        return self.busy / self.idle


def ours(server: Busy) -> None:
    """What `datatier maintain run` does with a plan of these."""
    report = Work(server, pause=time.sleep).do(
        action("vacuum", f"VACUUM (ANALYZE) {TABLE}", TABLE),
        action("reindex", f"REINDEX INDEX CONCURRENTLY {INDEX}", INDEX),
        seconds=LONGEST,
    )
    assert [each.state for each in report.done] == ["done", "done"], report


def theirs(server: Busy) -> None:
    """The same by the programs that come with PostgreSQL."""
    folder = binaries()[server.major]
    where = ["-h", "127.0.0.1", "-p", str(server.port), "-U", "boss", "-d", "shop", "-t", TABLE, "-q"]
    subprocess.run([folder / "vacuumdb", "-z", *where], check=True, capture_output=True)
    subprocess.run([folder / "reindexdb", "--concurrently", *where], check=True, capture_output=True)


WAYS: dict[str, Callable[[Busy], None]] = {OURS: ours, THEIRS: theirs}


@contextmanager
def clients(server: Busy, log: Path) -> Iterator[None]:
    """pgbench, as long as the block takes; each transaction is a line of files that begin like `log`."""
    words = ["-h", "127.0.0.1", "-p", str(server.port), "-U", "boss", "-n", "-c", str(CLIENTS), "-R", str(RATE)]
    command = [binaries()[server.major] / "pgbench", *words, "-T", str(LONGEST), "-l", f"--log-prefix={log}", "shop"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        # It ends in good order, its lines written, when its sessions are gone.
        conn = server.connect()
        while process.poll() is None:
            conn.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pgbench'")
            time.sleep(0.1)


def transactions(log: Path) -> Iterator[tuple[float, float]]:
    """When each ended, in seconds, and its latency in ms (PostgreSQL, pgbench, Per-Transaction Logging)."""
    for file in log.parent.glob(f"{log.name}.*"):
        for line in file.read_text(encoding="ascii").splitlines():
            words = line.split()
            if len(words) >= 6 and words[2].isdigit():
                yield int(words[4]) + int(words[5]) / 1e6, int(words[2]) / 1000


def p95(found: list[float]) -> float:
    """Nearest rank."""
    return sorted(found)[int(0.95 * (len(found) - 1))]


def measured(server: Busy, way: Callable[[Busy], None], folder: Path) -> Felt:
    """One way, once."""
    with server.scene():
        conn = server.connect()
        conn.execute("VACUUM (ANALYZE)")
        conn.execute(f"UPDATE {TABLE} SET abalance = abalance + 1 WHERE aid % 2 = 0")
        conn.execute(f"UPDATE {TABLE} SET abalance = abalance - 1 WHERE aid % 2 = 0")
        conn.execute("SELECT pg_stat_force_next_flush()")
        conn.execute("CHECKPOINT")
        log = folder / f"log{time.time_ns()}"
        with clients(server, log):
            time.sleep(IDLE)
            began = time.time()
            way(server)
            ended = time.time()
            time.sleep(IDLE)
        found = list(transactions(log))
    around = [latency for at, latency in found if began - IDLE + 2 < at <= began or at > ended + 1]
    during = [latency for at, latency in found if began < at <= ended]
    return Felt(p95(around), p95(during), ended - began)


def main() -> None:
    """Print, and write when asked."""
    taken: dict[str, list[Felt]] = {name: [] for name in WAYS}
    with busy(18) as server, tempfile.TemporaryDirectory() as folder:
        where = ["-h", "127.0.0.1", "-p", str(server.port), "-U", "boss"]
        program = binaries()[18] / "pgbench"
        subprocess.run([program, "-i", "-q", "-s", str(SCALE), *where, "shop"], check=True, capture_output=True)
        with server.scene():
            conn = server.connect()
            conn.execute("ALTER DATABASE shop SET client_min_messages = 'warning'")
            for table in ("accounts", "branches", "tellers", "history"):
                conn.execute(f"ALTER TABLE pgbench_{table} SET (autovacuum_enabled = off)".encode())
        for _ in range(ROUNDS):
            for name, way in WAYS.items():
                taken[name].append(measured(server, way, Path(folder)))
                print(name, taken[name][-1], file=sys.stderr)
    lines = [
        f"{SCALE / 10:g} million rows, half of them dead twice over; {CLIENTS} clients, {RATE} transactions/s; "
        f"medians of {ROUNDS} rounds.",
        "",
        "| what | p95 idle, ms | p95 meanwhile, ms | of idle | least - most | took s | target |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, each in taken.items():
        columns = zip(*((one.idle, one.busy, one.ratio, one.seconds) for one in each), strict=True)
        idle, felt, ratio, seconds = (statistics.median(column) for column in columns)
        ratios = sorted(one.ratio for one in each)
        lines.append(
            f"| {name} | {idle:.1f} | {felt:.1f} | {ratio:.2f} | {ratios[0]:.2f} - {ratios[-1]:.2f} "
            f"| {seconds:.1f} | {TARGETS.get(name, '')} |"
        )
    publish("maintain", "\n".join(lines))


if __name__ == "__main__":
    main()
