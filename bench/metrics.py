"""Measures `datatier metrics serve` beside postgres_exporter and redis_exporter: whole scrapes over HTTP, in turns.

    .venv/bin/python bench/metrics.py             print the table
    WRITE=1 .venv/bin/python bench/metrics.py     and put it into bench/README.md
    SCRAPES=10000 .venv/bin/python bench/metrics.py     and scrape so often, to see whether memory grows

The peers are looked for on PATH, or are what POSTGRES_EXPORTER and REDIS_EXPORTER name; without one its rows are left
out. Load changes milliseconds by half: what to compare is the ratio of each pair, and of those the median.
"""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from section import publish

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))
sys.path.insert(0, str(ROOT / "tests" / "bootstrap"))

import once  # noqa: E402 the tests' servers
import psutil  # noqa: E402
import psycopg  # noqa: E402
from postgres_server import binaries, free_port, initdb, running  # noqa: E402
from real_servers import valkey  # noqa: E402

PAIRS = int(os.environ.get("PAIRS", "41"))
TABLES = 118
WARM = 8
"""Seconds until the first round of what is read beside the scrapes is over."""
HEADERS = {"Accept-Encoding": "gzip", "X-Prometheus-Scrape-Timeout-Seconds": "10"}
# Sizes are kept for 300 s. A full scrape is one that reads them too, as the peer does each time.
FULL = "from observe.metrics.postgres.reading import EVERY; EVERY['sizes'] = 0; "


@dataclass(frozen=True)
class Exporter:
    """A process that serves /metrics."""

    url: str
    pid: int

    def scrape(self) -> tuple[float, bytes]:
        """Milliseconds of a scrape, and what came."""
        request = urllib.request.Request(self.url, headers=HEADERS)
        begun = time.perf_counter()
        with urllib.request.urlopen(request, timeout=60) as answer:
            body = answer.read()
        return 1000 * (time.perf_counter() - begun), body

    def text(self) -> str:
        """What it serves."""
        with urllib.request.urlopen(self.url, timeout=60) as answer:
            return str(answer.read().decode())

    @property
    def processor(self) -> float:
        """Processor seconds since its start."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def memory(self) -> float:
        """Resident MiB."""
        found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{self.pid}/status").read_text())
        return int(found[1]) / 1024 if found else 0.0

    @property
    def held(self) -> str:
        """Threads and open files."""
        here = Path(f"/proc/{self.pid}")
        return f"{len(list((here / 'task').iterdir()))} threads, {len(list((here / 'fd').iterdir()))} files"


@contextmanager
def exporting(command: list[str], port: int, env: dict[str, str] | None = None) -> Iterator[Exporter]:
    """Run an exporter until the block ends."""
    process = subprocess.Popen(command, env=os.environ | (env or {}), stderr=subprocess.DEVNULL)
    made = Exporter(f"http://127.0.0.1:{port}/metrics", process.pid)
    try:
        for _ in range(400):
            try:
                made.scrape()
                break
            except urllib.error.URLError:
                time.sleep(0.05)
        yield made
    finally:
        process.terminate()
        process.wait(20)


def ours(option: str, url: str, *, full: bool = False) -> tuple[list[str], int]:
    """The command that serves one server, and its port."""
    port = free_port()
    code = f"{FULL if full else ''}from cli.main import main; main()"
    return [sys.executable, "-c", code, "metrics", "serve", "--listen", f"127.0.0.1:{port}", option, url], port


def fill(port: int) -> None:
    """A database with so many tables, and a login that may only watch."""
    with psycopg.connect(host="127.0.0.1", port=port, user="postgres", dbname="postgres", autocommit=True) as conn:
        conn.execute("CREATE ROLE watcher LOGIN IN ROLE pg_monitor")
        conn.execute("CREATE DATABASE shop")
    with psycopg.connect(host="127.0.0.1", port=port, user="postgres", dbname="shop", autocommit=True) as conn:
        for number in range(TABLES):
            conn.execute(f"CREATE TABLE t{number:03} (id bigserial PRIMARY KEY, a text, b int)")
            conn.execute(f"CREATE INDEX ON t{number:03} (b)")
            conn.execute(f"INSERT INTO t{number:03} (a, b) SELECT repeat('x', 100), g FROM generate_series(1, 500) g")


def series(text: str) -> int:
    """How many samples there are."""
    return sum(not line.startswith("#") for line in text.splitlines())


def spends(exporter: Exporter, server: int) -> float:
    """Processor milliseconds of a scrape, those of the server among them."""

    def spent() -> float:
        every = [psutil.Process(server), *psutil.Process(server).children()]
        return exporter.processor + sum(sum(each.cpu_times()[:4]) for each in every)

    before = spent()
    for _ in range(PAIRS):
        exporter.scrape()
    return 1000 * (spent() - before) / PAIRS


def row(name: str, here: Exporter, there: Exporter | None, server: int, target: str) -> str:
    """One row of the table: medians, the median of the ratios, processor time and memory."""
    taken: list[tuple[float, float]] = []
    time.sleep(WARM)
    for number in range(PAIRS):
        if there and number % 2:  # who comes second finds what the first has warmed
            second = there.scrape()[0]
            taken.append((here.scrape()[0], second))
        else:
            taken.append((here.scrape()[0], there.scrape()[0] if there else 0.0))
    spent = [spends(each, server) for each in (here, there) if each]
    cells = [name, str(series(here.text())), f"{statistics.median(each[0] for each in taken):.1f}"]
    if there:
        cells += [f"{statistics.median(each[1] for each in taken):.1f}"]
        cells += [f"{statistics.median(a / b for a, b in taken):.2f}", target]
        cells += [" / ".join(f"{each:.1f}" for each in spent), f"{here.memory:.0f} / {there.memory:.0f}"]
    else:
        cells += ["", "", target, f"{spent[0]:.1f}", f"{here.memory:.0f}"]
    return "| " + " | ".join(cells) + " |"


def often(here: Exporter, scrapes: int) -> Iterator[str]:
    """How memory, threads and files go over many scrapes."""
    for number in range(1, scrapes + 1):
        here.scrape()
        if number in (100, 1000) or number % 2500 == 0 or number == scrapes:
            yield f"| {number} | {here.memory:.1f} | {here.held} |"


def _listens(port: int) -> int:
    """The process that listens there."""
    return next(
        int(each.pid or 0)
        for each in psutil.net_connections("tcp")
        if each.status == "LISTEN" and each.laddr.port == port
    )


def peer(variable: str, program: str) -> str | None:
    """Where a peer is."""
    return os.environ.get(variable) or shutil.which(program)


def main() -> None:
    """Print, and write when asked."""
    scrapes = int(os.environ.get("SCRAPES", "0"))
    rows, grown = [], []
    with tempfile.TemporaryDirectory(prefix="dt-pg-", dir="/tmp") as folder, ExitStack() as stack:
        once.share(Path(folder))
        initdb(binaries()[18], Path(folder) / "data", "postgres")
        port = stack.enter_context(running(binaries()[18], Path(folder) / "data", ["shared_buffers=128MB"]))
        fill(port)
        server = _listens(port)
        url = f"postgres://watcher@127.0.0.1:{port}/shop?sslmode=disable"
        there = None
        if program := peer("POSTGRES_EXPORTER", "postgres_exporter"):
            listen = free_port()
            command = [program, f"--web.listen-address=127.0.0.1:{listen}"]
            there = stack.enter_context(exporting(command, listen, {"DATA_SOURCE_NAME": url}))
        with exporting(*ours("--database-url", url, full=True)) as here:
            rows.append(row("PostgreSQL 18, everything read", here, there, server, "0.5"))
        with exporting(*ours("--database-url", url)) as here:
            rows.append(row("PostgreSQL 18, sizes kept (300 s)", here, there, server, ""))
            grown += often(here, scrapes)
        (Path(folder) / "valkey").mkdir()
        cache = stack.enter_context(valkey(Path(folder) / "valkey"))
        cached = _listens(cache.port)
        redis_url = f"redis://127.0.0.1:{cache.port}"
        beside = None
        if program := peer("REDIS_EXPORTER", "redis_exporter"):
            listen = free_port()
            command = [program, "-redis.addr", redis_url, "-web.listen-address", f"127.0.0.1:{listen}"]
            beside = stack.enter_context(exporting(command, listen))
        with exporting(*ours("--redis-url", redis_url)) as here:
            rows.append(row("Valkey 9.1", here, beside, cached, "1.0"))
    text = "\n".join(
        [
            f"{TABLES} tables; {PAIRS} pairs of scrapes, gzip as Prometheus asks for it; ours / the peer's.",
            "",
            "| what | series | ms | peer's ms | ratio | target | processor ms a scrape, the server's too | MiB |",
            "|---|---|---|---|---|---|---|---|",
            *rows,
            *(["", "| scrapes | MiB | held |", "|---|---|---|", *grown] if grown else []),
        ]
    )
    publish("metrics", text)


if __name__ == "__main__":
    main()
