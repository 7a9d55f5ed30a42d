"""`datatier preview --since`: beside what a revision declared, by that revision's own files and code."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@t", *words], cwd=folder, check=True)


@pytest.fixture
def repository(project: Any) -> Any:
    git(project.folder, "init", "-q", "-b", "main")
    git(project.folder, "add", "-A")
    git(project.folder, "commit", "-qm", "base")
    return project


def test_beside_a_revision(repository: Any) -> None:
    assert "dev: no changes; 0 to create" in repository.ok("preview", "dev", "--since", "main").out
    stack = repository.folder / "Pulumi.dev.yaml"
    stack.write_text(stack.read_text() + "  data-tier:postgres: {storage: {allocated: 200, max: 400}}\n")
    data = repository.ok("preview", "dev", "--since", "main", "--json").json
    grown = [i for i in data["impacts"] if (i["name"], i["key"]) == ("postgres-primary", "allocatedStorage")]
    assert [(each["before"], each["after"]) for each in grown] == [(20, 200)]
    # A stack that main does not have is new altogether.
    (repository.folder / "Pulumi.extra.yaml").write_text(stack.read_text())
    made = repository.ok("preview", "extra", "--since", "main", "--json").json
    assert (made["updated"], made["deleted"], made["same"], made["created"] > 100) == (0, 0, 0, True)


def test_a_revision_that_cannot_be_read(repository: Any) -> None:
    stack = repository.folder / "Pulumi.dev.yaml"
    stack.write_text("config: [\n")
    git(repository.folder, "commit", "-qam", "broken")
    stack.write_text("config:\n  aws:region: eu-west-1\n  data-tier:profile: dev\n")
    answer = repository.run("preview", "dev", "--since", "main")
    assert answer.code == 2
    assert "`datatier preview dev` of main cannot be had" in answer.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--since", "main", "--against", "x"), "--against and --since contradict each other"),
        (("--format", "markdown"), "or --since REVISION"),
        (("--since", "nowhere"), "Git knows no revision"),
    ],
)
def test_wrong_input(repository: Any, words: tuple[str, ...], says: str) -> None:
    answer = repository.run("preview", "dev", *words)
    assert (answer.code, says in answer.err) == (2, True), answer.err
