"""The table in docs/migrations.md is true: every rule finds its bad statement and leaves its good one alone."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest
from migrate_server import MIGRATIONS, PROJECT, write

from bootstrap.migrate import Problem, Source, validate
from bootstrap.migrate.lint import RULES
from bootstrap.migrate.squawk import LEFT_OUT, squawk

PAGE = (PROJECT / "docs" / "migrations.md").read_text(encoding="utf-8")
# number, rule, who finds it, bad, good
LINES = [
    tuple(cell.strip().strip("`") for cell in line.strip("|").split("|"))
    for line in PAGE.splitlines()
    if re.match(r"\| \d+ ", line)
]


def needs_squawk() -> None:
    if not (Path(sys.executable).with_name("squawk").exists() or shutil.which("squawk")):
        pytest.skip("squawk-cli is not installed here")


def up_only(folder: Path, *sql: str) -> Source:
    """Each statement as a migration of its own."""
    for number, text in enumerate(sql, 1):
        write(folder, **{f"x{number}_a_up": text, f"x{number}_a_down": "SELECT 1"})
    return Source.load(folder)


def test_the_table_is_complete() -> None:
    assert {int(line[0]) for line in LINES} == set(range(1, 21))
    ours = {re.sub("^ours `", "", line[2]) for line in LINES if line[2].startswith("ours")}
    assert ours == {rule.name for rule in RULES} | {"concurrently", "transaction"}
    assert all(f"`{name}`" in PAGE for name in LEFT_OUT)


def test_the_table_is_true(tmp_path: Path) -> None:
    needs_squawk()
    tried = [line for line in LINES if not line[2].startswith("absent")]
    found = {
        kind: validate(up_only(tmp_path / kind, *(line[column] for line in tried)), style=True)
        for kind, column in (("bad", 3), ("good", 4))
    }
    for number, line in enumerate(tried, 1):
        rule, file = line[2].split("`")[1], f"{number:06d}_a.up.sql"
        bad = [p for p in found["bad"] if (p.rule, p.file) == (rule, file)]
        assert bad, f"{line[3]} breaks {rule}, which is not found"
        assert all(p.line == 1 and p.column >= 1 and p.message for p in bad)
        good = [p.rule for p in found["good"] if p.file == file]
        assert rule not in good, f"{line[4]} does not break {rule}"


def test_the_repositorys_own_files_have_no_error() -> None:
    problems = validate(Source.load(MIGRATIONS))
    assert [p for p in problems if p.severity == "error"] == []


def test_squawk_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bootstrap.migrate.squawk._program", lambda: None)
    assert validate(up_only(tmp_path, "CREATE INDEX i ON t (a);")) == (
        Problem(
            "squawk", "", "squawk is not installed, so its rules were not checked", "pip install squawk-cli", "note"
        ),
    )


@pytest.mark.parametrize("script", ["#!/bin/sh\necho nonsense\n", "#!/bin/sh\necho 'bad wheel' >&2; exit 3\n"])
def test_squawk_failing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = tmp_path / "squawk"
    program.write_text(script)
    program.chmod(0o755)
    monkeypatch.setattr("bootstrap.migrate.squawk._program", lambda: str(program))
    (note,) = squawk(["x.sql"]).notes
    assert re.match("squawk failed, so its rules were not checked: (nonsense|bad wheel)", note.message)


@pytest.mark.parametrize(
    ("sql", "left"),
    [
        (
            "-- datatier:allow json a vendor's dump\nCREATE TABLE t (a json);\nCREATE TABLE u (a json);",
            [("json", 3, 1)],
        ),
        ("CREATE TABLE t (a json); -- datatier:allow json late\nSELECT 1;", [("json", 1, 1)]),
        ("CREATE TABLE t (\n  a json -- datatier:allow json a vendor's dump\n);", []),
        ("-- datatier:allow backfill no json here\nCREATE TABLE t (a json);", [("json", 2, 1)]),
        ("-- datatier:allow json\nCREATE TABLE t (a json);", [("allow", 1, 1), ("json", 2, 1)]),
        ("-- datatier:allow transaction psql\n BEGIN;", [("transaction", 2, 2)]),  # it fails, whoever allows it
        ("BEGIN;\nBEGIN;", [("transaction", 1, 1), ("transaction", 2, 1)]),
        ("-- datatier:allow transaction one more\nCOMMIT;", []),
        ("-- datatier:allow jason a vendor's dump\nCREATE TABLE t (a json);", [("allow", 1, 1), ("json", 2, 1)]),
    ],
)
def test_allow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sql: str, left: list[tuple[str, int, int]]) -> None:
    monkeypatch.setattr("bootstrap.migrate.squawk._program", lambda: None)
    problems = [p for p in validate(up_only(tmp_path, sql), style=True) if p.severity != "note"]
    assert [(p.rule, p.line, p.column) for p in problems] == left


def test_allow_reaches_squawk(tmp_path: Path) -> None:
    needs_squawk()
    sql = "-- datatier:allow require-concurrent-index-creation it is small\nCREATE INDEX i ON t (a);\nDROP INDEX j;"
    assert [(p.rule, p.file, p.line, p.column) for p in validate(up_only(tmp_path, sql))] == [
        ("require-concurrent-index-deletion", "000001_a.up.sql", 3, 1)
    ]
