"""`datatier schema` over a tier that is up, over a URL, and over the file alone."""

import json
from pathlib import Path
from typing import Any

import pytest
from clinic_project import CLINIC

pytestmark = pytest.mark.server


def psql(tier: Any, *statements: str) -> None:
    commands = [word for statement in statements for word in ("-c", statement)]
    tier.ok("psql", "clinic_migrator", "--", "-qv", "ON_ERROR_STOP=1", *commands)


@pytest.mark.parametrize("where", [(), ("--replica", "standby")])
def test_a_tier_is_as_defined(tier: Any, where: tuple[str, ...]) -> None:
    data = tier.ok("schema", "check", "--rows", "--json", *where).json
    assert list(data) == ["ok", "differences", "summary"]
    assert data["ok"] is True
    assert {each["severity"] for each in data["differences"]} <= {"INFO"}
    defined = json.loads((CLINIC / "schema" / "schema.json").read_text())
    summary = data["summary"]
    assert (summary["errors"], summary["warnings"]) == (0, 0)
    assert summary["migration"] == defined["version"]
    assert summary["tables"] == len(summary["rows"])
    tables = {name.removeprefix("public.") for name, table in defined["tables"].items() if "partition_of" not in table}
    assert tables <= set(summary["rows"])


def test_a_difference_is_exit_code_3_and_mended_by_its_statement(tier: Any) -> None:
    psql(tier, "DROP INDEX idx_patients_owner_email; ALTER TABLE users ADD COLUMN extra int")
    answer = tier.run("schema", "check", "--json")
    found = [each for each in answer.json["differences"] if each["severity"] != "INFO"]
    make = "CREATE INDEX CONCURRENTLY idx_patients_owner_email ON public.patients USING btree (owner_email)"
    drop = "ALTER TABLE public.users DROP COLUMN extra"
    shown = tier.run("schema", "check", "--verbose")
    report = tier.run("bootstrap", "--json")
    psql(tier, *(each["sql"] for each in found))
    assert (answer.code, answer.json["ok"]) == (3, False)
    assert [(each["severity"], each["object"], each["what"], each["sql"]) for each in found] == [
        ("ERROR", "patients.idx_patients_owner_email", "missing", make),
        ("WARN", "users.extra", "extra", drop),
    ]
    assert list(found[0]) == ["severity", "kind", "object", "what", "expected", "found", "sql", "notes"]
    assert shown.code == 3
    assert "ERROR index patients.idx_patients_owner_email: missing" in shown.out
    assert f"mend: {make}" in shown.out
    assert "DEBUG" in shown.err
    # The bootstrap sees it as well, and fails for what is missing.
    assert (report.code, report.json["schema_errors"]) == (1, 1)
    assert [each for each in report.json["differences"] if each.startswith("schema: ")] == [
        f"schema: index patients.idx_patients_owner_email: missing; mend: {make}",
        f"schema: column users.extra: extra; mend: {drop}",
    ]
    assert tier.run("schema", "check").code == 0


def test_dump_gives_the_committed_file(tier: Any, tmp_path: Path) -> None:
    tier.ok("schema", "dump", "--file", str(tmp_path / "s" / "schema.json"))
    committed = (CLINIC / "schema" / "schema.json").read_text()
    # Only of a server that ships what it declares.
    if tier.ok("schema", "dump", "--json").json["extensions"].keys() == json.loads(committed)["extensions"].keys():
        assert (tmp_path / "s" / "schema.json").read_text() == committed


def test_sql_and_docs_need_no_server(project: Any) -> None:
    assert "CREATE TABLE public.users (" in project.ok("schema", "sql").out
    assert project.ok("schema", "sql", "--json").json[0] == "SET check_function_bodies = off"
    page = project.ok("schema", "docs").out
    assert page.startswith("# ")
    assert "As of migration 6" in page
    assert "\n## patients\n" in page


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("check", "--replica", "stanby"), 2, "Did you mean `standby`?"),
        (("check", "--file", "/nonexistent.json"), 2, "/nonexistent.json: no such file or directory"),
        (("check", "--database-url", "postgres://x@127.0.0.1:1/x", "--replica", "a"), 2, "the URL names its server"),
        (("check", "--database-url", "postgres://x@127.0.0.1:1/x"), 1, "cannot log in"),
        (("check", "--stack", "prod"), 1, "stack `prod` was not brought up"),
    ],
)
def test_wrong_input(tier: Any, words: tuple[str, ...], code: int, says: str) -> None:
    answer = tier.run("schema", *words)
    assert (answer.code, says in answer.err) == (code, True), answer.err
    assert "Traceback" not in answer.err
