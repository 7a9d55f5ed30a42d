"""Measures what `datatier capacity` works out of a year of samples of a thousand tables, in process and with the store.

    .venv/bin/python bench/capacity_year.py            print the table
    WRITE=1 .venv/bin/python bench/capacity_year.py    and put it into bench/README.md

The floor is the least that there is to do with as many numbers: the ordinary least squares line through each table's
days, by the standard library's `statistics.linear_regression`, in the same round. It has no interval, and one outlier
moves it. Seconds are the processor's.
"""

from __future__ import annotations

import datetime
import os
import platform
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
from section import publish

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from postgres_server import binaries, initdb, running

from bootstrap.access import load_access
from capacity import names, store
from capacity.assess import assess
from capacity.room import DatabaseRoom
from capacity.samples import Sample
from capacity.series import Series

ROUNDS = int(os.environ.get("ROUNDS", "5"))
TABLES, DAYS = 1000, 365
END = datetime.datetime(2026, 11, 30, 12, tzinfo=datetime.UTC)
ACCESS = load_access({"owner": "till_owner", "identities": {"till_app": {"postgres": "readwrite"}}})
FLOOR, WHOLE = "floor: a least squares line through each", "all limits and the growth of all tables"
READ, WRITE = "the same samples read from the database", "one hour of samples written, in one statement"
TARGETS = {WHOLE: "1 s"}


def year() -> list[Series]:
    """A thousand tables that grow at different rates, and what else a server has."""
    rng = random.Random("a year")
    times = [END - datetime.timedelta(days=DAYS - day) for day in range(DAYS)]
    found = {f"{names.TABLE}shop.t{number}": rng.uniform(0, 1e7) for number in range(TABLES)}
    found |= {names.DATABASES: 5e9, names.WAL: 0.0, names.CONNECTIONS: 0.1, names.TRANSACTION_IDS: 1e5}
    constant = {names.CONNECTIONS_LIMIT: 195.0, names.FREEZE_AGE: 2e8}
    made = [
        Series(
            name=name,
            node="primary",
            unit=names.unit_of(name),
            times=times,
            values=[1e9 + rate * (day + 3 * (day % 7 < 5)) + rng.gauss(0, rate) for day in range(DAYS)],
        )
        for name, rate in found.items()
    ]
    return made + [
        Series(name=name, node="primary", unit=names.unit_of(name), times=times, values=[value] * DAYS)
        for name, value in constant.items()
    ]


def whole(series: list[Series]) -> None:
    """What is measured."""
    found = assess(series, [DatabaseRoom(node="primary", allocated_bytes=10**13)], [], END)
    assert len(found.growth) == TABLES
    assert len(found.limits) == 3


def floor(series: list[Series]) -> None:
    """The least there is to do."""
    for each in series:
        statistics.linear_regression(range(DAYS), each.values)


def filled(conn: psycopg.Connection, series: list[Series]) -> None:
    """A year in the table, as it is after a year."""
    conn.execute("CREATE ROLE till_owner")
    conn.execute("CREATE ROLE till_app")
    conn.execute("ALTER SCHEMA public OWNER TO till_owner")
    store.write(conn, ACCESS, [], END)
    with conn.cursor().copy("COPY datatier_capacity (at, hours, node, name, value) FROM STDIN") as copy:
        for each in series:
            for when, value in zip(each.times, each.values, strict=True):
                copy.write_row((when.replace(hour=0), 24, each.node, each.name, value))
    conn.execute("VACUUM ANALYZE datatier_capacity")


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Processor seconds, and seconds on the clock."""
    processor, clock = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - processor, time.perf_counter() - clock


def rounds() -> tuple[dict[str, list[tuple[float, float]]], int]:
    """All runs by name, after one of each to warm up, and the bytes of the table."""
    series = year()
    hour = [Sample(node=each.node, name=each.name, value=each.values[-1]) for each in series]
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in (FLOOR, WHOLE, READ, WRITE)}
    with tempfile.TemporaryDirectory(prefix="dt-pg-", dir="/tmp") as name:
        major, programs = next(iter(binaries().items()))
        data = Path(name) / "data"
        initdb(programs, data, "boss")
        with (
            running(programs, data, ["max_connections=20"]) as port,
            psycopg.connect(host="127.0.0.1", port=port, dbname="postgres", user="boss", autocommit=True) as conn,
        ):
            assert major
            filled(conn, series)
            size = conn.execute("SELECT pg_total_relation_size('datatier_capacity')").fetchone()
            for number in range(ROUNDS + 1):
                at = END + datetime.timedelta(hours=number)
                for what, work in (
                    (FLOOR, lambda: floor(series)),
                    (WHOLE, lambda: whole(series)),
                    (READ, lambda at=at: store.read(conn, at)),
                    (WRITE, lambda at=at: store.write(conn, ACCESS, hour, at)),
                ):
                    taken = timed(work)
                    found[what] += [taken] if number else []
    return found, size[0] if size else 0


def markdown(found: dict[str, list[tuple[float, float]]], size: int) -> str:
    """The table."""
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    lines = [
        f"{machine}; {TABLES} tables, {DAYS} days; {ROUNDS} rounds after one to warm up.",
        "",
        "| what | processor s, median | of the floor, median of rounds | fewest s on the clock | target |",
        "|---|---|---|---|---|",
    ]
    for name, taken in found.items():
        ratio = statistics.median(mine[0] / floor[0] for mine, floor in zip(taken, found[FLOOR], strict=True))
        lines.append(
            f"| {name} | {statistics.median(each[0] for each in taken):.2f} | {ratio:.2f} "
            f"| {min(each[1] for each in taken):.2f} | {TARGETS.get(name, '')} |"
        )
    return "\n".join([*lines, "", f"The table of samples then takes {size / 1024**2:.0f} MiB, its index included."])


def main() -> None:
    """Print, and write when asked."""
    publish("capacity", markdown(*rounds()))


if __name__ == "__main__":
    main()
