"""Measures the schema check in process, beside alembic's comparison of the same database, and writes both down.

    .venv/bin/python bench/schema.py             print the table
    WRITE=1 .venv/bin/python bench/schema.py     and put it into bench/README.md
    BESIDE=FOLDER .venv/bin/python ...           the check of another checkout in turn with this one

The other checkout has an environment of its own (`make install` there). The collector of cycles is off, as in
the program (cli/main.py).

alembic runs where DATATIER_BENCH_ALEMBIC names a Python that has it, SQLAlchemy and psycopg: an environment of its own,
for the project does without. It compares tables, columns, indexes and foreign keys; no checks, triggers, policies,
functions or views, of which the check compares all.
"""

from __future__ import annotations

import gc
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import psutil
import psycopg

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests")]

from postgres_server import binaries, run_tool, running  # noqa: E402
from section import publish  # noqa: E402

from bootstrap import schema  # noqa: E402

TABLES, INDEXES = 1000, 5  # indexes of each table beside its key's
RUNS, PAIRS = 5, int(os.environ.get("PAIRS", "11"))

ALEMBIC = """
import json, sys, time
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, create_engine
engine = create_engine(sys.argv[1])
wanted = MetaData()
with engine.connect() as connection:
    wanted.reflect(connection)
    options = {"compare_type": True, "compare_server_default": True}
    took = []
    for _ in range(int(sys.argv[2]) + 1):
        begun = time.perf_counter()
        found = compare_metadata(MigrationContext.configure(connection, opts=options), wanted)
        took.append(time.perf_counter() - begun)
print(json.dumps([took[1:], len(found)]))
"""


# One check for each line that it is sent; so that two checkouts can be asked in turns.
CHECK = """
import gc, json, os, sys, time
from pathlib import Path
gc.disable()
sys.path.insert(0, sys.argv[1])
import psycopg
from bootstrap import schema
path = Path(sys.argv[3])
with psycopg.connect(sys.argv[2], autocommit=True) as connection:
    def used():
        server = Path(f"/proc/{connection.info.backend_pid}/schedstat").read_text().split()[0]
        return time.process_time() + int(server) / 1e9
    live = schema.read(connection, extensions=())
    path.write_text(schema.dump(schema.definition_of(live)))
    for _ in sys.stdin:
        begun, before = time.perf_counter(), used()
        schema.compare(schema.load(path), schema.read(connection, extensions=()))
        print(json.dumps([time.perf_counter() - begun, used() - before]), flush=True)
"""


def beside(folder: Path, url: str, other: str) -> dict[str, list[float]]:
    """The check of the other checkout and ours in turns: their seconds, and how many times theirs ours are in each."""
    with ExitStack() as stack:
        running = {}
        for name, root in (("there", Path(other)), ("here", ROOT)):
            words = [root / ".venv/bin/python", "-c", CHECK, root, url, folder / f"{name}.json"]
            running[name] = stack.enter_context(
                subprocess.Popen(words, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
            )
        turns: list[dict[str, list[float]]] = []
        for _ in range(PAIRS + 1):
            turns.append({})
            for name, process in running.items():
                assert process.stdin is not None
                assert process.stdout is not None
                process.stdin.write("\n")
                turns[-1][name] = json.loads(process.stdout.readline())
        for process in running.values():
            assert process.stdin is not None
            process.stdin.close()
    found: dict[str, list[float]] = {}
    for name, part in (("wall", 0), ("processor", 1)):
        for each in ("here", "there"):
            found[f"{name} {each}"] = [turn[each][part] for turn in turns[1:]]
        found[f"{name} ratio"] = [turn["here"][part] / turn["there"][part] for turn in turns[1:]]
    return found


def ratios(found: dict[str, list[float]]) -> list[str]:
    """The table of the pairs."""
    lines = [
        "",
        f"| check and that of BESIDE, {PAIRS} pairs | here, s | beside, s | ratio, median of pairs | target |",
        "|---|---|---|---|---|",
    ]
    for name, title in (("wall", "by the clock"), ("processor", "processor, client and server")):
        here, there, ratio = (statistics.median(found[f"{name} {each}"]) for each in ("here", "there", "ratio"))
        lines.append(f"| {title} | {here:.3f} | {there:.3f} | {ratio:.2f} | 1.2 |")
    return lines


def fill(connection: psycopg.Connection) -> None:
    """A database of many tables, each with five indexes, a CHECK, a trigger, a comment and a foreign key."""
    connection.execute("CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'")
    for number in range(TABLES):
        parent = f"REFERENCES t{number - 1}" if number else ""
        statements = [
            f"CREATE TABLE t{number} (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), parent uuid {parent}, "
            "email varchar(255) NOT NULL CHECK (email = lower(email)), name text NOT NULL DEFAULT 'none', "
            "score numeric(3,1), cells jsonb, at timestamptz NOT NULL DEFAULT now())",
            f"CREATE TRIGGER touch BEFORE UPDATE ON t{number} FOR EACH ROW EXECUTE FUNCTION touch()",
            f"COMMENT ON TABLE t{number} IS 'Table {number}'",
        ]
        columns = ("parent", "email, at", "name DESC", "score", "cells")
        statements += [f"CREATE INDEX i{number}_{n} ON t{number} ({what})" for n, what in enumerate(columns[:INDEXES])]
        connection.execute("; ".join(statements).encode())
    connection.execute("ANALYZE")


def ours(connection: psycopg.Connection, path: Path) -> dict[str, list[float]]:
    """Seconds of each run by part; the definition is loaded again each time."""
    taken: dict[str, list[float]] = {"load": [], "read": [], "compare": [], "whole": [], "processor": []}
    server = psutil.Process(connection.info.backend_pid)

    def processor() -> float:
        """Seconds of processor that this process and the server's have used."""
        return time.process_time() + sum(server.cpu_times()[:2])

    for _ in range(RUNS + 1):
        used = processor()
        marks = [time.perf_counter()]
        expected = schema.load(path)
        marks.append(time.perf_counter())
        live = schema.read(connection, extensions=())
        marks.append(time.perf_counter())
        found = schema.compare(expected, live)
        marks.append(time.perf_counter())
        assert found == (), found[:3]
        parts = [after - before for before, after in pairwise(marks)]
        for name, seconds in zip(taken, [*parts, marks[-1] - marks[0], processor() - used], strict=True):
            taken[name].append(seconds)
    return {name: seconds[1:] for name, seconds in taken.items()}


def dumps(connection: psycopg.Connection, programs: Path, path: Path) -> dict[str, list[float]]:
    """Seconds of each dump in turns: ours in process, without and with its login, as a command, and pg_dump's."""
    address = {"PGHOST": "127.0.0.1", "PGPORT": str(connection.info.port), "PGUSER": "postgres"}
    url = f"postgresql://postgres@127.0.0.1:{connection.info.port}/postgres"
    # Byte code that is not kept would be made in every run.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [ROOT / ".venv/bin/datatier", "schema", "dump", "--file", path]
    taken: dict[str, list[float]] = {"open": [], "in process": [], "command": [], "pg_dump": []}
    for _ in range(RUNS + 1):
        marks = [time.perf_counter()]
        path.write_text(schema.dump(schema.definition_of(schema.read(connection))))
        marks.append(time.perf_counter())
        with psycopg.connect(url, autocommit=True) as own:
            path.write_text(schema.dump(schema.definition_of(schema.read(own))))
        marks.append(time.perf_counter())
        subprocess.run(command, env={**kept, "DATABASE_URL": url}, capture_output=True, check=True)
        marks.append(time.perf_counter())
        pg_dump = [programs / "pg_dump", "--schema-only", "--file", path.with_suffix(".sql"), "postgres"]
        subprocess.run(pg_dump, env={**os.environ, **address}, check=True)
        marks.append(time.perf_counter())
        for name, (before, after) in zip(taken, pairwise(marks), strict=True):
            taken[name].append(after - before)
    return {name: seconds[1:] for name, seconds in taken.items()}


def theirs(port: int) -> tuple[str, list[float] | None]:
    """The same database by alembic: what it is, and the seconds of each run."""
    python = os.environ.get("DATATIER_BENCH_ALEMBIC")
    if not python:
        return "alembic is left out: DATATIER_BENCH_ALEMBIC names no Python that has it", None
    script = "import alembic, sqlalchemy; print(alembic.__version__, sqlalchemy.__version__)"
    versions = subprocess.run([python, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    url = f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
    done = subprocess.run([python, "-c", ALEMBIC, url, str(RUNS)], capture_output=True, text=True, check=True)
    taken, found = json.loads(done.stdout)
    assert found == 0, found
    return f"alembic {versions[0]} (SQLAlchemy {versions[1]}), `compare_metadata`", taken


def row(name: str, seconds: list[float], base: float, target: str = "") -> str:
    """A line of the table."""
    median = statistics.median(seconds)
    return f"| {name} | {median:.3f} | {min(seconds):.3f} - {max(seconds):.3f} | {median / base:.1f} | {target} |"


def main() -> None:
    """Print, and write when asked."""
    gc.disable()
    with tempfile.TemporaryDirectory(prefix="dt-bench-", dir="/tmp") as name:
        folder, programs = Path(name), binaries()[18]
        initdb = [programs / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        run_tool(folder, [*initdb, "--no-sync", "--locale=C.UTF-8"])
        settings = ["shared_buffers=256MB", "max_locks_per_transaction=1024"]
        with running(programs, folder / "data", settings) as port:
            address = {"host": "127.0.0.1", "port": port, "dbname": "postgres", "user": "postgres"}
            with psycopg.connect(**address, autocommit=True) as connection:
                fill(connection)
                (folder / "schema.json").write_text(schema.dump(schema.definition_of(schema.read(connection))))
                mine = ours(connection, folder / "schema.json")
                dumped = dumps(connection, programs, folder / "dumped.json")
            peer, others = theirs(port)
            other = os.environ.get("BESIDE")
            url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
            pairs = ratios(beside(folder, url, other)) if other else []
    base, pg_dump = statistics.median(mine["whole"]), statistics.median(dumped["pg_dump"])
    lines = [
        f"{os.cpu_count()} cores, Python {platform.python_version()}, PostgreSQL 18; {TABLES:,} tables with "
        f"{TABLES * INDEXES:,} indexes, nothing differs; {RUNS} runs after one to warm up, in process.",
        "",
        "| what | median s | fastest - slowest | times the check | target |",
        "|---|---|---|---|---|",
        row("schema check", mine["whole"], base, "0.5 s"),
        *(row(f"of that: {part}", mine[part], base) for part in ("load", "read", "compare")),
        row("of that: processor, client and server", mine["processor"], base),
        *([row(peer, others, base)] if others else []),
        *([] if others else ["", peer + "."]),
        *pairs,
        "",
        "| a dump of the same | median s | fastest - slowest | times pg_dump | target |",
        "|---|---|---|---|---|",
        row("`pg_dump --schema-only`", dumped["pg_dump"], pg_dump),
        row("schema dump, in process on an open connection", dumped["open"], pg_dump, "0.5 times pg_dump"),
        row("schema dump, in process with its login", dumped["in process"], pg_dump),
        row("`datatier schema dump`, with the start of Python", dumped["command"], pg_dump),
    ]
    text = "\n".join(lines)
    publish("schema", text)


if __name__ == "__main__":
    main()
