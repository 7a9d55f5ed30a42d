"""A file that a command writes is there whole or as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.files import write_whole


def test_a_file_is_written_with_the_folders_that_it_is_in(tmp_path: Path) -> None:
    path = tmp_path / "shop" / "schema.json"
    write_whole(path, "é\n")
    write_whole(path, "ü\n")
    assert path.read_text(encoding="utf-8") == "ü\n"
    assert list(path.parent.iterdir()) == [path]


def test_what_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "schema.json"
    path.write_text("before")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "after \ud800")
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]
