"""`--database-url` and its environment variable, in place of a tier."""

from pathlib import Path

import pytest
from conftest import Project
from postgres_server import binaries, run_tool, running

PASSWORD = "never-shown-7f3a"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("server")
    programs = binaries()[18]
    secret = folder / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    run_tool(
        folder, [programs / "initdb", "-D", folder / "data", "-U", "app", "-A", "scram-sha-256", "--pwfile=password"]
    )
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
