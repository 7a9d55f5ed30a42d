"""A folder with the project's declarations, and one tier that is up for all tests that only look at it."""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psutil
import pytest
from forked import Forked, forking

ROOT = Path(__file__).parents[2]
DATATIER = str(Path(sys.executable).with_name("datatier"))


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Project:
    """A project folder and the command line in it."""

    folder: Path
    program: str = DATATIER

    def run(self, *words: str, env: dict[str, str] | None = None, stdin: str = "") -> Answer:
        return Answer(*_forked().run(words, self.folder, {**os.environ, "COLUMNS": "200", **(env or {})}, stdin))

    def ok(self, *words: str, **more: Any) -> Answer:
        answer = self.run(*words, **more)
        assert answer.code == 0, f"{words}: {answer.code}\n{answer.out}\n{answer.err}"
        return answer


_open = ExitStack()


@cache
def _forked() -> Forked:
    return _open.enter_context(forking())


@pytest.fixture(scope="session", autouse=True)
def _close_forked() -> Iterator[None]:
    yield
    _open.close()
    _forked.cache_clear()


def declarations(folder: Path) -> Project:
    for path in (*ROOT.glob("Pulumi*.yaml"), ROOT / "access.yaml"):
        shutil.copy(path, folder / path.name)
    return Project(folder)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A folder of one's own; whatever a test brings up in it is taken down."""
    made = declarations(tmp_path)
    yield made
    if (tmp_path / ".local").is_dir():
        made.ok("down", "--delete", "--yes")


@pytest.fixture
def make_project(tmp_path: Path) -> Iterator[Callable[[str], Project]]:
    """More folders, by name."""
    made: list[Project] = []

    def make(name: str) -> Project:
        (tmp_path / name).mkdir()
        made.append(declarations(tmp_path / name))
        return made[-1]

    yield make
    for each in made:
        each.ok("down", "--delete", "--yes")


@pytest.fixture(scope="session")
def tier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A tier that is up; tests leave it as they find it."""
    made = declarations(tmp_path_factory.mktemp("tier"))
    made.ok("up")
    yield made
    made.ok("down", "--delete", "--yes")


@pytest.fixture(scope="session")
def servers() -> Callable[[Path], list[str]]:
    """Command lines of the processes that hold a file in a folder open, found without datatier's help."""

    def found(folder: Path) -> list[str]:
        lines = []
        for process in psutil.process_iter():
            try:
                if any(Path(each.path).is_relative_to(folder) for each in process.open_files()):
                    lines.append(" ".join(process.cmdline()))
            except psutil.Error:
                continue
        return lines

    return found
