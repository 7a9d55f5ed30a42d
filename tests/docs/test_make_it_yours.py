"""docs/make-it-yours.md, followed word by word in a fresh clone: it becomes a shop's, comes up and is verified."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import clinic_project
import pytest
from followed import steps

from scaffold import checkout

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "make-it-yours.md").read_text("utf-8")
pytestmark = pytest.mark.server

NOT_HERE = {"make test": "the gate that this is a test of"}
"""Commands of the page that the test leaves out, and why."""


@dataclass
class Clone:
    """A checkout of its own, with this one's environment."""

    folder: Path
    said: dict[str, str] = field(default_factory=dict)
    """Command -> what it printed."""

    def run(self, command: str) -> str:
        environment = {
            # Without bytecode each command would compile the program again.
            **{
                key: value
                for key, value in os.environ.items()
                if not key.startswith(("MAKE", "MFLAGS", "PYTEST", "PYTHOND"))
            },
            # The clone's own rooms, not those that the environment was made for.
            "PYTHONPATH": str(self.folder),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "COLUMNS": "200",
        }
        done = subprocess.run(
            ["bash", "-ec", command], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def follow(self, heading: str) -> None:
        for step in steps(PAGE, heading):
            if step.file:
                assert step.file.startswith(("access", "Pulumi", "migrations/", "schema/"))
                (self.folder / step.file).write_text(step.text, "utf-8")
                continue
            # A loop is one command, everything else one line.
            for command in [step.text] if step.text.startswith("for ") else step.text.splitlines():
                self.said[command] = "" if command in NOT_HERE else self.run(command)


def clone(folder: Path) -> Clone:
    """What Git would give, with what is not committed yet."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            # With its time, by which Python knows the bytecode of a source: none has to be compiled again.
            shutil.copy2(ROOT / name, folder / name)
    for room in {path.parent for path in folder.rglob("*.py")}:
        compiled = ROOT / room.relative_to(folder) / "__pycache__"
        if compiled.is_dir():
            shutil.copytree(compiled, room / "__pycache__")
    # Make goes by the times of empty files there: new ones, none newer than another, or it would install the clone into
    # the environment that is lent.
    (folder / ".venv").mkdir()
    now = time.time()
    for path in (ROOT / ".venv").iterdir():
        place = folder / ".venv" / path.name
        if path.is_dir():
            place.symlink_to(path)
        else:
            shutil.copyfile(path, place)
            os.utime(place, (now, now))
    as_it_came(folder)
    cloned = Clone(folder)
    # Packing is most of a commit.
    cloned.run("git init -q . && git config core.compression 0")
    cloned.run("git config user.name ann && git config user.email ann@example.org")
    cloned.run("git add -A && git commit -qm first")
    return cloned


def as_it_came(folder: Path) -> None:
    """Where the application of this checkout is another than the one that it came with, the clinic stands for that."""
    found = checkout.read(folder)
    if found.application != found.comes_with:
        clinic_project.replace(folder)
        facts = folder / checkout.DATA
        facts.write_text(facts.read_text("utf-8").replace(f'"{found.comes_with}"', '"clinic"'), "utf-8")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    made = clone(tmp_path_factory.mktemp("fresh"))
    try:
        made.follow("From nothing")
        yield made
    finally:
        made.run("datatier down --delete --yes")


def test_it_comes_up_and_is_verified(shop: Clone) -> None:
    assert "first run" not in shop.said["make install"]
    assert "shop is the application here" in shop.said["datatier init shop"]
    assert " 0 otherwise than declared" in shop.said["datatier access verify"]
    assert "no problems" in shop.said["datatier migrate validate"]
    assert "JOBS_REDIS_HOST" in shop.said["datatier env --identity shop_worker"]
    assert shop.run("git status --short") == ""


def test_nothing_is_left_to_say_for_prod(shop: Clone) -> None:
    findings = [line for line in shop.said["datatier preview prod"].splitlines() if line.startswith(("error", "warn"))]
    assert findings == []
