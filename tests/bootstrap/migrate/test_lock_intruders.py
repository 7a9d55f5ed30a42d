"""The bootstrap's lock and golang-migrate's, taken by a login without a right to the work: it is ended, or named."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from migrate_server import Database, tables, write

from bootstrap.migrate import LockedError, MigrationRunner, PostgresLedger, Source
from bootstrap.migrate.lock import lock_keys
from bootstrap.postgres.lock import KEY, BusyError, hold

pytestmark = pytest.mark.server
Connection = psycopg.Connection[Any]
Open = Callable[[str], Connection]


@pytest.fixture
def login(database: Database) -> Iterator[Open]:
    with ExitStack() as opened:
        yield lambda user: opened.enter_context(database.connect(user))


@pytest.fixture
def master(database: Database, login: Open) -> Connection:
    """As on RDS, where rds_superuser is a member of pg_signal_backend."""
    with database.connect("postgres") as admin:
        admin.execute("GRANT pg_signal_backend TO master")
    return login("master")


def take(connection: Connection, *keys: int) -> int:
    for key in keys:
        connection.execute("SELECT pg_advisory_lock(%s)", (key,))
    return connection.info.backend_pid


def alive(connection: Connection) -> bool:
    with suppress(psycopg.OperationalError):
        return connection.execute("SELECT true").fetchone() == (True,)
    return False


def test_a_login_without_a_right_is_ended(login: Open, master: Connection) -> None:
    hostile, bystander = login("lab_reader"), login("lab_reader")
    pid = take(hostile, KEY)
    with hold(master, seconds=5) as ended:
        assert [told.split(" held ")[0] for told in ended] == [f"process {pid}, user lab_reader"]
    assert (alive(hostile), alive(bystander)) == (False, True)


def test_one_that_waits_in_line_and_comes_back_is_ended_as_well(
    database: Database, login: Open, master: Connection
) -> None:
    take(login("lab_reader"), KEY)
    over, ended = threading.Event(), list[str]()

    def besiege() -> None:
        while not over.is_set():
            with suppress(psycopg.OperationalError), database.connect("lab_reader") as hostile:
                take(hostile, KEY)
                hostile.execute("SELECT pg_sleep(60)")

    crowd = [threading.Thread(target=besiege) for _ in range(4)]
    for one in crowd:
        one.start()
    try:
        for _ in range(3):
            with hold(master, seconds=30) as told:
                ended += told
                held = "SELECT count(*) FROM pg_locks WHERE granted AND pid = pg_backend_pid() AND objid = %s"
                assert master.execute(held, (KEY,)).fetchone() == (1,)
    finally:
        over.set()
        with database.connect("postgres") as admin:
            while any(one.is_alive() for one in crowd):
                admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'lab_reader'")
                for one in crowd:
                    one.join(0.1)
    assert {line.split(" held ")[0].split(", ")[1] for line in ended} == {"user lab_reader"}


@pytest.mark.parametrize(
    ("user", "right"), [("lab_reader", r", which has no right to the work that the lock is for"), ("master", "")]
)
def test_who_cannot_be_ended_is_named(database: Database, login: Open, user: str, right: str) -> None:
    """By a login that may not, or because it is another bootstrap at work."""
    with database.connect("postgres") as admin:
        admin.execute("REVOKE pg_signal_backend FROM master")
    holder = login(user)
    pid = take(holder, KEY)
    message = (
        rf"held the database for 0 s \(process {pid}, user {user}{right}\); .*: SELECT pg_terminate_backend\({pid}\)"
    )
    with pytest.raises(BusyError, match=message), hold(login("master"), seconds=0.2):
        pass
    assert alive(holder)


def run(
    connection: Connection, folder: Path, master: Connection | None, wait: float
) -> tuple[MigrationRunner, PostgresLedger]:
    ledger = PostgresLedger(connection, master)
    return MigrationRunner(Source.load(folder), ledger, role="lab_owner", lock_wait=wait), ledger


@pytest.mark.parametrize("table", [False, True], ids=["empty", "migrated"])
@pytest.mark.parametrize("which", [0, 1], ids=["the CLI's key", "an embedder's key"])
def test_a_deployment_ends_who_could_not_have_migrated(
    database: Database, login: Open, master: Connection, tmp_path: Path, which: int, table: bool
) -> None:
    folder = write(tmp_path, **tables(1))
    migrator = login("lab_migrator")
    if table:
        run(migrator, folder, None, 5)[0].up()
        migrator.execute("SET ROLE lab_owner; GRANT SELECT, INSERT, UPDATE, DELETE ON schema_migrations TO lab_reader")
        migrator.execute("RESET ROLE")
        write(folder, **tables(2))
    hostile = login("lab_reader")
    pid = take(hostile, lock_keys(database.name, "public", "schema_migrations")[which])
    runner, _ = run(migrator, folder, None, 0.2)
    with pytest.raises(LockedError, match=rf"\(process {pid}, user lab_reader, which has no right .*_backend\({pid}\)"):
        runner.up()
    runner, ledger = run(migrator, folder, master, 5)
    assert len(runner.up()) == 1
    assert [told.split(" held ")[0] for told in ledger.ended] == [f"process {pid}, user lab_reader"]
    assert not alive(hostile)


@pytest.mark.parametrize("user", ["lab_migrator", "postgres"])
def test_another_tool_at_work_is_waited_for(
    database: Database, login: Open, master: Connection, tmp_path: Path, user: str
) -> None:
    """golang-migrate, by a login that may migrate: never ended."""
    holder = login(user)
    pid = take(holder, *lock_keys(database.name, "public", "schema_migrations"))
    runner, ledger = run(login("lab_migrator"), write(tmp_path, **tables(1)), master, 0.3)
    with pytest.raises(LockedError, match=rf"0\.3 s \(process {pid}, user {user}\); wait for it or, if it is stuck"):
        runner.up()
    assert (ledger.ended, alive(holder)) == ([], True)
