"""Measures what `datatier init --database-url` does with a large server, beside pg_dump of the same one.

    .venv/bin/python bench/init_live.py             print the table
    WRITE=1 .venv/bin/python bench/init_live.py     and put it into bench/README.md

In process, each part in turns with pg_dump: all of it read; put together and written out; the baseline applied to an
empty server and compared. Processor seconds are of this process and of the server's for its session.
"""

from __future__ import annotations

import gc
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import psycopg

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests")]

from postgres_server import binaries, run_tool, running  # noqa: E402
from section import publish  # noqa: E402

from cli.init_live import _prove  # noqa: E402
from local.scratch import throwaway  # noqa: E402
from scaffold.files import files  # noqa: E402
from scaffold.live.application import live_application  # noqa: E402
from scaffold.live.database import read_database  # noqa: E402

TABLES, INDEXES, ROLES = 1000, 5, 200
RUNS = int(os.environ.get("RUNS", "3"))


def fill(connection: psycopg.Connection) -> None:
    """Tables with five indexes each, and grants to three of two hundred roles."""
    connection.execute("CREATE ROLE owner; ALTER SCHEMA public OWNER TO owner")
    connection.execute("; ".join(f"CREATE ROLE reader_{n} LOGIN" for n in range(ROLES)).encode())
    connection.execute("SET ROLE owner")
    for number in range(TABLES):
        table = f"t{number}"
        statements = [
            f"CREATE TABLE {table} (id bigint PRIMARY KEY, a int, b text, c timestamptz, d jsonb, e int)",
            *(f"CREATE INDEX {table}_{column} ON {table} ({column})" for column in "abce"),
            f"CREATE INDEX {table}_ab ON {table} (a, b)",
            f"GRANT SELECT, INSERT ON {table} TO reader_{number % ROLES}, reader_{number * 7 % ROLES}",
            f"GRANT SELECT ON {table} TO reader_{number * 3 % ROLES}",
        ]
        connection.execute("; ".join(statements).encode())
    connection.execute("RESET ROLE; ANALYZE")


def once(url: str, pg_dump: list[str | Path]) -> dict[str, tuple[float, float]]:
    """Seconds by the clock and of the processor, by part."""
    taken: dict[str, tuple[float, float]] = {}

    def part(name: str, began: float, used: float, server: float = 0.0) -> None:
        taken[name] = time.perf_counter() - began, time.process_time() - used + server

    began, used = time.perf_counter(), time.process_time()
    with psycopg.connect(url, autocommit=True) as connection:
        live = read_database(connection)
        part("read", began, used, sum(psutil.Process(connection.info.backend_pid).cpu_times()[:2]))
    began, used = time.perf_counter(), time.process_time()
    found = live_application("big", "eu-west-1", live, ())
    files(found.application)
    part("put together", began, used)
    with throwaway(18, ()) as server:
        began, used = time.perf_counter(), time.process_time()
        _prove(live, found, server)
        part("prove", began, used)
    began = time.perf_counter()
    subprocess.run(pg_dump, capture_output=True, check=True)
    taken["pg_dump"] = time.perf_counter() - began, 0.0
    return taken


def main() -> None:
    """Print, and write when asked."""
    gc.disable()  # as in the program
    with tempfile.TemporaryDirectory(prefix="dt-bench-", dir="/tmp") as name:
        folder, programs = Path(name), binaries()[18]
        initdb = [programs / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        run_tool(folder, [*initdb, "--no-sync", "--locale=C.UTF-8"])
        with running(programs, folder / "data", ["max_locks_per_transaction=1024"]) as port:
            url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
            with psycopg.connect(url, autocommit=True) as connection:
                fill(connection)
            dump = [programs / "pg_dump", "--schema-only", "--dbname", url]
            runs = [once(url, dump) for _ in range(RUNS + 1)][1:]
    base = statistics.median(run["pg_dump"][0] for run in runs)
    lines = [
        f"{os.cpu_count()} cores, Python {platform.python_version()}, PostgreSQL 18; {TABLES:,} tables with "
        f"{TABLES * INDEXES:,} indexes and keys, {ROLES} roles; {RUNS} runs after one to warm up, in process.",
        "",
        "| what | median s | fastest - slowest | processor s | times pg_dump |",
        "|---|---|---|---|---|",
    ]
    titles = {
        "pg_dump": "`pg_dump --schema-only`",
        "read": "read: definition, declaration, facts",
        "put together": "put together, as files",
        "prove": "prove: applied to an empty server, and compared",
    }
    for part, title in titles.items():
        clock = sorted(run[part][0] for run in runs)
        used = statistics.median(run[part][1] for run in runs)
        middle = statistics.median(clock)
        shown = f"{used:.2f}" if used else ""
        lines.append(f"| {title} | {middle:.2f} | {clock[0]:.2f} - {clock[-1]:.2f} | {shown} | {middle / base:.1f} |")
    whole = statistics.median(sum(run[part][0] for part in titles if part != "pg_dump") for run in runs)
    lines.append(f"| all of it | {whole:.2f} | | | {whole / base:.1f} |")
    publish("init from live servers", "\n".join(lines))


if __name__ == "__main__":
    main()
