"""Writing through: on disk when it returns, together where requests come together, and never half."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from graph.errors import CloudError
from local.door import journal
from local.door.journal import WriteThrough
from local.files import write_private


class Held:
    """A service's state, and how often it was asked for."""

    def __init__(self) -> None:
        self.text = "first"
        self.asked = 0

    def states(self, service: str) -> dict[str, Any]:
        return {f"{service}.json": self.now} if service != "unloaded" else {}

    def now(self) -> str:
        self.asked += 1
        return self.text


def test_a_change_is_on_disk_when_it_returns(tmp_path: Path) -> None:
    held = Held()

    async def go() -> None:
        through = WriteThrough(tmp_path, held.states)
        await through.written("kms")
        assert (tmp_path / "kms.json").read_text() == "first"
        held.text = "second"
        await through.written("kms")
        assert (tmp_path / "kms.json").read_text() == "second"
        await through.written("unloaded")

    asyncio.run(go())
    assert [path.name for path in tmp_path.iterdir()] == ["kms.json"]
    assert (tmp_path / "kms.json").stat().st_mode & 0o777 == 0o600


def test_requests_that_come_together_share_a_write_and_none_is_left_out(tmp_path: Path) -> None:
    held, on_disk = Held(), []

    async def request(through: WriteThrough, number: int) -> None:
        held.text = f"{number:02}"
        await through.written("kms")
        on_disk.append(int((tmp_path / "kms.json").read_text()) >= number)

    async def go() -> None:
        through = WriteThrough(tmp_path, held.states)
        await asyncio.gather(*(request(through, number) for number in range(20)))

    asyncio.run(go())
    assert on_disk == [True] * 20
    assert held.asked < 20


def test_what_did_not_change_is_not_written(tmp_path: Path) -> None:
    held = Held()

    async def go() -> None:
        through = WriteThrough(tmp_path, held.states)
        await through.written("kms")
        (tmp_path / "kms.json").unlink()
        await through.written("kms")

    asyncio.run(go())
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_failed_is_told_and_made_up_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def go() -> None:
        through = WriteThrough(tmp_path, Held().states)
        with monkeypatch.context() as patch:
            patch.setattr(journal, "write_private", lambda *_: (_ for _ in ()).throw(CloudError("the disk is full")))
            with pytest.raises(CloudError, match="the disk is full"):
                await through.written("kms")
        await through.written("kms")

    asyncio.run(go())
    assert (tmp_path / "kms.json").read_text() == "first"


def test_a_state_that_changes_while_it_is_copied_is_copied_again(tmp_path: Path) -> None:
    tries = iter([RuntimeError("dictionary changed size during iteration"), "settled"])

    def now() -> str:
        found = next(tries)
        if isinstance(found, RuntimeError):
            raise found
        return found

    asyncio.run(WriteThrough(tmp_path, lambda _: {"logs.json": now}).written("logs"))
    assert (tmp_path / "logs.json").read_text() == "settled"


def test_a_private_file_is_synced_before_it_takes_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A power cut between the two must find the old text or the new: rename(2) alone orders nothing on disk."""
    did: list[str] = []
    sync, replace = os.fsync, Path.replace

    def synced(handle: int) -> None:
        did.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        sync(handle)

    def replaced(self: Path, target: Path) -> Path:
        did.append("replace")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    write_private(tmp_path / "x", "text")
    assert did == ["file", "replace", "folder"]
