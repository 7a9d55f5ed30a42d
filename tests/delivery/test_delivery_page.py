"""The examples of docs/delivery.md: every line that is shown is one that the command really printed, in that order."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_workflow_jobs import git, project  # noqa: F401 a fixture
from workflow_files import FILES, ROOT, WORKFLOWS

PAGE = (ROOT / "docs" / "delivery.md").read_text()
_BLOCK = re.compile(r"<!-- (\w+) -->\n```console\n(.*?)```\n<!-- /\1 -->", re.DOTALL)
BIN = Path(sys.executable).parent


def examples() -> Iterator[tuple[str, str, list[str]]]:
    """Title, command and the lines shown of it; lines of a shell that an output holds are part of it."""
    for title, block in _BLOCK.findall(PAGE):
        for part in re.split(r"^\$ (?=datatier)", block, flags=re.MULTILINE)[1:]:
            command, *shown = part.splitlines()
            yield title, command, [line.removeprefix("$ ") for line in shown if line]


EXAMPLES = list(examples())


@pytest.mark.server
@pytest.mark.parametrize(("title", "command", "shown"), EXAMPLES, ids=[command for _, command, _ in EXAMPLES])
def test_an_example_is_true(
    title: str,
    command: str,
    shown: list[str],
    project: Path,  # noqa: F811 the fixture
) -> None:
    if title == "drift":
        pytest.skip("tests/cli/test_drift_command.py asserts this very line, of a tier that is up there")
    git(project, "update-ref", "refs/remotes/origin/main", "main")
    env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(project), "COLUMNS": "200"}
    env.pop("DATABASE_URL", None)
    done = subprocess.run(shlex.split(command), cwd=project, env=env, capture_output=True, text=True, check=False)
    printed = iter(done.stdout.splitlines())
    missing = [line for line in shown if line not in printed]
    assert missing == [], done.stdout + done.stderr


def test_the_examples_are_there() -> None:
    assert [title for title, _, _ in EXAMPLES] == ["changed", "preflight", "rehearsal", "next", "next", "drift"]


def test_the_variables_are_listed() -> None:
    used = {name for file in FILES for name in re.findall(r"vars\.(\w+)", str(WORKFLOWS[file]))}
    assert set(re.findall(r"^\| `(\w+)` \| (?:repository|each environment) \|", PAGE, re.MULTILINE)) == used
    assert [file for file in FILES if f"| `{file}` |" not in PAGE] == []
