"""A throw-away PostgreSQL asks for its room before it is made."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from keep.errors import AskedError
from local.scratch import throwaway


def test_room_is_asked_for_before_anything_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=40 << 20))
    said = f"^{tmp_path} has 40 MiB free, and an empty server takes about 64 there: free space, or name another folder"
    with pytest.raises(AskedError, match=said), throwaway(None, ()):
        pass
    assert list(tmp_path.iterdir()) == []
