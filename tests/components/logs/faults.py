"""Faults provoked on a real PostgreSQL, each as often as it says, and the log that the server writes of them."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
from postgres_server import initdb, running

PASSWORD = "password-of-a-test"
# RDS's own prefix (USER_LogAccess.Concepts.PostgreSQL), the stack's parameters, and a shorter limit to be quick.
SETTINGS = [
    "log_line_prefix=%t:%r:%u@%d:[%p]:",
    "log_timezone=UTC",
    "log_min_duration_statement=250",
    "log_parameter_max_length=0",
    "log_statement=ddl",
    "deadlock_timeout=50ms",
    "max_connections=9",
    "superuser_reserved_connections=3",
]
HBA = """
host all rejected 127.0.0.1/32 reject
host postgres all 127.0.0.1/32 scram-sha-256
"""


@dataclass(frozen=True)
class Server:
    port: int
    log: Path

    def connect(
        self, user: str = "rdsadmin", password: str = PASSWORD, database: str = "postgres"
    ) -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1", port=self.port, dbname=database, user=user, password=password, autocommit=True
        )

    def refused(self, **login: str) -> None:
        with suppress(psycopg.OperationalError):
            self.connect(**login).close()
            raise AssertionError(f"{login} was let in")


@contextmanager
def server(programs: Path, folder: Path) -> Iterator[Server]:
    """A server that logs as RDS does, with one page of the table `damaged` overwritten behind its back."""
    data = folder / "data"
    initdb(programs, data, "rdsadmin", PASSWORD)
    (data / "pg_hba.conf").write_text(HBA)
    with running(programs, data, SETTINGS) as port, Server(port, folder / "log").connect() as conn:
        conn.execute("CREATE TABLE damaged AS SELECT repeat('x', 100) AS text FROM generate_series(1, 50)")
        conn.execute("CREATE TABLE locked AS SELECT n, 0 AS value FROM generate_series(1, 2) n")
        for role in ("app", "locker", "limited CONNECTION LIMIT 1", "rejected"):
            name, _, limit = role.partition(" ")
            conn.execute(f"CREATE ROLE {name} LOGIN {limit} PASSWORD '{PASSWORD}'".encode())
        # Whoever waits for a deadlock to be noticed is slow too; here one fault is to be one line.
        conn.execute("ALTER ROLE locker SET log_min_duration_statement = -1")
        conn.execute("GRANT ALL ON damaged, locked TO app, locker")
        row = conn.execute("SELECT pg_relation_filepath('damaged')").fetchone()
        assert row
        where = data / row[0]
    with where.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 64)
    with running(programs, data, SETTINGS) as port:
        yield Server(port, folder / "log")


def slow(at: Server) -> int:
    with at.connect("app") as conn:
        conn.execute("SELECT pg_sleep(0.3)")  # the simple protocol: `statement:`
        conn.execute("SELECT pg_sleep(%s)", [0.3])  # the extended one: `execute <unnamed>:`
        conn.execute("SELECT pg_sleep(%s), 1", [0.3], prepare=True)  # `execute _pg3_0:`
        conn.execute("SELECT 'duration: 900.000 ms  statement: SELECT 1'")  # text alone is not slow
        with suppress(psycopg.Error):
            conn.execute("SELECT 'LOG:  duration: 900.000 ms' FROM missing")  # in the log as STATEMENT
    return 3


def deadlocks(at: Server) -> int:
    barrier, lost = threading.Barrier(2), []

    def lock(first: int, second: int) -> None:
        with at.connect("locker") as conn, conn.transaction():
            conn.execute("UPDATE locked SET value = value + 1 WHERE n = %s", [first])
            barrier.wait(10)
            try:
                conn.execute("UPDATE locked SET value = value + 1 WHERE n = %s", [second])
            except psycopg.errors.DeadlockDetected as error:
                lost.append(error)
                raise psycopg.Rollback from None

    pair = [threading.Thread(target=lock, args=order) for order in ((1, 2), (2, 1))]
    for thread in pair:
        thread.start()
    for thread in pair:
        thread.join(20)
    with at.connect("app") as conn, suppress(psycopg.Error):
        conn.execute("SELECT 'ERROR:  deadlock detected' FROM missing")
    return len(lost)


def failed_logins(at: Server) -> int:
    at.refused(user="app", password="wrong")
    at.refused(user="nobody")
    at.refused(user="app", database="template1")  # no pg_hba.conf entry: on RDS, a login without TLS
    at.refused(user="rejected")
    return 4


def refused_connections(at: Server) -> int:
    with ExitStack() as stack:
        stack.enter_context(at.connect("limited"))
        at.refused(user="limited")
        for _ in range(5):
            stack.enter_context(at.connect("app"))
        at.refused(user="app")  # what is left is reserved
        for _ in range(3):
            stack.enter_context(at.connect())
        at.refused(user="app")  # nothing is left
    return 3


def corruption(at: Server) -> int:
    with at.connect("app") as conn, suppress(psycopg.Error):
        conn.execute("SELECT count(*) FROM damaged")
    return 1


FAULTS: dict[str, Callable[[Server], int]] = {
    "slow-queries": slow,
    "deadlocks": deadlocks,
    "failed-logins": failed_logins,
    "connections-refused": refused_connections,
    "data-corruption": corruption,
}
_STARTS = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC:")


def events(text: str) -> list[str]:
    """The log as its entries: a line that does not begin with the prefix belongs to the one before."""
    found: list[str] = []
    for line in text.splitlines():
        if _STARTS.match(line) or not found:
            found.append(line)
        else:
            found[-1] += f"\n{line}"
    return found
