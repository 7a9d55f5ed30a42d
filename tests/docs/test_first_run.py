"""A first `make up` shows what it does from its first second: a line before each step, and pip's own progress."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("target", ["up", "test"])
def test_every_long_step_says_what_it_is_before_it_begins(tmp_path: Path, target: str) -> None:
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    for folder in ("requirements", "policy"):
        (tmp_path / folder).mkdir()
    for path in (ROOT / "requirements").iterdir():
        shutil.copy(path, tmp_path / "requirements")
    # Within `make test` it would be a make below another, which says where it is first.
    alone = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
    planned = subprocess.run(
        ["make", "--dry-run", target], cwd=tmp_path, env=alone, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    fetched = [number for number, line in enumerate(planned) if "-r requirements" in line]
    assert len(fetched) >= 2
    for number in fetched:
        assert "--quiet" not in planned[number]
        before = [line for line in planned[:number] if "-r requirements" not in line]
        assert any(line.startswith('echo "The first run: ') for line in before[-3:]), planned[number]
    assert planned[1].startswith("echo"), "the first thing after the check of Python's version"
