"""`datatier queries table` and `datatier queries all` as they are called: what they print, their JSON, exit codes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from postgres_server import free_port
from storage_shop import DATABASE, PASSWORD, Shop

sys.path.insert(0, str(Path(__file__).parents[2] / "cli"))

from in_process import Said, call

pytestmark = pytest.mark.server
S = '"Shop Front"'


@pytest.fixture(scope="module")
def newest(shop_of: Callable[[str], Shop]) -> Shop:
    return shop_of("18")


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)


def queries(shop: Shop, *words: str, user: str = "watcher", port: int = 0) -> Said:
    url = f"postgres://{user}@127.0.0.1:{port or shop.server.port}/{DATABASE}"
    return call(Path("/tmp"), "queries", *words, "--database-url", url)


def test_a_table_is_told_of_as_a_whole(newest: Shop) -> None:
    newest.run(
        f"CREATE TABLE {S}.told (id int PRIMARY KEY, of int REFERENCES {S}.customers, CHECK (id > 0)) "
        "WITH (fillfactor = 80)",
        f"CREATE VIEW {S}.telling AS SELECT id FROM {S}.told",
        f"CREATE INDEX told_again ON {S}.told (id)",
    )
    said = queries(newest, "table", "told", "--json")
    assert said.code == 0
    (row,) = said.json["rows"]
    assert {key: row[key] for key in ("table", "kind", "partition_of", "owner", "rows", "columns", "fillfactor")} == {
        "table": f"{S}.told",
        "kind": "table",
        "partition_of": None,
        "owner": "rdsadmin",
        "rows": 0,
        "columns": 2,
        "fillfactor": 80,
    }
    assert row["dependents"] == 2
    assert [each["index"] for each in said.json["indexes"]] == [f"{S}.told_again", f"{S}.told_pkey"]
    assert [each["kind"] for each in said.json["constraints"]] == ["primary key", "check", "foreign key"]
    assert [each["constraint"] for each in said.json["foreign-keys"]] == ["told_of_fkey"]
    assert [each["table"] for each in said.json["vacuum"]] == [f"{S}.told"]
    assert [each["object"] for each in said.json["findings"] if each["status"] == "warn"] == [f"{S}.told_again"]
    shown = queries(newest, "table", f"{S}.told").out
    assert f"{S}.told_again on {S}.told (8.0 KiB) is the same as {S}.told_pkey (PGHero" in shown
    assert f"mend: DROP INDEX CONCURRENTLY {S}.told_again" in shown
    newest.run(f"DROP TABLE {S}.told CASCADE")


def test_a_partition_and_its_parent(newest: Shop) -> None:
    of_parent = queries(newest, "table", "events", "--json").json
    assert (of_parent["rows"][0]["rows"], of_parent["rows"][0]["partitions"]) == (3000, 2)
    assert {each["table"] for each in of_parent["vacuum"]} == {f"{S}.events", f"{S}.events_1", f'{S}."events 2"'}
    of_one = queries(newest, "table", "events 2", "--json").json
    assert (of_one["rows"][0]["rows"], of_one["rows"][0]["partition_of"]) == (1420, f"{S}.events")
    assert {each["table"] for each in of_one["vacuum"]} == {f'{S}."events 2"'}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("table", "custmers"), f"Did you mean {S}.customers?"),
        (("table", "tickets_numbers"), f"{S}.tickets_numbers is a sequence: `datatier queries deps` says what hangs"),
        (("all", "--node", "standby"), "no server `standby`: database."),
    ],
)
def test_what_is_not_there_is_one_sentence(newest: Shop, words: tuple[str, ...], why: str) -> None:
    said = queries(newest, *words)
    assert (said.code, said.out) == (2, "")
    assert why in " ".join(said.err.split())


def test_the_report_has_the_worst_first(newest: Shop) -> None:
    newest.run(
        f"CREATE INDEX twice ON {S}.customers (id)",
        f"CREATE SEQUENCE {S}.last MAXVALUE 5",
        f"SELECT setval('{S}.last', 5)",
        f"GRANT SELECT ON ALL SEQUENCES IN SCHEMA {S} TO watcher",
    )
    said = queries(newest, "all", "--json")
    assert said.code == 3
    statuses = [each["status"] for each in said.json["findings"]]
    order = ["critical", "warn", "stale", "skipped", "ok"]
    assert statuses == sorted(statuses, key=order.index)
    objects = [each["object"] for each in said.json["findings"]]
    assert objects[0] == f"{S}.last"
    assert f"{S}.twice" in objects
    assert {each["question"] for each in said.json["rows"]} <= set(said.json["asked"])
    assert {"sessions", "sizes", "databases", "sequences", "wraparound-tables"} <= {
        each["question"] for each in said.json["rows"]
    }
    shown = queries(newest, "all").out.splitlines()
    assert shown[0].startswith(f"{len(said.json['asked'])} questions to 1 server: 1 critical, ")
    assert shown[1].startswith(f"critical {S}.last of no column is at 5")
    assert shown[2].strip() == f"mend: ALTER SEQUENCE {S}.last NO MAXVALUE"
    newest.run(f"DROP INDEX {S}.twice", f"DROP SEQUENCE {S}.last")


def test_what_is_refused_is_one_line(newest: Shop) -> None:
    said = queries(newest, "all", "--json", user="clerk")
    hidden = [each["message"] for each in said.json["findings"] if each["status"] == "skipped"]
    assert len(hidden) == len(set(hidden))
    assert sorted(each for each in hidden if "lacks pg_monitor" in each) == [
        '"clerk" lacks pg_monitor and sees only a part',
        '"clerk" lacks pg_monitor, so it may not list files of the server',
    ]


def test_a_server_that_is_down_is_one_line(newest: Shop) -> None:
    said = queries(newest, "all", "--json", port=free_port())
    assert said.code == 1
    assert [each["status"] for each in said.json["findings"]] == ["skipped"]


def test_a_report_without_findings_is_fine(newest: Shop) -> None:
    with closing(newest.server.superuser()) as conn:
        conn.execute("CREATE DATABASE nothing")
    url = f"postgres://watcher@127.0.0.1:{newest.server.port}/nothing"
    said = call(Path("/tmp"), "queries", "all", "--json", "--database-url", url)
    assert [each for each in said.json["findings"] if each["status"] in ("warn", "critical")] == []
    assert said.code == 0


def test_nothing_was_written_and_nobody_waited(newest: Shop) -> None:
    """The session of a report can only read; a table that somebody locks is said less of, and not waited for."""
    with closing(newest.server.superuser(DATABASE)) as conn, conn.transaction():
        conn.execute(f"LOCK TABLE {S}.customers IN ACCESS EXCLUSIVE MODE")
        said = queries(newest, "all", "--json")
        assert not any("lock timeout" in each["message"] for each in said.json["findings"])
    with newest.session() as session, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        session.execute("CREATE TABLE public.written (id int)")
