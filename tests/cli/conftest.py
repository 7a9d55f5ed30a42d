"""A folder with the project's declarations, and one tier that is up for all tests that only look at it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import project_folder
import psutil
import pytest
import shop
from as_found import as_found
from project_folder import Project, declarations
from shop import Folder


@pytest.fixture(scope="session", autouse=True)
def _close_forked() -> Iterator[None]:
    yield
    project_folder.close()


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


@pytest.fixture(scope="module")
def live(shared_live: Folder) -> Iterator[Folder]:
    """The stack `live` of another application, up; each file leaves it as it finds it."""
    with as_found(shared_live.path, "live"):
        yield shared_live


@pytest.fixture(scope="session")
def shared_live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Folder]:
    """The one behind `live`."""
    folder = shop.make(tmp_path_factory.mktemp("shop"))
    Project(folder.path).ok("up", "live")
    yield folder
    Project(folder.path).ok("down", "--delete", "--yes")


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
