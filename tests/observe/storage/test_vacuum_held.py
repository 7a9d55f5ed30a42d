"""What holds vacuum back is named, and what its finding says lets go of it; a vacuum that runs is seen."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from busy_server import Busy, busy
from postgres_server import binaries

sys.path.insert(0, str(Path(__file__).parents[2] / "cli"))

from in_process import call

from knowledge.thresholds.postgres_storage import VACUUM_HELD_SECONDS, VACUUM_HELD_TRANSACTIONS
from observe.observation import Finding
from observe.postgres.vacuum_horizon import VACUUM_HORIZON, held
from observe.postgres.vacuum_running import VACUUM_RUNNING

pytestmark = pytest.mark.server
TABLE = '"Shop Front"."Order Items"'


@pytest.fixture(scope="module", params=[each for each in (17, 18) if each in binaries()])
def server(request: pytest.FixtureRequest) -> Iterator[Busy]:
    """On the version that renamed the columns of progress, and on the newest."""
    with busy(request.param) as made:
        yield made


def found(server: Busy) -> tuple[Finding, ...]:
    some, no_time = replace(VACUUM_HELD_TRANSACTIONS, warn=2), replace(VACUUM_HELD_SECONDS, warn=None)
    return held(server.see(VACUUM_HORIZON).rows, some, no_time)


def test_each_holder_is_named_with_what_lets_go_of_it(server: Busy) -> None:
    with server.scene():
        admin = server.connect()
        admin.execute("SELECT pg_create_logical_replication_slot('left_behind', 'pgoutput')")
        admin.execute("BEGIN")
        admin.execute(f"INSERT INTO {TABLE} VALUES (77)".encode())
        admin.execute("PREPARE TRANSACTION 'nobody''s'")
        session = server.connect()
        session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM pg_class LIMIT 1")
        for _ in range(5):
            server.connect().execute("SELECT pg_current_xact_id()")
        mends = {each.object: each.mend for each in found(server)}
        pid = session.info.backend_pid
        assert mends == {
            "slot left_behind": "SELECT pg_drop_replication_slot('left_behind')",
            "prepared nobody's": "ROLLBACK PREPARED 'nobody''s'",
            f"transaction {pid}": f"datatier queries kill {pid}",
        }
        admin.execute(mends["slot left_behind"].encode())
        admin.execute(mends["prepared nobody's"].encode())
        words = mends[f"transaction {pid}"].split()[1:]
        assert call(Path("/tmp"), *words, "--yes", "--database-url", server.url("boss")).code == 0
        assert found(server) == ()


def test_a_vacuum_that_runs_is_seen(server: Busy) -> None:
    with server.scene():
        conn, other = server.connect(), server.connect()
        other.execute("CREATE TABLE long (n int) WITH (autovacuum_enabled = off)")
        other.execute("INSERT INTO long SELECT generate_series(1, 20000)")
        conn.execute("SET vacuum_cost_delay = 100; SET vacuum_cost_limit = 1")

        def vacuum() -> None:
            with suppress(psycopg.Error):
                conn.execute("VACUUM long")

        thread = threading.Thread(target=vacuum, daemon=True)
        thread.start()
        while not (rows := [row for row in server.see(VACUUM_RUNNING).rows if row["phase"] == "scanning heap"]):
            time.sleep(0.01)
        other.execute("SELECT pg_cancel_backend(%s)", (conn.info.backend_pid,))
        thread.join(10)
        other.execute("DROP TABLE long")
    (row,) = rows
    assert [row[key] for key in ("pid", "database", "table", "kind", "index_passes")] == [
        conn.info.backend_pid if not conn.closed else row["pid"],
        "shop",
        "public.long",
        "by hand",
        0,
    ]
    assert 0 <= float(str(row["scanned_percent"])) < 100
