"""Measures `datatier backup restore`, with verification, row proof and statistics, beside `pg_restore -j2`.

    .venv/bin/python bench/restore.py              print the table
    WRITE=1 .venv/bin/python bench/restore.py      and put it into bench/README.md

MEGABYTES=200 for a smaller database, TURNS=1 for fewer turns. In turns, into new databases of the server that the
copies are of; pg_restore reads a file of its own pg_dump, compressed as by default and without a proof. It is measured
with ANALYZE too: without statistics no planner knows what it restored. Processor seconds are those of the clients and
of the server, whose processes are counted from its own on down; they hardly change with what else the machine does.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
import psycopg
from backup import DATATIER, TURNS, Taken, filled, median, ratio, run
from section import publish

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
from postgres_server import binaries  # noqa: E402


def restored(port: int, name: str) -> int:
    """Drop a database that was restored; return how large it was."""
    with psycopg.connect(host="127.0.0.1", port=port, user="boss", dbname="postgres", autocommit=True) as conn:
        row = conn.execute("SELECT pg_database_size(%s)", (name,)).fetchone()
        conn.execute(f"DROP DATABASE {name}".encode())
        conn.execute("CHECKPOINT")
    assert row
    return int(row[0])


def served(port: int) -> float:
    """Processor seconds of a server so far: its own, of its children, and of those that have ended."""
    with psycopg.connect(host="127.0.0.1", port=port, user="boss", dbname="postgres") as conn:
        server = psutil.Process(conn.info.backend_pid).parent()
        assert server
        times = None
        while times is None:
            with suppress(psutil.NoSuchProcess):  # a worker of autovacuum that has ended: now the server counts it
                times = [server.cpu_times(), *(each.cpu_times() for each in server.children())]
    return sum(each.user + each.system for each in times) + times[0].children_user + times[0].children_system


@dataclass(frozen=True)
class Restored(Taken):
    """One restore."""

    both: float
    """Processor seconds, of the client and the server."""


def main() -> None:
    """Run, print, and write when asked."""
    found: dict[str, list[Taken]] = {}
    with filled() as (port, size), tempfile.TemporaryDirectory(prefix="dt-bench-", dir="/tmp") as folder:
        bin_, file, place = binaries()[18], Path(folder) / "dump", Path(folder) / "place"
        url = f"postgres://boss@127.0.0.1:{port}"
        subprocess.run([bin_ / "pg_dump", "-Fc", f"--file={file}", f"{url}/postgres"], check=True)
        create = [DATATIER, "backup", "create", "--to", str(place), "--database-url", f"{url}/postgres"]
        subprocess.run(create, check=True, stdout=subprocess.DEVNULL)
        (backup,) = [each.name for each in place.iterdir() if each.is_dir()]
        new = f"{bin_}/createdb -T template0 --maintenance-db={url}/postgres theirs"
        theirs = f"{new} && {bin_}/pg_restore -j2 -d {url}/theirs {file}"
        every = {
            "`pg_restore -j2`": (["sh", "-c", theirs], "theirs"),
            "... and `ANALYZE`": (["sh", "-c", f"{theirs} && {bin_}/psql -qc ANALYZE {url}/theirs"], "theirs"),
            "`datatier backup restore`": (
                [DATATIER, "backup", "restore", backup, "--from", str(place), "--database-url", f"{url}/ours"],
                "ours",
            ),
        }
        for turn in range(TURNS + 1):
            for name, (command, database) in every.items():
                before = served(port)
                taken = run(command, {}, lambda: 0)
                both = taken.processor + served(port) - before
                made = Restored(**{**asdict(taken), "size": restored(port, database)}, both=both)
                if turn:  # the first warms up
                    found.setdefault(name, []).append(made)
    first = next(iter(found.values()))
    lines = [
        f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}; "
        f"PostgreSQL 18 with a database of {size / 2**20:.0f} MiB; {TURNS} turns after one to warm up, medians.",
        "",
        "| what | wall s | of `pg_restore -j2` | processor s, server's too | of `pg_restore -j2` | peak MiB |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {median(taken, 'wall'):.1f} | {ratio(taken, first, 'wall'):.2f} "
        f"| {median(taken, 'both'):.1f} | {ratio(taken, first, 'both'):.2f} "
        f"| {max(each.memory for each in taken):.0f} |"
        for name, taken in found.items()
    ]
    lines.append("| target for `backup restore` |  | 1.3 |  |  |  |")
    publish("restore", "\n".join(lines))


if __name__ == "__main__":
    main()
