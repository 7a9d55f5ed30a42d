"""What goes on inside real servers of each version that is here: made by the test, and found by the query for it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import suppress

import psycopg
import pytest
from busy_server import Busy, busy
from postgres_server import binaries

from knowledge.thresholds.threshold import Status
from observe.postgres.blocked import BLOCKED
from observe.postgres.connections import CONNECTIONS
from observe.postgres.dependents import dependents
from observe.postgres.faults import FAULTS
from observe.postgres.locks import LOCKS
from observe.postgres.progress import PROGRESS
from observe.postgres.relation import Relation, find
from observe.postgres.replication import REPLICATION
from observe.postgres.sessions import SESSION_GROUPS, SESSIONS
from observe.postgres.statements import SLOW
from observe.postgres.transactions import LONG
from observe.postgres.waits import WAITS
from observe.postgres.wal import WAL

pytestmark = pytest.mark.server
TABLE = '"Shop Front"."Order Items"'


@pytest.fixture(scope="module", params=binaries())
def server(request: pytest.FixtureRequest) -> Iterator[Busy]:
    with busy(request.param) as made:
        yield made


@pytest.fixture
def scene(server: Busy) -> Iterator[Busy]:
    with server.scene() as made:
        yield made


def test_a_chain_of_waiters_is_a_tree_below_who_holds_it_up(scene: Busy) -> None:
    root = scene.connect(application="root")
    root.execute(f"BEGIN; UPDATE {TABLE} SET n = 1 WHERE id = 1".encode())
    scene.wait("first", f"UPDATE {TABLE} SET n = 2 WHERE id = 1")
    scene.wait("second", f"UPDATE {TABLE} SET n = 3 WHERE id = 1")
    scene.wait("alter", f"ALTER TABLE {TABLE} ADD x int")
    scene.wait("reader", f"SELECT FROM {TABLE}")
    seen = scene.see(BLOCKED)
    assert [(row["application"], row["waits_for"]) for row in seen.rows] == [
        ("root", None),
        ("first", "ShareLock"),
        ("second", "ExclusiveLock"),
        ("alter", "AccessExclusiveLock"),
        ("reader", "AccessShareLock"),
    ]
    assert seen.rows[0]["depth"] == 0
    assert "RowExclusiveLock" in str(seen.rows[0]["holds"])
    targets = [re.sub(r"transaction \d+", "transaction N", str(row["target"])) for row in seen.rows[1:]]
    assert targets == [f"transaction N, a row of {TABLE}", f"row (0,1) of {TABLE}", TABLE, TABLE]
    pid = root.info.backend_pid
    count, held = seen.findings
    assert (count.check, count.status, count.value) == ("blocked-sessions", "warn", 4)
    assert count.mend == f"datatier queries kill {pid}"
    assert (held.check, held.status) == ("blocked-for", "ok")
    assert held.message.startswith(f"session {pid} (boss, root), idle in transaction for ")

    rows = scene.see(LOCKS).rows
    assert [row["application"] for row in rows if not row["granted"]] == ["first", "second", "alter", "reader"]
    assert [row["granted"] for row in rows][:4] == [False] * 4
    assert {row["target"] for row in rows if row["application"] == "reader"} == {TABLE}


def test_a_prepared_transaction_holds_others_up(scene: Busy) -> None:
    with psycopg.connect(scene.url(), autocommit=True) as preparer:
        preparer.execute(f"BEGIN; LOCK TABLE {TABLE}; PREPARE TRANSACTION 'order ''12'".encode())
    try:
        waiter = scene.wait("waiter", f"SELECT FROM {TABLE}")
        seen = scene.see(BLOCKED)
        pid = waiter.info.backend_pid
        assert [(row["tree"], row["pid"], row["prepared"]) for row in seen.rows] == [
            ("prepared order '12", 0, "order '12"),
            (f"└─ {pid}", pid, None),
        ]
        assert seen.findings[1].message.startswith("prepared transaction order '12 (boss), prepared for ")
        (row,) = [row for row in scene.see(LONG).rows if row["prepared"]]
        assert (row["prepared"], row["user"], row["database"]) == ("order '12", "boss", "shop")
        assert "AccessExclusiveLock" in {row["mode"] for row in scene.see(LOCKS).rows if row["prepared"]}
    finally:
        scene.connect().execute("ROLLBACK PREPARED 'order ''12'")


def test_a_session_idle_in_a_transaction_is_judged_by_its_own_timeout(scene: Busy) -> None:
    boss = scene.connect()
    boss.execute("CREATE ROLE till LOGIN")
    boss.execute("ALTER ROLE till SET idle_in_transaction_session_timeout = '2min'")
    boss.execute("ALTER ROLE till IN DATABASE shop SET idle_in_transaction_session_timeout = 50000")
    boss.execute("ALTER DATABASE shop SET idle_in_transaction_session_timeout = '1h'")
    try:
        for user in ("till", "boss"):
            scene.connect(user, user).execute("BEGIN; SELECT txid_current()")
        rows = [row for row in scene.see(LONG).rows if row["state"] == "idle in transaction"]
        found = {row["user"]: (row["idle_timeout_seconds"], LONG.judge([row])[0].threshold) for row in rows}
        assert {user: (timeout, limit and limit.warn) for user, (timeout, limit) in found.items()} == {
            "till": (50.0, 25.0),
            "boss": (3600.0, 1800.0),
        }
    finally:
        boss.execute("ALTER DATABASE shop RESET ALL")
        scene.connect().execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'till'")
        boss.execute("DROP ROLE till")


def test_a_login_that_is_full_is_found(scene: Busy) -> None:
    boss = scene.connect()
    boss.execute("CREATE ROLE clerk LOGIN CONNECTION LIMIT 2")
    held = [psycopg.connect(scene.url("clerk")) for _ in range(2)]
    try:
        with pytest.raises(psycopg.OperationalError, match="too many connections"):
            psycopg.connect(scene.url("clerk"))
        (found,) = [each for each in scene.see(CONNECTIONS).findings if "clerk" in each.object]
        assert (found.status, found.value, found.mend) == ("critical", 100, "datatier queries sessions")
    finally:
        for each in held:
            each.close()
        boss.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'clerk'")
        boss.execute("DROP ROLE clerk")


def test_who_lacks_the_right_sees_that_sessions_are_there_and_reads_the_grant(scene: Busy) -> None:
    pid = scene.connect(application="secretive").info.backend_pid
    seen, all_of_it = scene.see(SESSIONS, "nobody"), scene.see(SESSIONS)
    assert [(row["user"], row["state"]) for row in seen.rows if row["pid"] == pid] == [("boss", None)]
    assert [(row["user"], row["state"]) for row in all_of_it.rows if row["pid"] == pid] == [("boss", "idle")]
    (found,) = seen.findings
    assert (found.status, found.mend) == ("skipped", 'GRANT pg_monitor TO "nobody"')
    assert found.message == '"nobody" lacks pg_read_all_stats: what sessions of others do is hidden'
    assert all_of_it.findings == ()
    groups = scene.see(SESSION_GROUPS).rows
    assert [(row["sessions"], row["state"]) for row in groups if row["application"] == "secretive"] == [(1, "idle")]


def test_sessions_of_this_tool_are_marked(scene: Busy) -> None:
    with scene.node().session():
        own = [row for row in scene.see(SESSIONS).rows if row["own"]]
    assert {(row["user"], row["application"], row["query"]) for row in own} == {
        ("monitor", "datatier-ops", "(a question of this tool)")
    }
    assert len(own) == 2


def test_slow_statements_or_why_there_are_none(scene: Busy) -> None:
    boss = scene.connect()
    boss.execute('CREATE SCHEMA IF NOT EXISTS "Stat s"')
    if not boss.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_stat_statements'").fetchone():
        seen = scene.see(SLOW)
        assert [(each.status, each.message) for each in seen.findings] == [
            ("skipped", "this server has no extension pg_stat_statements")
        ]
        return
    (found,) = scene.see(SLOW).findings
    assert (found.status, found.mend) == ("skipped", "CREATE EXTENSION pg_stat_statements")
    boss.execute('CREATE EXTENSION pg_stat_statements SCHEMA "Stat s"')
    try:
        (found,) = scene.see(SLOW).findings
        assert found.message == 'monitor may not use the schema "Stat s" of pg_stat_statements'
        boss.execute(found.mend.encode())
        for _ in range(100):
            boss.execute("SELECT pg_sleep(0.021)")
        seen = scene.see(SLOW)
        (row,) = [row for row in seen.rows if "pg_sleep" in str(row["query"])]
        assert (row["user"], row["database"], row["calls"]) == ("boss", "shop", 100)
        assert float(str(row["p95_estimate_ms"])) >= float(str(row["mean_ms"])) > 20
        mine = [each for each in seen.findings if each.object == row["id"] and each.check == "slow-statements"]
        assert [(each.status, each.mend) for each in mine] == [("warn", f"datatier queries explain {row['id']}")]
        boss.execute('GRANT USAGE ON SCHEMA "Stat s" TO nobody')
        hidden = scene.see(SLOW, "nobody")
        assert "<insufficient privilege>" in {row["query"] for row in hidden.rows}
        assert [each.mend for each in hidden.findings if each.status == "skipped"] == ['GRANT pg_monitor TO "nobody"']
    finally:
        boss.execute("DROP EXTENSION pg_stat_statements")


def test_replication_of_a_server_that_has_none(scene: Busy) -> None:
    for each in (REPLICATION, *REPLICATION.also):
        seen = scene.see(each)
        assert (seen.refused, bool(seen.rows), seen.findings) == (False, each is WAL, ()), each.id
    (row,) = scene.see(WAL).rows
    assert (row["max_wal_size_bytes"], row["slot_limit_bytes"]) == (1024**3, None)
    assert int(str(row["files"])) * 16 * 1024**2 == row["wal_bytes"]
    (found,) = scene.see(WAL, "nobody").findings
    assert (found.status, found.mend) == ("skipped", 'GRANT pg_monitor TO "nobody"')


def test_what_sessions_wait_for_and_how_far_a_command_is(scene: Busy) -> None:
    scene.connect(application="root").execute(f"BEGIN; LOCK TABLE {TABLE}".encode())
    scene.wait("waiter", f"SELECT FROM {TABLE}")
    locks = [row for row in scene.see(WAITS).rows if row["waits_for"] == "Lock"]
    assert [(row["sessions"], row["event"], row["user"]) for row in locks] == [(1, "relation", "boss")]
    loader = scene.connect(application="loader")
    loader.execute("CREATE TEMP TABLE loaded (id int)")
    with loader.cursor().copy("COPY loaded FROM STDIN") as copy:
        copy.write("1\n" * 100_000)
        (row,) = scene.see(PROGRESS).rows
    assert (row["pid"], row["user"], row["command"]) == (loader.info.backend_pid, "boss", "COPY FROM")


def test_faults_that_a_database_has_counted(scene: Busy) -> None:
    one, other = scene.connect(), scene.connect()
    for conn, number in ((one, 1), (other, 2)):
        conn.execute("SET deadlock_timeout = '20ms'")
        conn.execute(f"BEGIN; UPDATE {TABLE} SET n = 1 WHERE id = {number}".encode())
    before = {row["database"]: row for row in scene.see(FAULTS).rows}
    waiter = threading.Thread(target=lambda: _ends(one, f"UPDATE {TABLE} SET n = 2 WHERE id = 2"))
    waiter.start()
    _ends(other, f"UPDATE {TABLE} SET n = 2 WHERE id = 1")
    waiter.join(10)
    for conn in (one, other):
        conn.execute("ROLLBACK")
        conn.execute("SELECT pg_stat_force_next_flush()")
    seen = scene.see(FAULTS)
    after = {row["database"]: row for row in seen.rows}
    assert set(after) == {"(shared)", "postgres", "shop", "template0", "template1"}
    assert int(str(after["shop"]["deadlocks"])) == int(str(before["shop"]["deadlocks"])) + 1
    assert {each.status for each in seen.findings} == {Status.OK}


def _ends(conn: psycopg.Connection[tuple[object, ...]], sql: str) -> None:
    """Run what a deadlock may end."""
    with suppress(psycopg.errors.DeadlockDetected):
        conn.execute(sql.encode())


DEPENDENTS = """
CREATE SCHEMA "De p"; SET search_path TO "De p";
CREATE TABLE "Buyer" (id int PRIMARY KEY);
CREATE SEQUENCE free;
CREATE TABLE "Order" (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, f int DEFAULT nextval('free'),
                      buyer int CONSTRAINT "bu y" REFERENCES "Buyer");
CREATE TABLE item (o int REFERENCES "Order");
CREATE VIEW v1 AS SELECT id FROM "Order"; CREATE MATERIALIZED VIEW m AS SELECT * FROM v1;
CREATE FUNCTION atomic() RETURNS bigint BEGIN ATOMIC SELECT count(*) FROM "Order"; END;
CREATE FUNCTION typed("Order") RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION plain() RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT count(*) FROM "De p"."Order"); END';
CREATE FUNCTION other() RETURNS int LANGUAGE sql AS 'SELECT 1 AS "Orders" ORDER BY 1';
CREATE FUNCTION fires() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER "t g" BEFORE INSERT ON "Order" FOR EACH ROW EXECUTE FUNCTION fires();
CREATE POLICY mine ON "Order" FOR SELECT TO boss USING (true);
CREATE TABLE holder (x "Order"[]);
CREATE PUBLICATION "All t" FOR ALL TABLES;
CREATE TABLE log (at date) PARTITION BY RANGE (at);
CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
"""


def test_what_hangs_on_a_table(scene: Busy) -> None:
    boss = scene.connect()
    boss.execute(DEPENDENTS.encode())
    try:
        rows = {
            name: [(row["kind"], row["object"], row["how"]) for row in scene.see(dependents(find(boss, name).oid)).rows]
            for name in ("Order", "log", "log_1")
        }
    finally:
        boss.execute('DROP PUBLICATION "All t"')
        boss.execute('DROP SCHEMA "De p" CASCADE')
    assert rows["Order"] == [
        ("column", '"De p".holder.x', "has its row type"),
        ("foreign key", '"De p"."Buyer"', 'it references: "bu y" FOREIGN KEY (buyer) REFERENCES "De p"."Buyer"(id)'),
        ("foreign key", '"De p".item', 'references it: item_o_fkey FOREIGN KEY (o) REFERENCES "De p"."Order"(id)'),
        ("function", '"De p".atomic()', "uses it"),
        ("function", '"De p".plain()', "its text has the name"),
        ("function", '"De p".typed("De p"."Order")', "has its row type"),
        ("materialized view", '"De p".m', "reads a view of it"),
        ("policy", "mine", "for SELECT to boss"),
        ("publication", '"All t"', "publishes all tables"),
        ("sequence", '"De p"."Order_id_seq"', "owned by its column id, identity"),
        ("sequence", '"De p".free', "default of its column f"),
        ("trigger", '"t g"', 'calls "De p".fires()'),
        ("view", '"De p".v1', "reads it"),
    ]
    assert rows["log"] == [
        ("partition", '"De p".log_1', "FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')"),
        ("publication", '"All t"', "publishes all tables"),
    ]
    assert rows["log_1"] == [
        ("parent", '"De p".log', "it is a partition of it"),
        ("publication", '"All t"', "publishes all tables"),
    ]


@pytest.mark.parametrize("name", ["Order Items", TABLE, "Shop Front.Order Items", '"Order Items"'])
def test_a_table_is_found_whichever_way_it_is_written(scene: Busy, name: str) -> None:
    found = find(scene.connect(), name)
    assert found == Relation(oid=found.oid, name=TABLE, kind="table")
