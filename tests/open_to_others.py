"""Which files of a folder somebody else may read or enter, while servers work in it."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def open_to_others(folder: Path) -> list[tuple[str, str]]:
    """Mode and path of each; a symbolic link has none of its own. What goes meanwhile, such as WAL, is nobody's."""
    found = []
    for place, folders, files in os.walk(folder):
        for path in (Path(place) / name for name in (*folders, *files)):
            try:
                mode = path.lstat().st_mode
            except FileNotFoundError:
                continue
            if not stat.S_ISLNK(mode) and mode & 0o077:
                found.append((oct(stat.S_IMODE(mode)), str(path)))
    return found
