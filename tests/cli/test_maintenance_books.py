"""The reports of past runs, read back whatever else lies in their folder."""

from __future__ import annotations

from pathlib import Path

from cli.maintenance_books import FOLDER, keep, kept
from local.state import StateDir
from maintain.report import MaintenanceReport


def test_what_is_no_report_is_left_out(tmp_path: Path) -> None:
    state = StateDir(tmp_path, "shop")
    made = [MaintenanceReport(began_at=f"2026-11-0{day}T02:00:00+00:00", seconds=day, done=()) for day in (2, 1)]
    for each in made:
        keep(state, each)
    folder = state.folder(FOLDER)
    (folder / "binary.json").write_bytes(b"\xff\xfe")
    (folder / "half.json").write_text('{"began_at": "2026', encoding="utf-8")
    (folder / "folder.json").mkdir()
    assert kept(state) == made[::-1]
