"""The table in docs/migrations.md is true: every rule finds its bad statement and leaves its good one alone."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from migrate_server import MIGRATIONS, PROJECT, write

from bootstrap.migrate import FileProblem, MemoryDatabase, MemoryLedger, MigrationRunner, Source, validate
from bootstrap.migrate.lint import KNOWN, POLICY_SETTING, RULES
from bootstrap.migrate.squawk import LEFT_OUT, squawk
from bootstrap.migrate.squawk import RULES as FOREIGN

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
    assert {int(line[0]) for line in LINES} == set(range(1, 22))
    ours = {re.sub("^ours `", "", line[2]) for line in LINES if line[2].startswith("ours")}
    assert ours == {rule.name for rule in RULES} | {"concurrently", "transaction", POLICY_SETTING}
    assert all(f"`{name}`" in PAGE for name in LEFT_OUT)


def test_every_rule_that_can_appear_is_documented() -> None:
    listed = set(re.findall(r"^\|[^\n]*?`([a-z]+(?:-[a-z]+)*)`", PAGE, re.MULTILINE))
    assert KNOWN - listed == {"allow"}
    assert "(rule `allow`)" in PAGE
    style = {name for name, level in FOREIGN.items() if level == "style"}
    style |= {rule.name for rule in RULES if rule.severity == "style"}
    told = {line.split("`")[1] for line in PAGE.splitlines() if "(*style*)" in line and line.startswith("|")}
    assert told == style


def test_squawk_finds_nothing_that_is_not_listed(tmp_path: Path) -> None:
    """Its rules of today are passed on, or left out with a reason, or are its opt-in ones."""
    needs_squawk()
    program = Path(sys.executable).with_name("squawk")
    refused = subprocess.run([program, "--exclude", "x"], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert "invalid rule name" in refused.stderr
    sql = tmp_path / "1_a.up.sql"
    sql.write_text(EVERYTHING)
    printed = subprocess.run([program, "--reporter", "json", sql], capture_output=True, text=True, check=False).stdout
    assert {each["rule_name"] for each in json.loads(printed)} <= {*FOREIGN, *LEFT_OUT}


EVERYTHING = """
CREATE TABLE t (a serial PRIMARY KEY, b smallint, c char(3), d varchar(3), e timestamp, f int);
CREATE DOMAIN d AS text CHECK (value <> '');
ALTER DOMAIN d ADD CONSTRAINT c CHECK (value <> 'x');
ALTER TYPE e ADD VALUE 'b';
ALTER TABLE u DROP COLUMN a, ALTER COLUMN b DROP NOT NULL, ALTER COLUMN c TYPE text, ADD PRIMARY KEY (d);
DROP TABLE v; DROP DATABASE w; TRUNCATE x CASCADE; CREATE INDEX i ON u (a); DROP INDEX j; REINDEX TABLE u;
ALTER TABLE u RENAME COLUMN a TO b; ALTER TABLE u RENAME TO y; BEGIN; BEGIN; DROP VIEW z; DROP FUNCTION f();
CREATE POLICY p ON u; REVOKE ALL ON u FROM r; ALTER TABLE u DISABLE TRIGGER ALL; SELEC;
"""


@pytest.mark.parametrize(
    ("sql", "left"),
    [
        ("CREATE TABLE t (a bigint);\nCREATE INDEX i ON t (a);\nALTER TABLE t ALTER COLUMN a SET NOT NULL;", set()),
        (
            'CREATE TABLE IF NOT EXISTS "T" (a bigint);\nALTER TABLE ONLY public."T" ALTER a TYPE text;',
            set(),
        ),
        ("CREATE TABLE s.t (a bigint);\nALTER TABLE t ALTER COLUMN a SET NOT NULL;", {"adding-not-nullable-field"}),
        ('CREATE TABLE "T" (a bigint);\nDROP TABLE t;', {"ban-drop-table"}),
        ("CREATE TABLE t (a bigint);\nCREATE INDEX i ON t (a);\nDROP INDEX i;\nDROP TABLE t;", set()),
        ("ALTER TABLE t ALTER COLUMN a SET NOT NULL;\nCREATE TABLE t (a bigint);", {"adding-not-nullable-field"}),
        ("CREATE TABLE t (a bigint);\nCREATE INDEX i ON u (a);", {"require-concurrent-index-creation"}),
        ("CREATE TABLE t (a bigint);\nCREATE INDEX ON t (a);\nINSERT INTO t SELECT b FROM u;", set()),
        ("CREATE INDEX ON u (a);\nINSERT INTO u SELECT 1;", {"require-concurrent-index-creation", "backfill"}),
        ("CREATE UNLOGGED TABLE t (a bigint);\nALTER TABLE t ADD b bigserial;", set()),
    ],
)
def test_a_table_of_the_same_file_is_in_nobodys_use(tmp_path: Path, sql: str, left: set[str]) -> None:
    needs_squawk()
    assert {p.rule for p in validate(up_only(tmp_path, sql))} == left


def test_style_is_told_of_new_files_or_on_request(tmp_path: Path) -> None:
    needs_squawk()
    source = up_only(tmp_path, "CREATE TABLE t (a int, b varchar(9));", "CREATE TABLE u (a json);")
    found = [("prefer-bigint-over-int", "000001_a.up.sql"), ("prefer-text-field", "000001_a.up.sql")]
    new = ("json", "000002_a.up.sql")
    assert validate(source) == ()
    assert [(p.rule, p.file) for p in validate(source, style=True)] == [*found, new]
    assert {p.severity for p in validate(source, style=True)} == {"style"}
    database = MemoryDatabase()
    runner = MigrationRunner(source, MemoryLedger(database))
    runner.up(1)
    assert [(p.rule, p.file) for p in runner.validate()] == [new]


def test_a_folder_that_squawk_would_take_for_a_pattern_is_linted(tmp_path: Path) -> None:
    needs_squawk()
    source = up_only(tmp_path / "shop [v1]*", "DROP TABLE t;")
    assert [p.rule for p in validate(source)] == ["ban-drop-table"]


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


def test_an_application_s_own_files_have_no_error() -> None:
    problems = validate(Source.load(MIGRATIONS))
    assert [p for p in problems if p.severity == "error"] == []


def test_squawk_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bootstrap.migrate.squawk._program", lambda: None)
    assert validate(up_only(tmp_path, "CREATE INDEX i ON t (a);")) == (
        FileProblem(
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
