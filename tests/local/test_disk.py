"""What a folder takes, while a server removes what is in it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.disk import size, taken


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files of 8192 bytes; the second one is all hole."""
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "16402").write_bytes(b"x" * 8192)
    with (tmp_path / "segment").open("wb") as file:
        file.truncate(8192)
    (tmp_path / "link").symlink_to("nothing-is-there")
    return tmp_path


def test_holes_are_of_the_length_and_take_nothing(folder: Path) -> None:
    assert size(folder) == 8192 + 8192 + len("nothing-is-there")
    assert 0 < taken(folder) < size(folder)


@pytest.mark.parametrize("measure", [size, taken])
def test_a_file_that_is_removed_between_its_listing_and_its_turn_counts_nothing(
    measure: Callable[[Path], int], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_of_it, table = measure(folder), measure(folder / "base")
    walk = os.walk

    def removed_meanwhile(top: Path) -> Iterator[tuple[str, list[str], list[str]]]:
        for path, folders, names in walk(top):
            if path.endswith("base"):
                Path(path, "16402").unlink()
            yield path, folders, names

    monkeypatch.setattr(os, "walk", removed_meanwhile)
    assert measure(folder) == all_of_it - table


def test_a_folder_that_is_not_there_takes_nothing(tmp_path: Path) -> None:
    assert size(tmp_path / "none") == taken(tmp_path / "none") == 0
