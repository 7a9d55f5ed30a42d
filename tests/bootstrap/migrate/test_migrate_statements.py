"""Where statements begin, and which files may leave something behind when they fail."""

from __future__ import annotations

import pytest

from bootstrap.migrate.statements import commits_itself, line_and_column, statements


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
    ("text", "expected"),
    [
        ("CREATE TABLE a (); CREATE TABLE b ();", False),
        ("BEGIN; CREATE TABLE a (); COMMIT;", True),
        ("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)", True),
        ("REFRESH MATERIALIZED VIEW CONCURRENTLY v", False),
        ("DO $$ BEGIN COMMIT; END $$", True),
        ("DO $$ BEGIN NULL; END $$; SELECT 1", False),
        ("SELECT 'COMMIT'; -- COMMIT;", False),
    ],
)
def test_commits_itself(text: str, expected: bool) -> None:
    assert commits_itself(statements(text)) is expected


@pytest.mark.parametrize(("offset", "expected"), [(0, (1, 1)), (2, (1, 3)), (3, (2, 1)), (5, (2, 3)), (6, (3, 1))])
def test_line_and_column(offset: int, expected: tuple[int, int]) -> None:
    assert line_and_column("ab\ncd\nef", offset) == expected
