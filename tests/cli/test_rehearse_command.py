"""`datatier migrate rehearse`: a server of its own, a database that is named, forms and exit codes; nothing stays."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from clinic_project import CLINIC

pytestmark = pytest.mark.server
NAMES = sorted({path.name.split(".")[0] for path in (CLINIC / "migrations").glob("*.up.sql")})
NEWEST, SINCE = NAMES[-1], str(len(NAMES) - 1)
NEXT = f"{len(NAMES) + 1:06d}_x"


@pytest.fixture
def folder(project: Any) -> Path:
    """Migrations of one's own, with their definition, in a repository whose `main` has all of them."""
    for words in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-qm", "all")):
        subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@t", *words], cwd=project.folder, check=True)
    made: Path = project.folder / "migrations"
    return made


def test_it_leaves_nothing(project: Any, folder: Path, tmp_path_factory: pytest.TempPathFactory, servers: Any) -> None:
    away = tmp_path_factory.mktemp("tmp")
    done = project.ok("migrate", "rehearse", "--since", SINCE, "--path", "migrations", env={"TMPDIR": str(away)})
    assert done.out.splitlines()[0].startswith("up, down and up again (PostgreSQL 18, 1 new, ")
    assert f"down {NEWEST}" in done.out
    assert "added    table letters" in done.out
    assert list(away.iterdir()) == []
    assert servers(away) == []
    assert not (project.folder / ".local").exists()


def test_forms(project: Any, folder: Path) -> None:
    words = ("migrate", "rehearse", "--path", "migrations", "--since", SINCE)
    data = project.ok(*words, "--json").json
    assert list(data) == ["ok", "since", "new", "server", "applied", "changes", "irreversible", "notes", "troubles"]
    assert (data["ok"], data["since"], data["new"]) == (True, int(SINCE), [NEWEST])
    page = project.ok(*words, "--format", "markdown")
    assert page.out.startswith("### Migrations: up, down and up again\n")
    assert page.err == ""
    assert json.loads(project.ok(*words, "--format", "json").out)["new"] == data["new"]


def test_since_a_revision(project: Any, folder: Path) -> None:
    words = ("migrate", "rehearse", "--path", "migrations", "--since", "main", "--json")
    assert project.ok(*words).json["new"] == []
    (folder / f"{NEXT}.up.sql").write_text("CREATE TABLE x (id int);")
    (folder / f"{NEXT}.down.sql").write_text("DROP TABLE x;")
    left = project.run(*words)
    assert (left.code, left.json["since"], left.json["new"]) == (3, len(NAMES), [NEXT])
    assert [each["phase"] for each in left.json["troubles"]] == ["definition", "definition"]
    # A file of the base is none of the branch's to edit, but for its way down.
    (folder / "000002_wards.down.sql").write_text("SELECT 1;")
    assert project.run(*words).code == 3
    with (folder / "000002_wards.up.sql").open("a") as edited:
        edited.write("-- another\n")
    answer = project.run(*words)
    assert answer.code == 1
    assert answer.json["notes"][-1].startswith("000002_wards.up.sql was edited")


def test_a_database_that_is_named(project: Any, tier: Any, folder: Path) -> None:
    """Empty it has to be: nobody's tables are undone."""
    env = tier.ok("env", "--reveal", "--identity", "clinic_migrator", "--json").json
    url = f"postgres://{env['POSTGRES_USER']}@127.0.0.1:{env['POSTGRES_PORT']}/{env['POSTGRES_DB']}?sslmode=disable"
    given = {"DATABASE_URL": url, "PGPASSWORD": env["POSTGRES_PASSWORD"]}
    answer = project.run("migrate", "rehearse", "--path", "migrations", env=given)
    assert answer.code == 2, answer.err
    assert "is not empty" in answer.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--since", "nowhere"), "Git knows no revision `nowhere`"),
        (("--format", "markdown", "--json"), "contradict each other"),
        (("--format", "xml"), "xml"),
    ],
)
def test_wrong_input(project: Any, folder: Path, words: tuple[str, ...], says: str) -> None:
    answer = project.run("migrate", "rehearse", "--path", "migrations", *words)
    assert (answer.code, says in answer.err) == (2, True), answer.err
