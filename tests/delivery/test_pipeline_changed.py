"""Which stacks a change concerns, and what Git says of one."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from clinic_project import CLINIC
from workflow_files import ROOT

from bootstrap.sources import APPLICATION, LOOKING, SOURCES
from cli.errors import InputError
from cli.git import as_of, changed_paths
from cli.project import deployed
from infra.settings.stackfile import stack_of
from pipeline.changed import CONCERNS, changed, concern

STACKS = ["dev", "prod", "staging"]


def every(because: list[str]) -> dict[str, list[str]]:
    return dict.fromkeys(STACKS, because)


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ([], {}),
        (["docs/x.md", "README.md", "tests/test_x.py", ".github/workflows/ci.yml"], {}),
        (["Pulumi.dev.yaml"], {"dev": ["Pulumi.dev.yaml"]}),
        (["Pulumi.local.yaml", "local/substrate.py", "runtime/monitor.py"], {}),
        (["Pulumi.prod.yaml", "access.yaml"], {
            "dev": ["access.yaml"], "prod": ["Pulumi.prod.yaml", "access.yaml"], "staging": ["access.yaml"]}),
        (["migrations/000013_x.up.sql"], every(["migrations/000013_x.up.sql"])),
        (["components/rds.py", "components/rds.py"], every(["components/rds.py"])),
        (["requirements/dev.txt"], {}),
        (["requirements/runtime.txt"], every(["requirements/runtime.txt"])),
        # Nobody has thought of it, and of what begins like a folder that somebody has.
        (["newroom/x.py"], every(["newroom/x.py"])),
        (["docs"], every(["docs"])),
        (["Pulumi.yaml"], every(["Pulumi.yaml"])),
    ],
)  # fmt: skip
def test_which_stacks(paths: list[str], expected: dict[str, list[str]]) -> None:
    assert {each.stack: list(each.because) for each in changed(paths, STACKS)} == expected


def test_every_path_of_the_project_was_thought_of() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = list(filter(None, listed.split("\0")))
    known = [path for path in paths if concern(path) == "none" or stack_of(path)]
    needed = [path for path in paths if path not in known]
    # What is in all stacks is so because a line says it, not because nobody knows.
    assert [p for p in needed if not any(p == k or (k[-1] == "/" and p.startswith(k)) for k in CONCERNS)] == []
    assert deployed(CLINIC) == STACKS


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@t", *words], cwd=folder, check=True,
                   capture_output=True)  # fmt: skip


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A project in a folder of a repository: `main` and a branch went on from a common commit."""
    folder = tmp_path / "project"
    folder.mkdir()
    git(tmp_path, "init", "-q", "-b", "main")
    (folder / "kept").write_text("1")
    (folder / "renamed").write_text("the same text as before\n" * 9)
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "common")
    git(tmp_path, "checkout", "-qb", "branch")
    git(tmp_path, "mv", "project/renamed", "project/name")
    (tmp_path / "outside").write_text("x")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "branch")
    git(tmp_path, "checkout", "-q", "main")
    (folder / "of-main").write_text("x")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "main")
    git(tmp_path, "checkout", "-q", "branch")
    return folder


def test_what_changed_is_this_branchs(repository: Path) -> None:
    """Not what main did since; with both names of a file that was renamed; and what is not committed yet."""
    assert changed_paths(repository, "main") == ["name", "renamed"]
    (repository / "kept").write_text("2")
    (repository / "new ü").write_text("x")
    assert changed_paths(repository, "main") == ["kept", "name", "new ü", "renamed"]
    with as_of(repository, "main") as folder:
        assert sorted(path.name for path in folder.iterdir()) == ["kept", "renamed"]
        assert (folder / "kept").read_text() == "1"
    assert not folder.exists()


@pytest.mark.parametrize("since", ["nowhere", "--output=/tmp/x", "", "main:kept"])
def test_an_unknown_revision(repository: Path, since: str) -> None:
    with pytest.raises(InputError, match=r"Git knows no revision .* fetch-depth: 0"):
        changed_paths(repository, since)


def test_no_repository(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a git repository"):
        changed_paths(tmp_path, "main")


def test_what_the_program_reads_concerns_every_stack() -> None:
    """What decides whether the bootstrap runs again, the rooms that the program is made of, and the pack's rules."""
    parts = {pattern.partition("/")[0] for pattern in (*SOURCES, *APPLICATION, *LOOKING)} | {
        "infra",
        "components",
        "knowledge",
    }
    parts |= {"policy", "graph", "Pulumi.yaml"}
    libraries = {"requirements/runtime.txt", "requirements/policy.txt"}
    assert {known.rstrip("/") for known, of in CONCERNS.items() if of == "all"} == parts | libraries
