"""A small stack on a server that the drills' tests share."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# The bootstrap's own tests have the servers.
sys.path.insert(0, str(Path(__file__).parents[2] / "bootstrap"))
sys.path.insert(0, str(Path(__file__).parents[1]))

from fake_estate import FakeEstate
from postgres_server import binaries
from real_servers import postgres
from small_stack import Orchard, orchard

from keep.drill.books import Books
from keep.drill.report import DrillObjective
from keep.drill.scene import Scene
from keep.place.folder import FolderPlace

PROMISED = DrillObjective(rto_seconds=1800, rpo_seconds=900)


@pytest.fixture(scope="session")
def small_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orchard]:
    """The orchard on the newest server that is here."""
    major, programs = next(iter(binaries().items()))
    with (
        tempfile.TemporaryDirectory(prefix="dt-pg-", dir="/tmp") as folder,
        postgres(programs, Path(folder), major) as server,
    ):
        yield orchard(server, tmp_path_factory.mktemp("orchard") / "migrations", 1)


@pytest.fixture
def scene_of(small_stack: Orchard, tmp_path: Path) -> Iterator[Callable[..., Scene]]:
    """Makes the scene of the orchard with an estate of its own: the source's, or no server's where `real` is false."""
    made: list[FakeEstate] = []

    def of(*, real: bool = True, objective: DrillObjective = PROMISED, **more: object) -> Scene:
        server = small_stack.server if real else None
        estate = FakeEstate(small_stack.manifest.prefix, server)
        made.append(estate)
        return Scene(
            stack=small_stack.manifest,
            estate=estate,
            store=small_stack.store,
            books=Books(FolderPlace(tmp_path / "kept" / "drills"), small_stack.manifest.stack),
            objective=objective,
            migrations=small_stack.migrations,
            poll=0.01,
            **more,  # type: ignore[arg-type]
        )

    yield of
    for each in made:
        with each:
            pass
