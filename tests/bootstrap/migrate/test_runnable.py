"""What cannot work is refused by reading, with its line and what mends it; what the server takes is left alone.

Both tables are held against real servers: golang-migrate sends a file as it is, so whatever is refused here has to be
refused there as well, and the other way round.
"""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from migrate_server import Database

from bootstrap.migrate import MemoryDatabase, MemoryLedger, MigrationRunner, ProblemsError, Source, validate
from bootstrap.migrate.runnable import RULES, unrunnable

# Body, then rule, line, column and what is said of it.
REFUSED: list[tuple[bytes, list[tuple[str, int, int, str]]]] = [
    (b"\xef\xbb\xbfCREATE TABLE a ();", [("encoding", 1, 1, "a byte order mark")]),
    (b"\xef\xbb\xbf-- shop\nCREATE TABLE a ();", [("encoding", 1, 1, "a byte order mark")]),
    (b"CREATE TABLE a ();\n\xef\xbb\xbfCREATE TABLE b ();", [("encoding", 2, 1, "a byte order mark")]),
    ("SELECT 'ä';".encode("utf-16"), [("encoding", 1, 1, "the file is UTF-16")]),
    ("SELECT 1;".encode("utf-16-le"), [("encoding", 1, 1, "the file is UTF-16")]),
    ("SELECT 1;".encode("utf-16-be"), [("encoding", 1, 1, "the file is UTF-16")]),
    (b"SELECT 1;\nSELECT\0 2 -- and more of it", [("encoding", 2, 7, "the file holds a NUL byte")]),
    (b"SELECT 1;\r\n-- caf\xe9", [("encoding", 2, 7, "byte 0xe9 is not UTF-8")]),
    (b"SELECT '\xed\xa0\x80'", [("encoding", 1, 9, "byte 0xed is not UTF-8")]),  # half a surrogate pair
    (
        b"\\restrict k3y\nCREATE TABLE a ();\n\\unrestrict k3y\n",
        [("psql", 1, 1, "\\restrict is a command"), ("psql", 3, 1, "\\unrestrict is a command")],
    ),
    (b"SELECT 1;\n  \\echo done", [("psql", 2, 3, "\\echo is a command")]),
    (b"SELECT 1 \\gset", [("psql", 1, 10, "\\gset is a command")]),
    (b"\\i other.sql", [("psql", 1, 1, "\\i is a command")]),
    (b"\\copy a from 'a.csv'", [("psql", 1, 1, "\\copy is a command")]),
    (b"\\! ls", [("psql", 1, 1, "\\! is a command")]),
    (b"SELECT E'a' \\; SELECT 2", [("psql", 1, 13, "\\; is a command")]),
    (b"CREATE TABLE a (); GRANT SELECT ON a TO :reader;", [("psql", 1, 41, ":reader is a variable")]),
    (b"SET search_path = :'place'", [("psql", 1, 19, ":'place' is a variable")]),
    (b"COPY c (id) FROM stdin;\n1\n\\.\n", [("copy", 1, 1, "COPY FROM STDIN reads rows")]),
    (b"CREATE TABLE c (id int);\nCOPY c FROM STDIN WITH (FORMAT csv);\nit's,'\n", [("copy", 2, 1, "COPY FROM STDIN")]),
    (b"copy (select 1) to stdout", [("copy", 1, 1, "COPY TO STDOUT sends rows")]),
    (b"COPY c FROM STDIN;", [("copy", 1, 1, "COPY FROM STDIN reads rows")]),
    (b"SELECT 1;\n/* open", [("unfinished", 2, 1, "a comment begins here")]),
    (b"SELECT 'it''s", [("unfinished", 1, 8, "a string begins here")]),
    (b"SELECT E'it\\'", [("unfinished", 1, 8, "a string begins here")]),
    (b"BEGIN; DO $x$ begin end $y$; COMMIT;", [("unfinished", 1, 11, "a string begins here")]),
    (b'SELECT 1 AS "one', [("unfinished", 1, 13, "a quoted name begins here")]),
    (b"CREATE TABLE a (id int;\nCREATE TABLE b ();", [("unfinished", 1, 16, "a parenthesis begins here")]),
    (b"CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1;", [("unfinished", 1, 39, "BEGIN ATOMIC begins here")]),
    (b"BEGIN;\nCREATE TABLE a ();", [("transaction", 1, 1, "a transaction is left open")]),
    (b"START TRANSACTION; SELECT 1; ROLLBACK TO SAVEPOINT s;", [("transaction", 1, 1, "a transaction is left open")]),
    (b"BEGIN; SELECT 1; COMMIT AND CHAIN;", [("transaction", 1, 18, "a transaction is left open")]),
    (b"SELECT 1;\nVACUUM;", [("alone", 2, 1, "VACUUM cannot run in a transaction")]),
    (b"SELECT 1; CREATE DATABASE d;", [("alone", 1, 11, "CREATE DATABASE cannot run")]),
    (b"ALTER SYSTEM SET work_mem = '5MB'; SELECT 1;", [("alone", 1, 1, "ALTER SYSTEM cannot run")]),
    (b"COMMIT; REINDEX DATABASE postgres;", [("alone", 1, 9, "REINDEX DATABASE cannot run")]),
    (b"CLUSTER; SELECT 1", [("alone", 1, 1, "CLUSTER cannot run")]),
    (b"DROP DATABASE IF EXISTS d; SELECT 1", [("alone", 1, 1, "DROP DATABASE cannot run")]),
    (b"CREATE TABLESPACE s LOCATION '/tmp'; SELECT 1", [("alone", 1, 1, "CREATE TABLESPACE cannot run")]),
    (b"DISCARD ALL; SELECT 1", [("alone", 1, 1, "DISCARD ALL cannot run")]),
    (b"ALTER DATABASE d SET TABLESPACE pg_default; SELECT 1", [("alone", 1, 1, "ALTER DATABASE cannot run")]),
    (b"CREATE TABLE a (i int);\nCREATE INDEX CONCURRENTLY ON a (i);", [("concurrently", 2, 1, "CONCURRENTLY cannot")]),
    (b"BEGIN; DROP INDEX CONCURRENTLY i; COMMIT;", [("concurrently", 1, 8, "CONCURRENTLY cannot run")]),
    (b"REINDEX (CONCURRENTLY) TABLE pg_class; SELECT 1", [("concurrently", 1, 1, "CONCURRENTLY cannot run")]),
]

# What the server takes, and what lets another migration run beside it.
RELEASES: list[tuple[bytes, list[tuple[str, int, int, str]]]] = [
    (b"DISCARD ALL", [("lock", 1, 1, "DISCARD ALL releases the lock")]),
    (b"-- clean up\n  discard all;", [("lock", 2, 3, "DISCARD ALL releases the lock")]),
    (b"SELECT pg_advisory_unlock_all();", [("lock", 1, 1, "pg_advisory_unlock_all() releases the lock")]),
    (b"SELECT 1;\nselect pg_catalog.Pg_Advisory_Unlock_All();", [("lock", 2, 1, "pg_advisory_unlock_all() releases")]),
]

TAKEN = [
    b"",
    b"-- it's \\restrict in a comment /* and :'var'\n/* \\. ' $$ */ SELECT 1",
    b"SELECT 'C:\\temp\\', '\\.', E'it\\'s \\\\', E'a'\n  '\\'b', U&'d\\0061t', $$ \\echo $$, $x$ $$ ' \\i $x$",
    b'CREATE TABLE "a\\b" ("c:\'d" int)',
    b"SELECT '\xef\xbb\xbf' AS mark -- \xef\xbb\xbf",
    b"SELECT (ARRAY[1,2,3])[1:2], 1::int, '12:30'::time, now()::date",
    b"DO $$ DECLARE n int := 1; BEGIN n := n + 1; END $$",
    b"CREATE TABLE stdin (id int); CREATE TABLE a AS SELECT * FROM stdin",
    b"CREATE FUNCTION f(int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN $1 > 0 THEN 1 END; SELECT 2; END;",
    b"CREATE TABLE c (id int); CREATE RULE r AS ON DELETE TO c DO ALSO (SELECT 1; SELECT 2); SELECT 3",
    b"BEGIN; CREATE TABLE d (); COMMIT; BEGIN; CREATE TABLE e (); ROLLBACK; START TRANSACTION; SELECT 1; END",
    b"BEGIN; SAVEPOINT s; SELECT 1; ROLLBACK TO s; COMMIT",
    b"BEGIN; BEGIN; COMMIT; COMMIT",  # PostgreSQL warns
    b"COMMIT; SELECT 1; ABORT",
    b"SELECT 1;\r\nSELECT 2;\r\n\r\n",
    b"-- old Mac\rSELECT 1;\rSELECT 2\r",
    b"VACUUM",
    b"DISCARD TEMP; DISCARD PLANS; RESET ALL; UNLISTEN *; DEALLOCATE ALL",
    b"SELECT pg_advisory_lock(7); SELECT pg_advisory_unlock(7); -- never pg_advisory_unlock_all()",
    b"CREATE FUNCTION u() RETURNS void LANGUAGE sql AS 'SELECT pg_advisory_unlock_all()'",
    b"SELECT 'DISCARD ALL; pg_advisory_unlock_all()'",
    b"SELECT 1 AS \"a\", '' AS b, '''' AS c, '\"' AS d",
    b"CREATE TYPE t AS ENUM ('a'); ALTER TYPE t ADD VALUE 'b'",
    b"SELECT $$it's$$; SELECT 'a' /* it's */ -- it's\n",
    "CREATE TABLE größe (straße int, 価格 int); SELECT 1 AS a€".encode(),
    b"CREATE TABLE g (i int); REFRESH MATERIALIZED VIEW CONCURRENTLY nothing_here_to_refresh",
]
FAILS_FOR_ANOTHER_REASON = {TAKEN[-1]}


@pytest.mark.parametrize(
    ("body", "expected"), [*REFUSED, *RELEASES], ids=[str(body)[2:40] for body, _ in [*REFUSED, *RELEASES]]
)
def test_what_cannot_work_says_where(body: bytes, expected: list[tuple[str, int, int, str]]) -> None:
    found = unrunnable("1_a.up.sql", body)
    assert [(p.rule, p.line, p.column) for p in found] == [each[:3] for each in expected]
    assert [p.message[: len(what)] for p, (*_, what) in zip(found, expected, strict=True)] == [
        what for *_, what in expected
    ]
    assert all(p.severity == "error" and p.fix for p in found)


def test_every_rule_is_in_the_table() -> None:
    assert {rule for _, found in [*REFUSED, *RELEASES] for rule, *_ in found} == set(RULES)


@pytest.mark.parametrize("body", TAKEN, ids=lambda body: str(body)[2:40])
def test_what_works_is_left_alone(body: bytes) -> None:
    assert unrunnable("1_a.up.sql", body) == ()


@pytest.mark.parametrize("body", [body for body, _ in [*REFUSED, *RELEASES]], ids=lambda body: str(body)[2:40])
def test_up_refuses_before_the_ledger_is_touched(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "0007_shop.up.sql").write_bytes(body)
    (tmp_path / "0007_shop.down.sql").write_bytes(b"SELECT 1")
    database = MemoryDatabase()
    runner = MigrationRunner(Source.load(tmp_path), MemoryLedger(database))
    for refused in (runner.up, lambda: runner.up(1), lambda: runner.goto(7), runner.plan_up):
        with pytest.raises(ProblemsError, match=r"^0007_shop\.up\.sql:\d+:\d+: "):
            refused()
    assert (database.state.version, database.state.dirty, database.ran) == (None, False, [])
    errors = [p for p in validate(Source.load(tmp_path)) if p.severity == "error"]
    assert {p.file for p in errors} == {"0007_shop.up.sql"}


@pytest.mark.server
def test_the_servers_agree(database: Database) -> None:
    """Each as golang-migrate sends it: one simple query, and the session must be idle afterwards."""
    wrong = []
    taken = [*TAKEN, *(body for body, _ in RELEASES)]
    for body in [*(body for body, _ in REFUSED), *taken]:
        with database.connect("postgres") as connection:
            connection.execute("SET client_encoding = 'UTF8'")
            works = b"\0" not in body and _works(connection, body)
            if works is (body in taken and body not in FAILS_FOR_ANOTHER_REASON):
                continue
            wrong.append((body, works))
    assert wrong == []


def _works(connection: psycopg.Connection[object], body: bytes) -> bool:
    from psycopg.pq import ExecStatus, TransactionStatus

    connection.pgconn.send_query(body)
    good = True
    while (result := connection.pgconn.get_result()) is not None:
        if result.status == ExecStatus.COPY_IN:
            connection.pgconn.put_copy_end(b"no rows")
        elif result.status == ExecStatus.COPY_OUT:
            good = False  # lib/pq refuses it: unexpected message
            while connection.pgconn.get_copy_data(0)[0] > 0:
                pass
        good = good and result.status != ExecStatus.FATAL_ERROR
    idle = connection.info.transaction_status is TransactionStatus.IDLE
    connection.pgconn.exec_(b"ROLLBACK")
    return good and idle
