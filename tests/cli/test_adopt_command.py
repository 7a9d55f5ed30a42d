"""`datatier adopt`: what it writes, refuses and says, over a tier that was read already."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import clinic_project
import pytest
from in_process import call
from tiny_estate import estate

ASKED = ("adopt", "live", "--instance", "orders", "--region", "eu-west-1")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    with patch("cli.adopt.estate_of", lambda *_: estate()):
        yield clinic_project.copy(tmp_path)


def test_what_is_written(folder: Path) -> None:
    before = {*folder.rglob("*")}
    said = call(folder, *ASKED)
    assert said.code == 0, said.all
    made = {str(path.relative_to(folder)) for path in {*folder.rglob("*")} - before if path.is_file()}
    assert made == {
        "Pulumi.live.yaml",
        "build/adopt/live/import.json",
        "build/adopt/live/imported.json",
        "build/adopt/live/report.json",
    }
