"""`--database-url` and its environment variable, in place of a tier."""

from pathlib import Path

import psycopg
import pytest
from postgres_server import binaries, initdb, running
from project_folder import Project

PASSWORD = "never-shown-7f3a"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("server")
    programs = binaries()[18]
    initdb(programs, folder / "data", "app", PASSWORD)
    with running(programs, folder / "data", []) as port:
        yield f"postgres://app:{PASSWORD}@127.0.0.1:{port}/postgres"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "sql").mkdir()
    (tmp_path / "sql" / "000001_one.up.sql").write_text("CREATE TABLE one (id int);")
    (tmp_path / "sql" / "000001_one.down.sql").write_text("DROP TABLE one;")
    return tmp_path / "sql"


def test_migrates_a_server_that_no_stack_describes(project: Project, files: Path, url: str) -> None:
    words = ("--path", str(files), "--json")
    assert [each["name"] for each in project.ok("migrate", "up", *words, "--database-url", url).json] == ["000001_one"]
    assert project.ok("migrate", "version", *words, env={"DATABASE_URL": url}).json == {"version": 1, "dirty": False}
    assert project.ok("migrate", "down", "1", *words, env={"DATABASE_URL": url}).json[0]["direction"] == "down"


def test_a_stack_asked_for_by_name_wins_over_the_environment(project: Project, url: str) -> None:
    answer = project.run("migrate", "version", "--stack", "local", env={"DATABASE_URL": url})
    assert answer.code == 1
    assert "was not brought up" in answer.err


@pytest.mark.parametrize("words", [("migrate", "version"), ("drift",), ("status",), ("access", "plan"), ("pools",)])
def test_a_server_that_the_environment_names_is_told_before_anything_is_done(
    project: Project, url: str, words: tuple[str, ...]
) -> None:
    where = url.partition("@")[2]
    answer = project.run(*words, env={"DATABASE_URL": url})
    assert f"DATABASE_URL of the environment says which server: {where}." in answer.err
    assert PASSWORD not in answer.out + answer.err
    assert "of the environment" not in project.run(*words, "--database-url", url).err
    if words == ("migrate", "version"):
        both = project.run(*words, "--database-url", url, "--stack", "local")
        assert (both.code, "--database-url and a stack both say which server" in both.err) == (2, True)


def test_a_cache_that_the_environment_names_is_told(project: Project) -> None:
    answer = project.run("access", "plan", env={"REDIS_URL": f"redis://app:{PASSWORD}@127.0.0.1:1/0"})
    assert (answer.code, "REDIS_URL of the environment says which server: 127.0.0.1:1/0." in answer.err) == (1, True)
    assert PASSWORD not in answer.err


@pytest.mark.parametrize(
    ("wrong", "said", "code"),
    [
        ("postgres//app:{p}@h/x", "cannot be read", 2),
        ("postgres://app:{p}@127.0.0.1:1/x", "cannot log in", 1),
        ("postgres://app:{p}x@127.0.0.1:{port}/postgres", "password authentication failed", 1),
    ],
)
def test_a_wrong_url_is_told_without_its_password(project: Project, url: str, wrong: str, said: str, code: int) -> None:
    port = url.rpartition(":")[2].partition("/")[0]
    answer = project.run("migrate", "version", env={"DATABASE_URL": wrong.format(p=PASSWORD, port=port)})
    assert answer.code == code
    assert said in answer.err
    assert PASSWORD not in answer.out + answer.err


def test_a_dry_run_prints_the_sql_and_changes_nothing(project: Project, files: Path, url: str) -> None:
    environment = {"DATABASE_URL": url}
    words = ("--path", str(files), "--dry-run")
    step = {"version": 1, "name": "000001_one", "direction": "up", "before": None, "target": 1}
    step |= {"file": f"{files}/000001_one.up.sql", "sql": "CREATE TABLE one (id int);"}
    assert project.ok("migrate", "up", *words, "--json", env=environment).json == [step]
    assert project.ok("migrate", "goto", "1", *words, env=environment).out == (
        "-- 000001_one.up.sql (none -> 1)\nCREATE TABLE one (id int);\n\n"
    )
    assert project.ok("migrate", "down", "--all", *words, env=environment).out == "no change\n"
    found = project.ok("migrate", "version", "--path", str(files), "--json", env=environment).json
    assert found == {"version": None, "dirty": False}


def test_down_to_and_the_limits_of_a_run(project: Project, files: Path, url: str) -> None:
    (files / "000002_two.up.sql").write_text("SELECT pg_sleep(20);")
    (files / "000002_two.down.sql").write_text("SELECT 1;")
    words, environment = ("--path", str(files), "--wait", "1s"), {"DATABASE_URL": url}
    slow = project.run("migrate", "up", *words, "--statement-timeout", "100ms", env=environment)
    assert (slow.code, "statement timeout" in slow.err) == (1, True)
    assert "datatier migrate force 1, then datatier migrate up" in slow.err
    assert project.run("migrate", "version", *words[:2], "--json", env=environment).json == {
        "version": 2,
        "dirty": True,
    }
    project.ok("migrate", "force", "2", *words, env=environment)
    assert [e["version"] for e in project.ok("migrate", "down-to", "1", *words, "--json", env=environment).json] == [2]
    project.ok("migrate", "down", "--all", *words, env=environment)
    assert project.run("migrate", "up", "--wait", "soon", env=environment).code == 2
    remote = project.run("migrate", "up", *words, "--snapshot", env=environment)
    assert (remote.code, "not the endpoint of an RDS instance" in remote.err) == (1, True)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("goto", "99"), 2, "no migration found for version 99"),
        (("force", "99"), 2, "no migration found for version 99"),
        (("force", "-2"), 2, "greater than or equal to -1"),
        (("down-to", "99"), 2, "cannot go down to 99: it is not applied"),
        (("create", "!!!"), 2, "gives no file name"),
        # What is there is done first, as golang-migrate does it.
        (("down", "7"), 1, "asked for 7 files, but only 0 were applied"),
    ],
)
def test_a_number_that_no_file_has_is_wrong_input(
    project: Project, files: Path, url: str, words: tuple[str, ...], code: int, said: str
) -> None:
    environment = {} if words[0] == "create" else {"DATABASE_URL": url}
    answer = project.run("migrate", *words, "--path", str(files), env=environment)
    assert (answer.code, said in answer.err) == (code, True), answer.err


def test_validate_with_and_without_a_database(project: Project, files: Path, url: str) -> None:
    words = ("migrate", "validate", "--path", str(files), "--json")
    assert project.ok(*words, env={"DATABASE_URL": url}).json == project.ok(*words, "--offline", "--style").json
    alone = project.ok(*words)
    assert "no database is up: the files are checked by themselves" in alone.err
    (files / "000003_three.up.sql").write_text("BEGIN;")
    answer = project.run(*words)
    assert answer.code == 2
    found = [(p["severity"], p["rule"], p["file"], p["line"]) for p in answer.json if "three" in p["file"]]
    assert found == [
        ("error", "transaction", "000003_three.up.sql", 1),
        ("warning", "missing-down", "000003_three.down.sql", 0),
        ("warning", "gap", "000003_three", 0),
    ]
    refused = project.run("migrate", "up", "--path", str(files), env={"DATABASE_URL": url})
    assert (refused.code, "000003_three.up.sql:1:1: a transaction is left open" in refused.err) == (2, True)
    answer = project.run(*words, "--allow", "gap", "--allow", "missing-down")
    assert [p["rule"] for p in answer.json if "three" in p["file"]] == ["transaction"]
    wrong = project.run(*words, "--allow", "gaps")
    assert (wrong.code, "no rule gaps; did you mean gap?" in wrong.err) == (2, True)


def test_a_login_that_may_only_read(project: Project, files: Path, url: str) -> None:
    words, environment = ("--path", str(files)), {"DATABASE_URL": url}
    project.ok("migrate", "up", *words, env=environment)
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE looks LOGIN PASSWORD '{PASSWORD}'".encode())
        admin.execute("GRANT SELECT ON schema_migrations, datatier_migrations TO looks")
    looks = {"DATABASE_URL": url.replace("app:", "looks:")}
    assert project.ok("migrate", "version", *words, "--json", env=looks).json == {"version": 1, "dirty": False}
    assert [row["state"] for row in project.ok("migrate", "status", *words, "--json", env=looks).json] == ["applied"]
    assert "0 errors" not in project.ok("migrate", "validate", *words, env=looks).out
    project.ok("migrate", "down", "--all", *words, env=environment)
