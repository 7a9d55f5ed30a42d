"""The primary dies in the middle of a migration and comes back: the rerun explains and finishes."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest
from migrate_server import PROJECT, tables, write
from postgres_server import binaries, initdb, running

from bootstrap.migrate import DirtyError, MigrationRunner, PostgresLedger, Source, Version

pytestmark = pytest.mark.server

SCRIPT = """
import sys, psycopg
from bootstrap.migrate import FileError, PostgresLedger, MigrationRunner, Source
with psycopg.connect(sys.argv[1], autocommit=True) as connection:
    try:
        MigrationRunner(Source.load(sys.argv[2]), PostgresLedger(connection)).up()
    except FileError as error:
        print(error)
"""


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """A data folder that has never been started."""
    with tempfile.TemporaryDirectory(prefix="datatier-crash-", dir="/tmp") as name:
        folder = Path(name)
        initdb(binaries()[18], folder / "data", "app")
        yield folder / "data"


def _url(port: int, database: str) -> str:
    return f"postgres://app@127.0.0.1:{port}/{database}"


@contextmanager
def _runner(port: int, database: str, folder: Path) -> Iterator[MigrationRunner]:
    with psycopg.connect(_url(port, database), autocommit=True) as connection:
        yield MigrationRunner(Source.load(folder), PostgresLedger(connection))


def _crash(data: Path, how: str) -> None:
    """End the whole server at once: nothing is flushed, clients hear nothing or an error."""
    postmaster = psutil.Process(int((data / "postmaster.pid").read_text().split()[0]))
    family = [postmaster, *postmaster.children(recursive=True)]
    if how == "immediate shutdown":
        postmaster.send_signal(signal.SIGQUIT)
    else:
        for process in family:
            process.kill()
    psutil.wait_procs(family, 20)
    (data / "postmaster.pid").unlink(missing_ok=True)


def _until_asleep(port: int, database: str) -> None:
    with psycopg.connect(_url(port, database), autocommit=True) as connection:
        for _ in range(1200):
            if connection.execute("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'").fetchone():
                # Somebody else's commit flushes the log with the mark in it, as the server does within half a second.
                connection.execute("CREATE TABLE of_somebody_else ()")
                return
            time.sleep(0.05)
    raise AssertionError("the migration never came to its sleep")


def _die_within(data: Path, database: str, folder: Path, how: str) -> str:
    with running(binaries()[18], data, []) as port:
        with psycopg.connect(_url(port, "postgres"), autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {database}".encode())
        client = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, _url(port, database), str(folder)],
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            text=True,
        )
        _until_asleep(port, database)
        _crash(data, how)
        return client.communicate(timeout=30)[0]


@pytest.mark.parametrize("how", ["kill -9", "immediate shutdown"])
def test_the_rerun_explains_and_finishes(data: Path, tmp_path: Path, how: str) -> None:
    folder = write(tmp_path, **tables(1, 2, 3))
    slow = folder / "000002_t2.up.sql"
    slow.write_text("CREATE TABLE t2 (id int); INSERT INTO t1 VALUES (1); SELECT pg_sleep(60);")
    database = how.replace(" ", "_").replace("-", "")
    said = _die_within(data, database, folder, how)
    assert "000002_t2.up.sql" in said
    assert "PostgreSQL has undone the whole file; datatier migrate up runs it again" in said
    slow.write_text("CREATE TABLE t2 (id int); INSERT INTO t1 VALUES (1);")
    with running(binaries()[18], data, []) as port, _runner(port, database, folder) as runner:
        assert runner.version() == Version(2, True), "dirty for golang-migrate too"
        assert [a.version for a in runner.up()] == [2, 3]
        assert [note.split(" at ")[0] for note in runner.notes] == ["000002_t2.up.sql was cut short"]
        with psycopg.connect(_url(port, database)) as connection:
            assert connection.execute("SELECT count(*) FROM t1").fetchone() == (1,), "once, not twice"


def test_a_file_that_commits_by_itself_is_explained(data: Path, tmp_path: Path) -> None:
    folder = write(tmp_path, **tables(1, 2))
    (folder / "000002_t2.up.sql").write_text("BEGIN; CREATE TABLE t2 (id int); COMMIT; SELECT pg_sleep(60);")
    said = _die_within(data, "own", folder, "kill -9")
    assert "part of it may remain: undo that by hand" in said
    message = (
        r"dirty at version 2: 000002_t2\.up\.sql failed or was cut short; .* datatier migrate force 1; if all .* 2;"
    )
    with (
        running(binaries()[18], data, []) as port,
        _runner(port, "own", folder) as runner,
        pytest.raises(DirtyError, match=message),
    ):
        runner.up()
