"""`datatier queries` as it is called: what it prints, its JSON, exit codes, and what it ends or refuses to end."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from busy_server import Busy, busy
from real_servers import Valkey

from observe.deadline import SilentError

sys.path.insert(0, str(Path(__file__).parents[1] / "cli"))

from in_process import Said, call

pytestmark = pytest.mark.server
TABLE = '"Shop Front"."Order Items"'


@pytest.fixture(scope="module")
def server() -> Iterator[Busy]:
    with busy(18) as made:
        with psycopg.connect(made.url(), autocommit=True) as conn:
            conn.execute("CREATE ROLE clerk LOGIN")
            conn.execute("CREATE ROLE chief LOGIN IN ROLE pg_monitor, pg_signal_backend")
            conn.execute("CREATE EXTENSION pg_stat_statements")
        yield made


@pytest.fixture
def scene(server: Busy) -> Iterator[Busy]:
    with server.scene() as made:
        yield made


def queries(server: Busy, *words: str, user: str = "boss") -> Said:
    return call(Path("/tmp"), "queries", *words, "--database-url", server.url(user))


def one_line(said: Said) -> str:
    return " ".join(said.err.split())


def test_json_has_rows_and_findings(scene: Busy) -> None:
    scene.connect(application="root").execute(f"BEGIN; LOCK TABLE {TABLE}".encode())
    for number in range(4):
        scene.wait(f"waiter {number}", f"SELECT FROM {TABLE}")
    said = queries(scene, "blocked", "--json", "--limit", "2")
    assert said.code == 0
    assert set(said.json) == {"rows", "findings"}
    assert [(row["node"], row["application"]) for row in said.json["rows"]] == [
        ("database", "root"),
        ("database", "waiter 0"),
    ]
    found = said.json["findings"][0]
    assert {key: value for key, value in found.items() if key not in ("mend", "source")} == {
        "status": "warn",
        "object": "",
        "message": "4 sessions wait for a lock",
        "node": "database",
        "check": "blocked-sessions",
        "value": 4,
        "threshold": {"warn": 3, "critical": None, "unit": "sessions"},
    }
    assert found["source"].startswith("pganalyze")
    shown = queries(scene, "blocked", "--limit", "2")
    assert "and 3 rows more: --limit 5" in shown.out
    assert "warn 4 sessions wait for a lock (warn above 3 sessions: pganalyze" in shown.out
    assert f"mend: {found['mend']}" in shown.out


def test_kill_ends_a_session_and_says_whose(scene: Busy) -> None:
    victim = scene.connect("clerk", "till")
    victim.execute("BEGIN; SELECT txid_current()")
    pid = victim.info.backend_pid
    asked = queries(scene, "kill", str(pid), user="chief")
    assert asked.code == 2
    assert f"This will end session {pid} (clerk, till) from 127.0.0.1, in shop, connected for" in asked.err
    assert "Nobody can be asked here: say --yes." in asked.err
    said = queries(scene, "kill", str(pid), "--yes", user="chief")
    assert said.code == 0, said.err
    assert said.out.startswith(f"ended session {pid} (clerk, till) from 127.0.0.1, in shop, connected for ")
    assert said.out.rstrip().endswith(": BEGIN; SELECT txid_current()")
    with pytest.raises(psycopg.errors.AdminShutdown):
        victim.execute("SELECT 1")
    again = queries(scene, "kill", str(pid), "--yes", user="chief")
    assert (again.code, f"no session {pid} on database" in again.err) == (2, True)


def test_kill_cancels_a_statement_only(scene: Busy) -> None:
    scene.connect(application="root").execute(f"BEGIN; LOCK TABLE {TABLE}".encode())
    waiter = scene.wait("waiter", f"SELECT FROM {TABLE}")
    pid = waiter.info.backend_pid
    said = queries(scene, "kill", str(pid), "--cancel", "--yes", "--json")
    (row,) = said.json["rows"]
    assert (said.code, row["pid"], row["application"], row["cancelled"]) == (0, pid, "waiter", True)
    assert waiter.execute("SELECT 1").fetchone() == (1,)


def test_kill_refuses(scene: Busy) -> None:
    pids = {user: scene.connect(user).info.backend_pid for user in ("boss", "clerk", "rdsadmin", "chief")}
    with scene.node("chief").session() as tool:
        own = tool.info.backend_pid
        row = tool.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'").fetchone()
        assert row
        refusals: list[tuple[int, str, str]] = [
            (own, "chief", f"{own} is a session of this tool, and ends by itself."),
            (
                pids["rdsadmin"],
                "boss",
                f"{pids['rdsadmin']} is a session of rdsadmin: AWS needs it to run the instance.",
            ),
            (
                pids["boss"],
                "chief",
                f"{pids['boss']} is a session of the superuser boss, which only a superuser may end.",
            ),
            (row[0], "boss", f"{row[0]} is a process of the server itself (checkpointer)."),
            (
                pids["clerk"],
                "nobody",
                f'what {pids["clerk"]} is, is hidden from "nobody": GRANT pg_read_all_stats TO "nobody".',
            ),
            (
                pids["clerk"],
                "monitor",
                '"monitor" may not end sessions of clerk: GRANT pg_signal_backend TO "monitor".',
            ),
        ]
        for pid, user, why in refusals:
            said = queries(scene, "kill", str(pid), "--yes", user=user)
            assert (said.code, one_line(said)) == (2, f"error: {why}")


def test_a_sender_of_wal_is_not_ended(scene: Busy) -> None:
    conn = scene.connect()
    conn.execute("SELECT pg_create_logical_replication_slot('feed', 'test_decoding')")
    try:
        reader = psycopg.connect(scene.url() + "?replication=database&application_name=feed", autocommit=True)
        reader.pgconn.send_query(b"START_REPLICATION SLOT feed LOGICAL 0/0")
        pid = reader.info.backend_pid
        while not conn.execute(
            "SELECT FROM pg_stat_replication WHERE pid = %s AND state <> 'startup'", (pid,)
        ).rowcount:
            pass
        said = queries(scene, "kill", str(pid), "--yes")
        assert (said.code, "sends WAL to feed, whose replication would break off" in one_line(said)) == (2, True)
        shown = queries(scene, "replication", "--json").json
        assert [(row["application"], row["slot"]) for row in shown["rows"]] == [("feed", "feed")]
        assert [(row["slot"], row["active"]) for row in shown["slots"]] == [("feed", True)]
        reader.close()
    finally:
        conn.execute("SELECT pg_terminate_backend(active_pid, 5000) FROM pg_replication_slots WHERE active")
        conn.execute("SELECT pg_drop_replication_slot('feed')")


def test_explain_of_a_slow_statement(scene: Busy) -> None:
    conn = scene.connect()
    conn.execute(f"UPDATE {TABLE} SET n = 5 WHERE id = 2".encode())
    conn.execute(f"SELECT n FROM {TABLE} WHERE id IN (1, 2, 3)".encode())
    rows = queries(scene, "slow", "--by", "mean", "--json").json["rows"]
    assert [row["mean_ms"] for row in rows] == sorted((row["mean_ms"] for row in rows), reverse=True)
    (update,) = [row["id"] for row in rows if row["query"].startswith("UPDATE")]
    (folded,) = [row["id"] for row in rows if "/*, ... */" in row["query"]]
    said = queries(scene, "explain", update)
    assert (said.code, 'Index Cond: ("Order Items".id = $2)' in said.out) == (0, True), said.all
    said = queries(scene, "explain", folded)
    assert (said.code, "the plan is that of one value" in one_line(said)) == (0, True), said.all
    (row,) = queries(scene, "explain", "--query", "SELECT 1 AS one;", "--json").json["rows"]
    assert row["plan"][0]["Plan"]["Node Type"] == "Result"
    assert conn.execute(f"SELECT n FROM {TABLE} WHERE id = 2".encode()).fetchone() == (5,)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("explain",), "which statement?"),
        (("explain", "12"), "no statement 12 on database: `datatier queries slow` lists them."),
        (("explain", "abc"), "`abc` is not the id of a statement"),
        (("explain", "-q", "VACUUM"), "PostgreSQL plans SELECT, INSERT, UPDATE, DELETE, MERGE and VALUES, not VACUUM."),
        (("explain", "-q", "SELECT 1; DROP TABLE x"), "cannot insert multiple commands into a prepared statement"),
        (("explain", "-q", "SELECT interval $1"), "The text has lost its values; give it with some"),
        (("explain", "-q", "SELECT FROM nope"), 'relation "nope" does not exist: it ran with another search_path'),
        (("deps", "Order Item"), f"no table `Order Item` in the database shop. Did you mean {TABLE}?"),
        (("slow", "--by", "block"), "--by block: time, mean, calls, blocks, wal. Did you mean `blocks`?"),
        (("kill", "999999", "--yes"), "no session 999999 on database"),
        (("sessions", "--node", "standby"), "no server `standby`: database."),
    ],
)
def test_wrong_input_is_one_sentence(server: Busy, words: tuple[str, ...], why: str) -> None:
    said = queries(server, *words)
    assert (said.code, why in one_line(said)) == (2, True), said.all


def test_a_right_that_explain_lacks(server: Busy) -> None:
    said = queries(server, "explain", "-q", f"SELECT FROM {TABLE}", user="clerk")
    assert (said.code, one_line(said)) == (
        2,
        "error: permission denied for schema Shop Front: explain it as who runs it, --identity NAME.",
    )


@pytest.mark.parametrize(
    ("option", "url", "code", "why"),
    [
        ("--database-url", "redis://127.0.0.1:1/0", 2, "the database URL cannot be read"),
        ("--database-url", "postgres://boss@127.0.0.1:1/shop", 1, "cannot log in to the database of the URL"),
        ("--redis-url", "postgres://127.0.0.1:1/0", 2, "the Redis URL cannot be read"),
        ("--redis-url", "redis://127.0.0.1:1/0", 1, "cannot reach the Redis of the URL"),
    ],
)
def test_a_url_that_leads_nowhere(option: str, url: str, code: int, why: str) -> None:
    said = call(Path("/tmp"), "queries", "sessions" if option == "--database-url" else "clients", option, url)
    assert (said.code, why in " ".join(said.all.split())) == (code, True), said.all


def test_clients_and_slow_commands_of_a_cache(valkey_server: Valkey) -> None:
    from real_servers import ADMIN_PASSWORD

    url = f"redis://acl-admin:{ADMIN_PASSWORD}@127.0.0.1:{valkey_server.port}"
    with valkey_server.admin() as admin:
        slower = admin.config_get("slowlog-log-slower-than")["slowlog-log-slower-than"]
        admin.config_set("slowlog-log-slower-than", 0)
        admin.client_setname("till")
        admin.set("observed:1", "hunter2 is not shown")
        admin.config_set("slowlog-log-slower-than", slower)
        admin.acl_setuser(
            "watching", enabled=True, passwords=["+w"], commands=["-@all", "+@connection", "+info", "+client|list"]
        )
        try:
            listed = call(Path("/tmp"), "queries", "clients", "--redis-url", url, "--json")
            named = call(Path("/tmp"), "queries", "clients", "basket", "--redis-url", url)
            assert (named.code, named.out) == (2, "")
            assert one_line(named) == "error: --redis-url names the server by itself: leave `basket` out."
            slow = call(Path("/tmp"), "queries", "slowlog", "--redis-url", url, "--json")
            less = call(
                Path("/tmp"),
                "queries",
                "slowlog",
                "--redis-url",
                url.replace(f"acl-admin:{ADMIN_PASSWORD}", "watching:w"),
                "--json",
            )
        finally:
            admin.acl_deluser("watching")
            admin.delete("observed:1")
    assert listed.code == 0
    assert {"till"} <= {row["name"] for row in listed.json["rows"]}
    assert [row["clients"] for row in listed.json["client-groups"] if row["name"] == "till"] == [1]
    assert "SET observed:1 ... (4 more)" in {row["command"] for row in slow.json["rows"]}
    assert {"set", "client|setname"} <= {row["command"] for row in slow.json["commands"]}
    assert "hunter2" not in slow.out
    skipped: list[dict[str, Any]] = [each for each in less.json["findings"] if each["status"] == "skipped"]
    assert [(each["check"], each["mend"]) for each in skipped] == [
        (
            "slowlog",
            "`slowlog|get` among the commands of an identity in access.yaml: it shows everybody's keys and values",
        )
    ]
    assert less.json["commands"] != []


@pytest.mark.parametrize("question", ["table", "deps"])
def test_a_server_that_breaks_off_is_one_sentence(scene: Busy, question: str) -> None:
    scene.connect().execute("BEGIN; LOCK TABLE pg_catalog.pg_statistic")
    said = queries(scene, question, TABLE)
    assert (said.code, one_line(said)) == (
        1,
        "error: database did not answer: canceling statement due to lock timeout",
    )


def test_one_command_waits_for_a_server_no_longer_than_its_time(scene: Busy) -> None:
    with pytest.raises(SilentError), scene.node().asked(seconds=0.3) as session:
        session.execute("SELECT pg_sleep(4)")


def test_a_database_without_an_encoding_has_names_that_are_text(server: Busy) -> None:
    with psycopg.connect(server.url(), autocommit=True) as conn:
        conn.execute("CREATE DATABASE odd ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    with psycopg.connect(server.url(database="odd"), autocommit=True, client_encoding="utf8") as conn:
        conn.execute('CREATE TABLE "café" (id int)')
    url = ("--database-url", server.url(database="odd"))
    shown = call(Path("/tmp"), "queries", "table", "café", "--json", *url)
    assert (shown.code, [row["table"] for row in shown.json["rows"]]) == (0, ['public."café"'])
    missed = call(Path("/tmp"), "queries", "table", "caf", *url)
    assert (missed.code, one_line(missed)) == (
        2,
        'error: no table `caf` in the database odd. Did you mean public."café"?',
    )
