"""Stacks that the genuine engine has brought up, for all tests that only look at them."""

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from genuine import ELSEWHERE, Genuine, genuine

sys.path.append(str(Path(__file__).parents[1] / "cli"))  # commands called in this process


@pytest.fixture(scope="session", autouse=True)
def _pulumi() -> None:
    if not shutil.which("pulumi"):
        pytest.skip("pulumi is not on PATH; the suite `make engine` needs its command line")


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory, _pulumi: None) -> Iterator[Callable[[str], Genuine]]:
    """A stack by name, brought up when first asked for."""
    up: dict[str, Genuine] = {}
    with ExitStack() as running:

        def stack(name: str) -> Genuine:
            if name not in up:
                made = running.enter_context(genuine(tmp_path_factory.mktemp(name), name))
                made.up()
                up[name] = made
            return up[name]

        yield stack


@pytest.fixture
def fresh(tmp_path_factory: pytest.TempPathFactory, _pulumi: None) -> Iterator[Callable[[str], Genuine]]:
    """A stack of the test's own, up in another account: none of its ids is one that the preview would give."""
    with ExitStack() as running:

        def stack(name: str) -> Genuine:
            folder = tmp_path_factory.mktemp(f"own-{name}")
            made = running.enter_context(genuine(folder, name, account=ELSEWHERE))
            made.up()
            return made

        yield stack
