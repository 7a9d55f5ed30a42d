"""Measures `access apply` in process: identities over tables, and the same once more with nothing to do.

    python bench/access.py            print the table
    WRITE=1 python bench/access.py    and put it into bench/README.md
    BESIDE=FOLDER python bench/access.py    with a plan by another checkout of the project on the same server, in turns

The naive way, one GRANT for each object and identity as many tools send them, runs in the same process on a second
database of the same server: compare the ratios, for machines differ and are shared.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import psycopg

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests")]

from postgres_server import binaries, run_tool, running  # noqa: E402
from section import publish  # noqa: E402

from bootstrap.access import Access, load_access  # noqa: E402
from bootstrap.postgres.apply import apply  # noqa: E402
from bootstrap.postgres.desired import desired  # noqa: E402
from bootstrap.reconcile.allowed import EVERYTHING  # noqa: E402

IDENTITIES, TABLES, RUNS = 200, 1000, 3
Taken = tuple[float, float]
TENTH = IDENTITIES // 10


def declaration(owner: str) -> Access:
    """Applications, reports and custom identities: of these each has two tables and a column of its own."""
    identities: dict[str, Any] = {}
    for number in range(IDENTITIES):
        grants = [
            {"tables": [f"t{number}", f"t{number + 1}"], "privileges": ["select", "insert"]},
            {"tables": [f"t{number + 2}"], "columns": ["name"], "privileges": ["select"]},
        ]
        kinds: list[Any] = ["readwrite", "readonly", "readonly", {"privileges": "custom", "grants": grants}]
        identities[f"{owner}_i{number}"] = {"postgres": kinds[number % len(kinds)]}
    limits = {"connection_limit": 5, "statement_timeout": "30s", "lock_timeout": "5s"}
    return load_access({"owner": f"{owner}_owner", "limits": limits, "identities": identities})


def database(port: int, name: str) -> psycopg.Connection[Any]:
    """A database with its tables, as its master: CREATEROLE and not superuser."""
    with psycopg.connect(host="127.0.0.1", port=port, user="boss", dbname="postgres", autocommit=True) as boss:
        boss.execute(f"CREATE ROLE {name}_master LOGIN CREATEROLE CREATEDB".encode())
        boss.execute(f"CREATE DATABASE {name} OWNER {name}_master TEMPLATE template0 ENCODING 'UTF8'".encode())
    conn = psycopg.connect(host="127.0.0.1", port=port, user=f"{name}_master", dbname=name, autocommit=True)
    conn.execute(f"CREATE ROLE {name}_owner; GRANT {name}_owner TO {name}_master".encode())
    conn.execute(f"ALTER DATABASE {name} OWNER TO {name}_owner; SET ROLE {name}_owner".encode())
    conn.execute("".join(f"CREATE TABLE t{n} (id bigint, name text);" for n in range(TABLES)).encode())
    conn.execute("RESET ROLE")
    return conn


def drop(port: int, name: str) -> None:
    """Take a database away, so that each run is alone on its server."""
    with psycopg.connect(host="127.0.0.1", port=port, user="boss", dbname="postgres", autocommit=True) as boss:
        boss.execute(f"DROP DATABASE {name}".encode())
        for (role,) in boss.execute(
            # The master last: it has granted the others.
            "SELECT quote_ident(rolname) FROM pg_roles WHERE rolname LIKE %s ORDER BY rolname LIKE '%%master'",
            (f"{name}%",),
        ).fetchall():
            boss.execute(f"DROP ROLE {role}".encode())


def taken(conn: psycopg.Connection[Any], work: Callable[[], object]) -> Taken:
    """Seconds on the clock, and of processor here and in the server's process for this connection."""
    server = psutil.Process(conn.info.backend_pid)
    processor = time.process_time() + sum(server.cpu_times()[:2])
    begun = time.perf_counter()
    work()
    clock = time.perf_counter() - begun
    return clock, time.process_time() + sum(server.cpu_times()[:2]) - processor


def naive(conn: psycopg.Connection[Any], access: Access) -> None:
    """The grants on tables alone: one statement for each object and identity, in one transaction."""
    with conn.transaction():
        for name, postgres in list(access.postgres_users.items())[:TENTH]:
            conn.execute(f"CREATE ROLE {name} NOLOGIN".encode())
            what = {"readwrite": "SELECT, INSERT, UPDATE, DELETE", "readonly": "SELECT"}.get(postgres.privileges)
            if what:
                for number in range(TABLES):
                    conn.execute(f"GRANT {what} ON TABLE public.t{number} TO {name}".encode())


def planning(port: int, tree: Path) -> Taken:
    """`access plan` by the code of a checkout, in a process of its own; what it finds different is nothing."""
    code = f"""import sys; sys.path[:0] = [{str(tree)!r}, {str(tree / "bench")!r}, {str(tree / "tests")!r}]
import access, psycopg
try:
    from bootstrap.reconcile.by_url import plan_urls
except ModuleNotFoundError:  # BESIDE is an older checkout
    from bootstrap.reconcile.by_url import plan_urls
with psycopg.connect(host="127.0.0.1", port={port}, user="ours_master", dbname="ours", autocommit=True) as conn:
    declared = access.declaration("ours")
    assert not plan_urls(declared, conn, None, "main").differs
    taken = [access.taken(conn, lambda: plan_urls(declared, conn, None, "main")) for _ in range(5)]
print(*access.median(taken))"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    clock, processor = map(float, done.stdout.split())
    return clock, processor


def plans(port: int) -> dict[str, list[Taken]]:
    """By this checkout and by the one of BESIDE, in turns."""
    beside = os.environ.get("BESIDE")
    trees = {"here": ROOT} | ({"beside": Path(beside)} if beside else {})
    with database(port, "ours") as conn:
        apply(conn, desired(declaration("ours"), {}), EVERYTHING)
    found: dict[str, list[Taken]] = {name: [] for name in trees}
    for turn in range(2 * RUNS):
        for name in sorted(trees, reverse=bool(turn % 2)):
            found[name].append(planning(port, trees[name]))
    drop(port, "ours")
    return found


def measure() -> list[tuple[str, Taken, str]]:
    """Name, median seconds, target."""
    first: list[Taken] = []
    again: list[Taken] = []
    drift: list[Taken] = []
    with tempfile.TemporaryDirectory(prefix="dt-bench-", dir="/tmp") as folder:
        programs = binaries()[18]
        run_tool(Path(folder), [programs / "initdb", "-D", Path(folder) / "data", "-U", "boss", "-A", "trust"])
        with running(programs, Path(folder) / "data", ["shared_buffers=128MB"]) as port:
            for run in range(RUNS):
                with database(port, f"ours{run}") as conn:
                    wanted = desired(declaration(f"ours{run}"), {})
                    first.append(taken(conn, lambda c=conn, w=wanted: apply(c, w, EVERYTHING)))  # type: ignore[misc]
                    again.append(taken(conn, lambda c=conn, w=wanted: apply(c, w, EVERYTHING)))  # type: ignore[misc]
                    conn.execute(f"REVOKE SELECT ON t500 FROM ours{run}_i0".encode())
                    drift.append(taken(conn, lambda c=conn, w=wanted: apply(c, w, EVERYTHING)))  # type: ignore[misc]
                drop(port, f"ours{run}")
            plan = plans(port)
            with database(port, "theirs") as conn:
                other = taken(conn, lambda: naive(conn, declaration("theirs")))
    many = f"{IDENTITIES} identities, {TABLES} tables"
    return [
        (f"`access apply`, {many}", median(first), "2 s"),
        ("again, nothing to do", median(again), "0.3 s"),
        ("again, one grant gone", median(drift), ""),
        ("`access plan`, what nobody declared looked for", median(plan["here"]), ""),
        *([("the same by the checkout of BESIDE", median(plan["beside"]), "")] if "beside" in plan else []),
        (f"one GRANT for each table and identity, {TENTH} identities only", other, ""),
    ]


def median(of: list[Taken]) -> Taken:
    """Of each by itself."""
    return statistics.median(clock for clock, _ in of), statistics.median(processor for _, processor in of)


def markdown(rows: list[tuple[str, Taken, str]]) -> str:
    """The table, with each row's ratio to the first."""
    lines = ["| what | median s | processor s | times the first | target |", "|---|---|---|---|---|"]
    lines += [
        f"| {name} | {clock:.2f} | {processor:.2f} | {processor / rows[0][1][1]:.2f} | {target} |"
        for name, (clock, processor), target in rows
    ]
    head = f"{os.cpu_count()} cores, PostgreSQL 18, in process; {RUNS} runs, the last row one."
    return f"{head} Where others use the machine too, compare the processor.\n\n" + "\n".join(lines)


def main() -> None:
    """Print, and write when asked."""
    text = markdown(measure())
    publish("access", text)


if __name__ == "__main__":
    main()
