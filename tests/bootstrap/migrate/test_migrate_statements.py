"""Where statements begin, what a text leaves open, and which files are one transaction."""

from __future__ import annotations

import pytest

from bootstrap.migrate.lexer import line_and_column
from bootstrap.migrate.statements import Unfinished, alone, committed, scan, statements, whole


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("", []),
        ("-- nothing;\n/* at; /* all; */ ; */", []),
        ("SELECT 1; SELECT 2", ["SELECT 1", "SELECT 2"]),
        (";;SELECT 1;;", ["SELECT 1"]),
        ("SELECT ';'; SELECT 2", ["SELECT ';'", "SELECT 2"]),
        ("SELECT E'\\';'; SELECT 2", ["SELECT E", "SELECT 2"]),
        ("SELECT '\\'; SELECT 2", ["SELECT '", "SELECT 2"]),
        ('SELECT 1 AS "a;""b"; SELECT 2', ["SELECT 1", "SELECT 2"]),
        ("DO $$ BEGIN a; END $$; SELECT 2", ["DO", "SELECT 2"]),
        ("DO $x$ a; $$ b; $y$ $x$; SELECT 2", ["DO", "SELECT 2"]),
        ("SELECT a$b$c; SELECT $b$;$b$", ["SELECT a", "SELECT $b"]),
        ("CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); SELECT 3", ["CREATE RULE", "SELECT 3"]),
        (
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END; SELECT 3",
            ["CREATE FUNCTION", "SELECT 3"],
        ),
        ("/* c */ -- d\n  SELECT 1;", ["SELECT 1"]),
    ],
)
def test_statements(text: str, starts: list[str]) -> None:
    found = statements(text)
    assert len(found) == len(starts)
    for statement, start in zip(found, starts, strict=True):
        assert text[statement.offset :].startswith(start)


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("SELECT E'a'\n  '\\';b'; SELECT 2", ["SELECT E", "SELECT 2"]),  # an E'' string goes on behind a line's end
        ("SELECT E'a' -- why\n '\\';b'; SELECT 2", ["SELECT E", "SELECT 2"]),
        ("SELECT 'a'\n '\\'; SELECT 2", ["SELECT 'a'", "SELECT 2"]),  # a plain one has no escapes, wherever it goes on
        ("SELECT 1 -- it's\rx; SELECT 2", ["SELECT 1", "SELECT 2"]),  # a comment ends at CR as well
        ("SELECT $€$;$€$; SELECT 2", ["SELECT $€", "SELECT 2"]),
        ("SELECT a€$b$;$b$; SELECT 2", ["SELECT a€", "$b$; SELECT 2"]),  # a dollar in a name quotes nothing
        ("SELECT $1; SELECT 2", ["SELECT $1", "SELECT 2"]),
        ("SELECT U&'d\\0061;'; SELECT 2", ["SELECT U", "SELECT 2"]),
        ("SELECT x''';'; SELECT 2", ["SELECT x", "SELECT 2"]),
    ],
)
def test_strings_end_where_postgresql_ends_them(text: str, starts: list[str]) -> None:
    test_statements(text, starts)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("SELECT 'a''b", (7, "a string")),
        ("SELECT E'a\\'", (7, "a string")),
        ('SELECT "a', (7, "a quoted name")),
        ("SELECT 1; /* a /* b */", (10, "a comment")),
        ("DO $x$ a $y$", (3, "a string")),
        ("CREATE TABLE t (a int, b int;", (15, "a parenthesis")),
        ("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1;", (38, "BEGIN ATOMIC")),
        ("SELECT '(' -- (", None),
        ("SELECT 1) -- the server says so", None),
    ],
)
def test_what_is_left_open(text: str, left: tuple[int, str] | None) -> None:
    assert scan(text)[1] == (left and Unfinished(*left))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CREATE TABLE a (); CREATE TABLE b ();", True),
        ("BEGIN; CREATE TABLE a (); COMMIT;", False),
        ("BEGIN; SAVEPOINT s; ROLLBACK TO s; COMMIT;", False),
        ("SAVEPOINT s; ROLLBACK WORK TO SAVEPOINT s;", True),
        ("COMMIT AND CHAIN", False),
        ("PREPARE TRANSACTION 'x'", False),
        ("PREPARE p AS SELECT 1", True),
        ("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)", False),
        ("REFRESH MATERIALIZED VIEW CONCURRENTLY v", True),
        ("DO $$ BEGIN COMMIT; END $$", True),  # tried as one first
        ("DO $$ BEGIN NULL; END $$; SELECT 1", True),
        ("SELECT 'COMMIT'; -- COMMIT;", True),
        ("SELECT pg_advisory_unlock_all()", False),
        ("ALTER TABLE t ADD COLUMN system bigint", True),
    ],
)
def test_whole(text: str, expected: bool) -> None:
    assert whole(text.encode()) is expected


@pytest.mark.parametrize(
    ("text", "done", "expected"),
    [
        ("BEGIN; CREATE TABLE a (); SELECT 1/0; COMMIT;", 2, False),
        ("BEGIN; CREATE TABLE a (); COMMIT; SELECT 1/0;", 3, True),
        ("BEGIN; CREATE TABLE a (); COMMIT;", 2, False),  # the COMMIT itself has failed
        ("CREATE INDEX CONCURRENTLY i ON t (a)", 0, True),
        ("CALL p()", 0, True),
        ("VACUUM", 0, False),
    ],
)
def test_what_stays_of_a_failed_file(text: str, done: int, expected: bool) -> None:
    assert committed(statements(text), done) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("VACUUM FULL t", True),
        ("CLUSTER", True),
        ("CLUSTER (VERBOSE)", True),
        ('CLUSTER "T"', False),
        ("CLUSTER t USING i", False),
        ("REINDEX TABLE database", False),
        ("REINDEX (VERBOSE) SCHEMA s", True),
        ("REINDEX (CONCURRENTLY) TABLE t", True),
        ("DISCARD TEMP", False),
        ("ALTER DATABASE d SET TABLESPACE s", True),
        ("ALTER DATABASE d SET work_mem = '5MB'", False),
        ("ALTER TABLE t DETACH PARTITION p CONCURRENTLY", True),
        ("ALTER TYPE e ADD VALUE 'b'", False),
        ("DROP DATABASE d", True),
    ],
)
def test_alone(text: str, expected: bool) -> None:
    (statement,) = statements(text)
    assert alone(statement) is expected


@pytest.mark.parametrize(("offset", "expected"), [(0, (1, 1)), (2, (1, 3)), (3, (2, 1)), (5, (2, 3)), (6, (3, 1))])
def test_line_and_column(offset: int, expected: tuple[int, int]) -> None:
    for end in ("\n", "\r"):
        assert line_and_column(f"ab{end}cd{end}ef", offset) == expected


def test_line_and_column_after_crlf() -> None:
    assert line_and_column("ab\r\ncd", 5) == (2, 2)
