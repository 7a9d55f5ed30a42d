"""A database is copied from one snapshot while writers go on, and what comes out of the archive is what was proved."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from copying import BIG, backed_up, holds_password, script, source
from rich_database import MAJORS, Library, bare

from keep.backup.listing import ids
from keep.errors import AskedError, KeepError
from keep.manifest import BackupManifest
from keep.place.folder import FolderPlace
from keep.place.sealed import unsealed
from keep.postgres import proof, snapshot
from keep.postgres.proof import Proof
from keep.postgres.snapshot import pinned

pytestmark = pytest.mark.server


def until(there: Callable[[], object]) -> None:
    """Wait for something that comes, at most for as long as nothing here takes."""
    end = time.monotonic() + 30
    while not there():
        assert time.monotonic() < end
        time.sleep(0.01)


def content(folder: Path, made: BackupManifest, name: str) -> bytes:
    with unsealed(FolderPlace(folder), made.id, made.stored(name)) as pieces:
        return b"".join(pieces)


def proved_then(folder: Path, made: BackupManifest) -> Proof:
    assert made.postgres
    return proof.read(content(folder, made, made.postgres.proof))


def restored(server: Library, folder: Path, made: BackupManifest, into: str) -> Proof:
    """Restore with the server's own pg_restore and prove what is there."""
    assert made.postgres
    archive = folder / "archive"
    archive.write_bytes(content(folder, made, made.postgres.archive))
    assert archive.stat().st_size == made.postgres.archive_size
    server.run("pg_restore", "--exit-on-error", f"--dbname={into}", str(archive), database=into)
    with server.connect(database=into) as conn, pinned(conn):
        return proof.prove(conn)


def test_what_is_restored_is_what_was_proved_on_every_major(each_library: Library, tmp_path: Path) -> None:
    made = backed_up(tmp_path, source(each_library))
    assert made.postgres
    with each_library.empty() as name:
        there = restored(each_library, tmp_path, made, name)
    assert proof.differences(proved_then(tmp_path, made), there) == ()
    assert made.postgres.major == each_library.major
    assert (made.postgres.tables, made.postgres.rows) == (len(there.tables), there.rows)
    properties = each_library.run("pg_restore", "--create", "--file=-", str(tmp_path / "archive")).decode()
    for said in (
        "ALTER DATABASE library SET work_mem TO '8MB'",
        "ALTER ROLE desk IN DATABASE library SET statement_timeout",
        "REVOKE CONNECT,TEMPORARY ON DATABASE library FROM PUBLIC",
        "COMMENT ON DATABASE library IS 'of the town'",
        "CREATE PUBLICATION loans",
        "ALTER TABLE ONLY lending.secret_note FORCE ROW LEVEL SECURITY",
        "ALTER DEFAULT PRIVILEGES FOR ROLE warden IN SCHEMA lending GRANT SELECT ON TABLES",
    ):
        assert said in properties


def test_the_manifest_says_what_the_database_was(newest: Library, tmp_path: Path) -> None:
    made = backed_up(tmp_path, source(newest, user="archivist"))
    assert made.postgres
    found = made.postgres.model_dump(
        exclude={"snapshot_at", "snapshot_lsn", "size", "archive_size", "schema_fingerprint", "left_out"}
    )
    assert found == {
        "database": "library",
        "server_version": newest.ask("SELECT split_part(current_setting('server_version'), ' ', 1)"),
        "major": newest.major,
        "owner": None,
        "read_as": "archivist",
        "encoding": "UTF8",
        "collation": "libc C.UTF-8",
        "collation_version": newest.ask("SELECT datcollversion FROM pg_database WHERE datname = 'library'"),
        "extensions": newest.ask("SELECT json_object_agg(extname, extversion) FROM pg_extension"),
        "migration": {"version": 7, "dirty": False},
        "roles": ("archivist", "auditor", "desk", "keeper", "warden"),
        "timeline": 1,
        "system_identifier": newest.ask("SELECT system_identifier::text FROM pg_control_system()"),
        "standby": False,
        "tables": newest.ask(
            "SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
            " AND relnamespace::regnamespace::text !~ '^(pg_|information)'"
        ),
        "rows": made.postgres.rows,
        "unproved": ("materialized view lending.popular: a restore computes it from the tables",),
        "warnings": (),
        "archive": "postgres.dump.zst",
        "proof": "postgres.proof.zst",
    }
    assert not holds_password(tmp_path)


def test_a_database_without_the_migrations_table_and_without_tables_is_copied(newest: Library, tmp_path: Path) -> None:
    with newest.empty() as name:
        made = backed_up(tmp_path, source(newest, name, user="keeper"))
    assert made.postgres
    assert (made.postgres.migration, made.postgres.tables, made.postgres.rows) == (None, 0, 0)


def test_writers_go_on_and_the_copy_is_of_one_moment(newest: Library, copied: str, tmp_path: Path) -> None:
    newest.execute(f"{BIG}; CREATE TABLE account (id integer PRIMARY KEY, balance integer)", copied)
    newest.execute("INSERT INTO account VALUES (1, 0), (2, 0)", copied)
    stop, rounds = threading.Event(), 0

    def write() -> None:
        nonlocal rounds
        with newest.connect(database=copied) as conn:
            while not stop.is_set():
                with conn.transaction():
                    conn.execute("UPDATE account SET balance = balance - 1 WHERE id = 1")
                    conn.execute("SELECT nextval('lending.ticket')")
                    conn.execute("UPDATE account SET balance = balance + 1 WHERE id = 2")
                    conn.execute("UPDATE big SET text = text || '.' WHERE id = 1")
                rounds += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        before = rounds
        made = backed_up(tmp_path, source(newest, copied))
        during = rounds - before
    finally:
        stop.set()
        writer.join()
    assert during > 0
    with newest.empty() as name:
        there = restored(newest, tmp_path, made, name)
        assert newest.ask("SELECT sum(balance) FROM account", name) == 0
    assert proof.differences(proved_then(tmp_path, made), there) == ()
    with newest.connect(database=copied) as conn, pinned(conn):
        now = proof.prove(conn)
    assert {each.split()[1] for each in proof.differences(proved_then(tmp_path, made), now)} >= {
        "public.account",
        "public.big",
    }


def test_nobody_changes_a_table_while_it_is_copied(newest: Library, copied: str, tmp_path: Path) -> None:
    newest.execute(BIG, copied)
    refused: list[str] = []

    def change() -> None:
        with newest.connect(database=copied) as conn:
            conn.execute("SET lock_timeout = '50ms'")
            for sql in ("TRUNCATE big", "ALTER TABLE lending.title ADD x integer", "DROP TABLE lending.visit"):
                try:
                    conn.execute(sql.encode())
                except psycopg.Error as error:
                    refused.append(type(error).__name__)
            conn.execute("CREATE TABLE made_meanwhile (); DROP VIEW lending.open_loan")

    made = backed_up(tmp_path, source(newest, copied), change)
    assert refused == ["LockNotAvailable"] * 3
    assert made.postgres
    assert made.postgres.rows == 220 + 20000


def test_a_table_that_a_migration_holds_is_waited_for_and_then_seen_as_it_became(
    newest: Library, copied: str, tmp_path: Path
) -> None:
    with newest.connect(database=copied) as migration:
        migration.execute("BEGIN; TRUNCATE lending.emptied; INSERT INTO lending.emptied VALUES (1)")
        going = threading.Thread(target=lambda: found.append(backed_up(tmp_path, source(newest, copied))))
        found: list[BackupManifest] = []
        going.start()
        waiting = f"SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = '{copied}'"
        until(lambda: newest.ask(waiting))
        migration.execute("COMMIT")
        going.join()
    assert proved_then(tmp_path, found[0]).tables["lending.emptied"].rows == 1


def test_no_function_of_the_database_runs_in_the_session_that_reads_it(
    newest: Library, copied: str, tmp_path: Path
) -> None:
    """One that fits better than PostgreSQL's own is taken wherever the search_path finds it: a way to the master."""
    newest.execute(
        """CREATE FUNCTION public.taken() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'taken'; END $$;
           CREATE FUNCTION public.format(text, name, name) RETURNS text LANGUAGE sql AS 'SELECT public.taken()';
           CREATE FUNCTION public.array_to_string(text[], text) RETURNS text LANGUAGE sql AS 'SELECT public.taken()'""",
        copied,
    )
    assert backed_up(tmp_path, source(newest, copied)).postgres


def fails(folder: Path, of: object, during: object = None) -> str:
    """Make a backup that fails; return the sentence. Nothing is left."""
    place = folder / "place"
    with pytest.raises(KeepError) as failed:
        backed_up(place, of, during)  # type: ignore[arg-type]
    assert [path for path in place.rglob("*") if path.is_file()] == []
    assert ids(FolderPlace(place)) == []
    return str(failed.value)


def test_a_table_that_is_held_for_too_long_ends_it(
    newest: Library, copied: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "PINNED", (*snapshot.PINNED, "SET LOCAL lock_timeout = '100ms'"))
    with newest.connect(database=copied) as migration:
        migration.execute("BEGIN; LOCK TABLE lending.title")
        assert fails(tmp_path, source(newest, copied)) == (
            "the database could not be read: canceling statement due to lock timeout (a statement such as a "
            "migration's has held a table for 30 s: run it again after that)"
        )


def test_a_change_that_comes_between_the_locks_of_proof_and_dump_ends_it(
    newest: Library, copied: str, tmp_path: Path
) -> None:
    """It waits for the proof's lock, and pg_dump waits behind it."""
    go = tmp_path / "go"
    real = newest.bin / "pg_dump"
    held = script(
        tmp_path,
        f'[ "$1" = --version ] && exec {real} --version\ntouch {go}.asked\nwhile [ ! -e {go} ]; do sleep 0.01; done\n'
        f'exec {real} "$@" --lock-wait-timeout=200',
    )

    def change() -> None:
        until(Path(f"{go}.asked").exists)
        with newest.connect(database=copied) as conn:
            backend = conn.info.backend_pid
            waiter.append(backend)
            conn.execute("ALTER TABLE lending.title ADD x integer")

    waiter: list[int] = []
    changing = threading.Thread(target=change)
    changing.start()

    def release() -> None:
        until(lambda: waiter)
        until(lambda: newest.ask(f"SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = {waiter[0]}"))
        go.touch()

    releasing = threading.Thread(target=release)
    releasing.start()
    said = fails(tmp_path, source(newest, copied, program=held))
    changing.join()
    releasing.join()
    assert said == (
        "pg_dump failed: query failed: ERROR:  canceling statement due to statement timeout (a statement such as a "
        "migration's has held a table for 30 s: run it again after that)"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("echo PGDMP; echo 'pg_dump: error: no space' >&2; exit 1", "pg_dump failed: no space"),
        ("echo PGDMP; kill -9 $$", "pg_dump failed: it was ended by SIGKILL: run it again"),
    ],
)
def test_a_pg_dump_that_fails_or_is_killed_leaves_nothing(
    newest: Library, tmp_path: Path, text: str, said: str
) -> None:
    program = script(tmp_path, f'[ "$1" = --version ] && exec {newest.bin / "pg_dump"} --version\n{text}')
    assert fails(tmp_path, source(newest, program=program)) == said


def test_a_pg_dump_of_another_major_is_refused(newest: Library, tmp_path: Path) -> None:
    program = script(tmp_path, "echo 'pg_dump (PostgreSQL) 19.1'")
    of = source(newest, program=program)
    with pytest.raises(AskedError, match=rf"the server is PostgreSQL {newest.major}, and there is no pg_dump of"):
        backed_up(tmp_path / "place", of)
    assert not (tmp_path / "place").exists()


AWAY = "(the server went away or ended the session: run it again once it is there)"


@pytest.mark.parametrize(
    ("session", "said"),
    [
        ("datatier-backup", "pg_dump failed: Dumping the contents of table "),
        ("datatier", "the database could not be read: "),
    ],
)
def test_a_session_that_is_ended_ends_the_backup(
    newest: Library, copied: str, tmp_path: Path, session: str, said: str
) -> None:
    newest.execute(BIG, copied)
    ended: list[object] = []

    def end() -> None:
        # A parallel worker of a session has its application_name too.
        sessions = f"""SELECT pid FROM pg_stat_activity WHERE datname = '{copied}' AND application_name = '{session}'
            AND backend_type = 'client backend'"""
        ended.append(newest.ask(f"SELECT count(pg_terminate_backend(pid)) FROM ({sessions}) AS found", "postgres"))

    sentence = fails(tmp_path, source(newest, copied), end)
    assert ended == [1]
    assert sentence.startswith(said)
    assert sentence.endswith(AWAY)


def test_a_server_that_crashes_in_the_middle_ends_the_backup(tmp_path: Path) -> None:
    with bare(MAJORS[0]) as server:
        server.execute(BIG, "postgres")
        postmaster = int((server.data / "postmaster.pid").read_text().split()[0])
        sentence = fails(tmp_path, source(server, "postgres"), lambda: os.kill(postmaster, signal.SIGQUIT))
    assert sentence.endswith(AWAY)


def test_the_timeouts_of_the_login_do_not_end_it(newest: Library, copied: str, tmp_path: Path) -> None:
    timeouts = ["statement_timeout", "idle_in_transaction_session_timeout"]
    timeouts += ["transaction_timeout"] if newest.major >= 17 else []
    for each in timeouts:
        newest.execute(f"ALTER ROLE archivist IN DATABASE {copied} SET {each} = '150ms'", copied)
    newest.execute(BIG, copied)
    made = backed_up(tmp_path, source(newest, copied, user="archivist"), lambda: time.sleep(0.3))
    assert made.postgres
    assert made.postgres.tables == 18
