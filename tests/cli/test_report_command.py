"""`datatier report`: what is kept of a command, how it ends; what the workflows' own tests do not reach."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.errors import InputError
from cli.report import app

BOTH = "import sys; print('to out', flush=True); print('to err', file=sys.stderr, flush=True); sys.exit(4)"


def run(*words: str) -> Any:
    return CliRunner().invoke(app, list(words), catch_exceptions=True)


@pytest.mark.parametrize(("markdown", "kept"), [(False, "to out\nto err\n"), (True, "to out\n")])
def test_a_command_is_kept_and_ends_as_it_ends(tmp_path: Path, markdown: bool, kept: str) -> None:
    options = ["--title", "A title", "--expected", "0,4", *["--markdown"] * markdown]
    done = run("keep", str(tmp_path / "new"), "1-x", *options, "--", sys.executable, "-c", BOTH)
    assert (done.exit_code, done.stdout) == (4, kept)
    assert json.loads((tmp_path / "new" / "1-x.json").read_text()) == {
        "name": "1-x",
        "title": "A title",
        "command": [sys.executable, "-c", BOTH],
        "code": 4,
        "output": kept,
        "markdown": markdown,
        "expected": [0, 4],
    }


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    done = run("keep", str(tmp_path), "1-x", "--", "no-such-program", "--flag")
    assert (done.exit_code, done.stdout) == (127, "no-such-program: no such file or directory\n")
    record = json.loads((tmp_path / "1-x.json").read_text())
    assert (record["code"], record["title"]) == (127, "1-x")


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    done = run("keep", str(tmp_path), "1-x", "--", sys.executable, "-c",
               r"import sys; sys.stdout.buffer.write(b'a\xff\n')")  # fmt: skip
    assert (done.exit_code, done.stdout) == (0, "a�\n")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("keep", "{}", "1-x", "--expected", "zero", "--", "true"), "--expected zero: numbers"),
        (("summary", "{}/nowhere"), "no such folder; `datatier report keep"),
        (("comment", "{}/nowhere", "--pull-request", "1"), "no such folder"),
    ],
)
def test_wrong_input(tmp_path: Path, words: tuple[str, ...], says: str) -> None:
    done = run(*(word.replace("{}", str(tmp_path)) for word in words))
    assert isinstance(done.exception, InputError)
    assert says in str(done.exception)


def test_a_deployment_that_never_began(tmp_path: Path) -> None:
    """The step before the first command failed: there is no folder, and still something to say."""
    done = run("next-steps", "prod", str(tmp_path / "nowhere"))
    assert done.exit_code == 0
    assert "No command of this run has failed" in done.stdout


def test_what_would_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("GITHUB_TOKEN", "GITHUB_SERVER_URL"):
        monkeypatch.delenv(variable, raising=False)
    run("keep", str(tmp_path), "1-x", "--", "true")
    assert run("comment", str(tmp_path), "--pull-request", "1", "--dry-run").stdout.startswith("<!-- datatier:")
    issue = run("issue", "prod", str(tmp_path), "--dry-run")
    assert (issue.exit_code, issue.stdout.splitlines()[:2]) == (3, ["open", "Drift in prod"])
    refused = run("comment", str(tmp_path), "--pull-request", "1")
    assert "must be set, as in GitHub Actions; --dry-run prints" in str(refused.exception)
