"""zizmor and actionlint over the workflows: clean, and each of them finds what is wrong with a workflow that is."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from workflow_files import FILES, FOLDER, WORKFLOWS

ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"
ZIZMOR = Path(sys.executable).with_name("zizmor")
BAD = """
name: bad
on:
  pull_request_target:
permissions: write-all
jobs:
  bad:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v7
      - run: echo "${{ github.event.pull_request.title }}"
      - run: echo "${{ steps.nowhere.outputs.x }}"
"""


def zizmor(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [ZIZMOR, "--offline", "--no-progress", "--format", "plain", "--no-config", *sorted(folder.glob("*.yml"))]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_zizmor_finds_nothing() -> None:
    done = zizmor(FOLDER)
    assert done.returncode == 0, done.stdout
    assert [file for file in FILES if f"completed {FOLDER / file}" not in done.stderr] == []


def test_zizmor_finds_nothing_behind_anchors(tmp_path: Path) -> None:
    """zizmor says that it sees less through YAML's anchors: here they are written out."""
    workflows = tmp_path / ".github" / "workflows"
    workflows.mkdir(parents=True)

    class Plain(yaml.SafeDumper):
        def ignore_aliases(self, data: object) -> bool:
            return True

    for file in FILES:
        text = yaml.dump(WORKFLOWS[file], Dumper=Plain, sort_keys=False)
        assert "&id" not in text
        (workflows / file).write_text(text)
    done = zizmor(workflows)
    assert done.returncode == 0, done.stdout
    assert "anchors" not in done.stderr


def test_zizmor_finds_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "bad.yml").write_text(BAD)
    found = zizmor(tmp_path).stdout
    for audit in ("template-injection", "unpinned-uses", "dangerous-triggers", "artipacked"):
        assert f"[{audit}]" in found, found


@pytest.fixture(scope="module")
def actionlint() -> Path:
    """The program: on PATH, or built once by `go` from the pinned module, which Go's checksum database vouches for."""
    if found := shutil.which("actionlint"):
        return Path(found)
    place = (
        Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "datatier" / ACTIONLINT.rpartition("@")[2]
    )
    if not (place / "actionlint").is_file():
        go = shutil.which("go")
        if go is None:
            pytest.skip(f"neither actionlint nor go is on PATH: go install {ACTIONLINT}")
        place.mkdir(parents=True, exist_ok=True)
        with (place / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            # Nothing of C and nothing optimized: it is compiled in half the time, and runs for a moment.
            done = subprocess.run([go, "install", "-gcflags=all=-N -l", ACTIONLINT], capture_output=True, text=True,
                                  env={**os.environ, "GOBIN": str(place), "CGO_ENABLED": "0"}, check=False)  # fmt: skip
        if done.returncode:
            pytest.skip(f"actionlint cannot be built here: {done.stderr.strip().splitlines()[-1]}")
    return place / "actionlint"


def test_actionlint_finds_nothing(actionlint: Path) -> None:
    # shellcheck and pyflakes, where they happen to be, are not part of what is promised.
    command = [actionlint, "-shellcheck=", "-pyflakes=", *(FOLDER / file for file in FILES)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_actionlint_finds_what_is_wrong(actionlint: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.yml").write_text(BAD)
    command = [actionlint, "-shellcheck=", "-pyflakes=", tmp_path / "bad.yml"]
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    assert 'property "nowhere" is not defined' in found
    assert "potentially untrusted" in found
