"""Measures `datatier backup create`, with hash, row proof and read-back, beside pg_dump's own compression.

    .venv/bin/python bench/backup.py              print the table
    WRITE=1 .venv/bin/python bench/backup.py      and put it into bench/README.md

MEGABYTES=200 for a smaller database, TURNS=1 for fewer turns. Whole processes in turns, on a server of PostgreSQL 18 on
loopback; processor seconds are the clients', pg_dump's included. Zstandard is that of a pg_dump of this computer whose
build has it.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from section import publish

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
from postgres_server import binaries, initdb, running  # noqa: E402

from local.postgres import packages  # noqa: E402

DATATIER = str(ROOT / ".venv" / "bin" / "datatier")
MEGABYTES, TURNS = int(os.environ.get("MEGABYTES", "1000")), int(os.environ.get("TURNS", "3"))
# About 100 MB: orders with references and money, events as JSON, notes of words, and keys that nothing compresses.
TABLES = """
CREATE TABLE customer (id bigint PRIMARY KEY, email text NOT NULL, city text, since timestamptz NOT NULL);
CREATE TABLE purchase (id bigint PRIMARY KEY, customer bigint NOT NULL, at timestamptz NOT NULL, total numeric(12, 2),
                       state text NOT NULL, note text);
CREATE TABLE event (id bigint PRIMARY KEY, at timestamptz NOT NULL, body jsonb NOT NULL);
CREATE TABLE session (token uuid PRIMARY KEY, secret bytea NOT NULL, seen timestamptz);
CREATE FUNCTION words(seed bigint, count integer) RETURNS text IMMUTABLE LANGUAGE sql AS $$
  SELECT string_agg((ARRAY['the', 'parcel', 'was', 'left', 'with', 'a', 'neighbour', 'please', 'ring', 'twice', 'and',
    'wait', 'customer', 'asked', 'for', 'another', 'colour', 'invoice', 'sent', 'by', 'post', 'returned', 'because',
    'size', 'too', 'small', 'call', 'before', 'delivery', 'gift', 'wrapped', 'in', 'blue', 'no', 'signature',
    'needed', 'back', 'door', 'between', 'nine', 'or', 'ten', 'discount', 'of', 'spring'])
    [1 + abs(hashint8(seed * 31 + n)) % 45], ' ')
  FROM generate_series(1, count) AS n $$;
CREATE TABLE phrase AS SELECT n AS id, words(n, 2 + n % 9) AS text FROM generate_series(0, 19999) AS n;
CREATE UNIQUE INDEX ON phrase (id);
CREATE FUNCTION note(seed bigint) RETURNS text STABLE LANGUAGE sql AS $$
  SELECT string_agg(p.text, ' ') FROM generate_series(1, 1 + seed % 3) AS n
  JOIN phrase p ON p.id = (hashint8(seed * 3 + n) & 2147483647) % 20000 $$;
"""
ROWS = """
INSERT INTO customer
  SELECT n, 'reader.' || n || '@example.org', 'city ' || n % 997, '2020-01-01'::timestamptz + n * '1 s'::interval
  FROM generate_series({0} * 60000 + 1, ({0} + 1) * 60000) AS n;
INSERT INTO purchase SELECT n, abs(hashint8(n)) % 100000, '2020-01-01'::timestamptz + n * '7.3 s'::interval,
    (abs(hashint8(n + 7)) % 1000000) / 100.0, (ARRAY['open', 'paid', 'sent', 'returned'])[1 + abs(hashint8(n)) % 4],
    note(n)
  FROM generate_series({0} * 250000 + 1, ({0} + 1) * 250000) AS n;
INSERT INTO event SELECT n, '2020-01-01'::timestamptz + n * '3.1 s'::interval,
    jsonb_build_object('kind', (ARRAY['viewed', 'opened', 'closed'])[1 + n % 3], 'page', abs(hashint8(n)) % 5000,
                       'agent', 'Mozilla/5.0 (X11; Linux)',
                       'ms', abs(hashint8(n + 1)) % 2000, 'visitor', abs(hashint8(n / 7)))
  FROM generate_series({0} * 200000 + 1, ({0} + 1) * 200000) AS n;
INSERT INTO session SELECT md5(n::text)::uuid, decode(md5(n::text), 'hex'), '2026-01-01'
  FROM generate_series({0} * 20000 + 1, ({0} + 1) * 20000) AS n;
"""


@dataclass(frozen=True)
class Taken:
    """One run of a process."""

    processor: float
    """Seconds, of it and what it started."""
    wall: float
    memory: float
    """MiB that it, not what it started, held at most."""
    size: int
    """Bytes of what it wrote."""


def run(command: list[str], environment: dict[str, str], written: Callable[[], int]) -> Taken:
    """Run a command to its end."""
    before, began = os.times(), time.perf_counter()
    process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall, after = time.perf_counter() - began, os.times()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command[0]} failed")
    processor = after.children_user + after.children_system - before.children_user - before.children_system
    return Taken(processor, wall, usage.ru_maxrss / 1024, written())


@contextmanager
def filled() -> Iterator[tuple[int, int]]:
    """A server with the database; gives its port and the database's size."""
    bin_ = binaries()[18]
    with tempfile.TemporaryDirectory(prefix="dt-bench-", dir="/tmp") as folder:
        initdb(bin_, Path(folder) / "data", "boss")
        settings = ("shared_buffers=256MB", "max_wal_size=4GB", "work_mem=32MB")
        with running(bin_, Path(folder) / "data", settings) as port:
            with psycopg.connect(host="127.0.0.1", port=port, user="boss", dbname="postgres", autocommit=True) as conn:
                conn.execute(TABLES.encode())
                for part in range(max(1, MEGABYTES // 100)):
                    conn.execute(ROWS.format(part).encode())
                conn.execute("VACUUM ANALYZE")
                conn.execute("CHECKPOINT")
                row = conn.execute("SELECT pg_database_size('postgres')").fetchone()
                assert row
            yield port, row[0]


def with_zstd() -> str | None:
    """A pg_dump of this computer that was built with Zstandard."""
    for each in packages.found():
        program = each.bin / "pg_dump"
        if each.major >= 18 and program.exists():
            done = subprocess.run(
                [program, "-Fc", "-Z", "zstd", "-d", "host=/nowhere"], capture_output=True, check=False
            )
            if b"does not support compression" not in done.stderr:
                return str(program)
    return None


def commands(port: int, folder: Path) -> dict[str, tuple[list[str], dict[str, str], Callable[[], int]]]:
    """What is run: the command, its environment, and how much it wrote."""
    file = folder / "dump"
    libpq = {"PGHOST": "127.0.0.1", "PGPORT": str(port), "PGUSER": "boss", "PGDATABASE": "postgres"}
    url = f"postgres://boss@127.0.0.1:{port}/postgres"
    place = folder / "place"

    def in_file() -> int:
        size = file.stat().st_size
        file.unlink()
        return size

    def in_place() -> int:
        found = [path for path in place.rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in found)
        for path in found:
            path.unlink()
        return size

    plain = str(binaries()[18] / "pg_dump")
    made = {"`pg_dump -Fc`": ([plain, "-Fc", f"--file={file}"], libpq, in_file)}
    if program := with_zstd():
        made["`pg_dump -Fc -Z zstd`"] = ([program, "-Fc", "-Z", "zstd", f"--file={file}"], libpq, in_file)
    ours = [DATATIER, "backup", "create", "--to", str(place), "--database-url", url]
    made["`datatier backup create`"] = (ours, {}, in_place)
    return made


def median(taken: list[Taken], figure: str) -> float:
    return statistics.median(getattr(each, figure) for each in taken)


def ratio(ours: list[Taken], theirs: list[Taken], figure: str) -> float:
    """Median of the ratios of each turn: neighbours on the machine change from turn to turn."""
    return statistics.median(getattr(a, figure) / getattr(b, figure) for a, b in zip(ours, theirs, strict=True))


def main() -> None:
    """Run, print, and write when asked."""
    with filled() as (port, size), tempfile.TemporaryDirectory(prefix="dt-bench-", dir="/tmp") as folder:
        every = commands(port, Path(folder))
        found: dict[str, list[Taken]] = {name: [] for name in every}
        for turn in range(TURNS + 1):
            for name, (command, environment, written) in every.items():
                taken = run(command, environment, written)
                if turn:  # the first warms up
                    found[name].append(taken)
    names = list(found)
    gzip, ours = found[names[0]], found[names[-1]]
    zstd = found[names[1]] if len(names) > 2 else None
    lines = [
        f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}; "
        f"PostgreSQL 18 with a database of {size / 2**20:.0f} MiB; {TURNS} turns after one to warm up, medians.",
        "",
        "| what | processor s | of `-Fc` | wall s | of zstd | MiB written | of `-Fc` | peak MiB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, taken in found.items():
        wall = f"{ratio(taken, zstd, 'wall'):.2f}" if zstd else ""
        lines.append(
            f"| {name} | {median(taken, 'processor'):.1f} | {ratio(taken, gzip, 'processor'):.2f} "
            f"| {median(taken, 'wall'):.1f} | {wall} | {median(taken, 'size') / 2**20:.0f} "
            f"| {ratio(taken, gzip, 'size'):.2f} | {max(each.memory for each in taken):.0f} |"
        )
    lines.append("| target for `backup create` |  | 0.35 |  | 1.6 |  | 0.95 | 150 |")
    assert ours
    publish("backup", "\n".join(lines))


if __name__ == "__main__":
    main()
