"""Measures the plan of maintenance on a large schema, in process, next to pg_dump's reading of the same schema.

    .venv/bin/python bench/maintain_plan.py             print the table
    WRITE=1 .venv/bin/python bench/maintain_plan.py     and put it into bench/README.md

1,000 tables with 5 indexes each, all analyzed, as autovacuum does; of 20 tables half the rows are dead. Planned where
each table and each index is in trouble is the same answer with every row made bad by hand. This computer is shared:
what to compare is the ratio to `pg_dump --schema-only` in the same round, and of seconds on the clock the fewest.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from section import publish

ROOT = Path(__file__).parents[1]
# This folder has a file of the same name as the room.
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "bootstrap")]

import once  # noqa: E402 the tests' servers
from postgres_server import binaries  # noqa: E402
from real_servers import SUPERUSER_PASSWORD, Postgres, postgres  # noqa: E402

from bootstrap.access.load import load_access  # noqa: E402
from bootstrap.secrets import Secret  # noqa: E402
from maintain.facts import DatabaseFacts  # noqa: E402
from maintain.look import of_node  # noqa: E402
from maintain.plan import OBSERVATIONS, plan  # noqa: E402
from observe.nodes import postgres_nodes  # noqa: E402
from observe.observation import Row  # noqa: E402
from observe.postgres.indexes import BROKEN_INDEXES, INDEXES  # noqa: E402

ROUNDS = int(os.environ.get("ROUNDS", "9"))
TABLES, WORN = 1000, 20
DUMP, READ, PLAN, BOTH = "`pg_dump --schema-only`", "read", "planned", "read and planned"
WORST = "planned, with trouble in each table and each index"
ACCESS = load_access({"owner": "keeper", "identities": {"app": {"postgres": "readwrite"}}})


def fill(server: Postgres) -> None:
    """The tables, and the dead rows."""
    with server.superuser() as conn:
        conn.execute("CREATE ROLE keeper")
        conn.execute("CREATE SCHEMA large AUTHORIZATION keeper")
        conn.execute("SET ROLE keeper")
        for number in range(TABLES):
            name = f"large.t{number}"
            made = [f"CREATE TABLE {name} (id int PRIMARY KEY, a int, b int, c text, d text)"]
            conn.execute("; ".join([*made, *(f"CREATE INDEX ON {name} ({column})" for column in "abcd")]).encode())
        conn.execute("ANALYZE")
        for name in (f"large.t{number}" for number in range(WORN)):
            conn.execute(f"INSERT INTO {name} SELECT g, g, g, g, g FROM generate_series(1, 25000) g".encode())
            conn.execute(f"VACUUM (ANALYZE) {name}".encode())
            conn.execute(f"DELETE FROM {name} WHERE id % 2 = 0".encode())
        conn.execute("SELECT pg_stat_force_next_flush()")


def worst(facts: DatabaseFacts) -> DatabaseFacts:
    """The same with trouble everywhere: dead rows in each table, and no index that is valid."""
    bad = {"vacuum": {"dead": 10**6}, "indexes": {"valid": False}}

    def made(name: str) -> tuple[Row, ...]:
        return tuple({**row, **bad.get(name, {})} for row in facts.rows(name))

    observed = {
        name: replace(each, rows=made(name), findings=each.observation.judge(made(name)))
        for name, each in facts.observed.items()
    }
    return replace(facts, observed=observed)


def timed(work: Callable[[], object]) -> float:
    """Seconds on the clock."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def rounds() -> tuple[dict[str, list[float]], int]:
    """Seconds of each, in turns, after one round to warm up; and how many actions the worst plan has."""
    major = max(binaries())
    found: dict[str, list[float]] = {name: [] for name in (DUMP, READ, PLAN, BOTH, WORST)}
    with tempfile.TemporaryDirectory(prefix="dt-bench-", dir="/tmp") as shared:
        once.share(Path(shared))
        return _on_a_server(major, found)


def _on_a_server(major: int, found: dict[str, list[float]]) -> tuple[dict[str, list[float]], int]:
    with (
        tempfile.TemporaryDirectory(prefix="dt-bench-", dir="/tmp") as folder,
        postgres(binaries()[major], Path(folder), major) as server,
    ):
        fill(server)
        url = f"postgres://rdsadmin:{SUPERUSER_PASSWORD}@127.0.0.1:{server.port}/postgres"
        (node,) = postgres_nodes(Secret(url))
        env = {**os.environ, "PGPASSWORD": SUPERUSER_PASSWORD}
        words = [
            "-h",
            "127.0.0.1",
            "-p",
            str(server.port),
            "-U",
            "rdsadmin",
            "--schema-only",
            "-f",
            "/dev/null",
            "postgres",
        ]
        dump = [str(binaries()[major] / "pg_dump"), *words]
        facts = of_node(node, ACCESS, OBSERVATIONS)
        made = plan([facts])
        assert len(made.actions) == WORN, made.actions
        bad = worst(of_node(node, ACCESS, [INDEXES if each is BROKEN_INDEXES else each for each in OBSERVATIONS]))
        for number in range(ROUNDS + 1):
            taken = {
                DUMP: timed(lambda: subprocess.run(dump, env=env, check=True)),
                READ: timed(lambda: of_node(node, ACCESS, OBSERVATIONS)),
                PLAN: timed(lambda: plan([facts])),
                BOTH: timed(lambda: plan([of_node(node, ACCESS, OBSERVATIONS)])),
                WORST: timed(lambda: plan([bad])),
            }
            if number:
                for name, seconds in taken.items():
                    found[name].append(seconds)
        return found, len(plan([bad]).actions)


def markdown(found: dict[str, list[float]], actions: int) -> str:
    """The table."""
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    lines = [
        f"{machine}, PostgreSQL {max(binaries())}; {TABLES:,} tables and {5 * TABLES:,} indexes; {ROUNDS} rounds after "
        f"one to warm up; the worst plan has {actions:,} actions.",
        "",
        "| what | fewest s | median s | of `pg_dump`, median of rounds | target |",
        "|---|---|---|---|---|",
    ]
    for name, taken in found.items():
        ratio = statistics.median(a / b for a, b in zip(taken, found[DUMP], strict=True))
        target = "1 s" if name == BOTH else ""
        lines.append(f"| {name} | {min(taken):.3f} | {statistics.median(taken):.3f} | {ratio:.2f} | {target} |")
    return "\n".join(lines)


if __name__ == "__main__":
    publish("maintain plan", markdown(*rounds()))
