"""A tier's folder gets another content in one step: killed anywhere, it is as before or as staged."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from local import swap
from local.state import StateDir

OLD, NEW = "old", "new"


def content(tier: Path) -> set[str]:
    return {path.read_text() for path in (tier / "postgres" / "data", tier / "state.json") if path.exists()}


def write(folder: Path, text: str) -> None:
    (folder / "postgres").mkdir(parents=True)
    (folder / "postgres" / "data").write_text(text)
    (folder / "state.json").write_text(text)


@pytest.fixture
def tier(tmp_path: Path) -> Path:
    write(tmp_path / "tier", OLD)
    (tmp_path / "tier" / "backups").mkdir()
    return tmp_path / "tier"


def test_what_is_staged_takes_the_place_of_all(tier: Path) -> None:
    write(swap.staging(tier), NEW)
    assert content(tier) == {OLD}
    swap.commit(tier)
    assert content(tier) == {NEW}
    assert not (tier / "backups").exists()
    swap.clear(tier)
    assert content(tier) == {NEW}
    eventually(lambda: sorted(path.name for path in tier.iterdir()) == ["postgres", "state.json"])


def test_what_a_computer_that_went_down_has_left_of_the_old_content_goes_with_a_later_command(tier: Path) -> None:
    (tier / "removing-1234" / "old").mkdir(parents=True)
    (tier / "removing-1234" / "old" / "data").touch()
    swap.clear(tier)
    eventually(lambda: not (tier / "removing-1234").exists())
    assert content(tier) == {OLD}


def test_what_is_being_removed_is_left_to_whoever_does(tier: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tier / "removing-1234").mkdir()
    monkeypatch.setattr("local.orphans.is_removed", lambda folder: folder == tier / "removing-1234")
    swap.clear(tier)
    time.sleep(0.2)
    assert (tier / "removing-1234").exists()


def test_what_was_not_committed_changes_nothing_and_goes(tier: Path) -> None:
    write(swap.staging(tier), NEW)
    swap.finish(tier)
    assert content(tier) == {OLD}
    assert list(swap.staging(tier).iterdir()) == []


def eventually(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class KilledError(BaseException):
    pass


def test_killed_at_every_step_the_next_command_finishes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each rename is a step; the kill comes before it."""
    rename, steps, at = Path.rename, 0, 0

    def counted(path: Path, target: Path) -> Path:
        nonlocal steps
        steps += 1
        if steps == at:
            raise KilledError
        return rename(path, target)

    finished = 0
    while not finished:
        at, steps = at + 1, 0
        tier = tmp_path / str(at) / ".local" / "live"
        write(tier, OLD)
        staged = swap.staging(tier)
        write(staged, NEW)
        with monkeypatch.context() as patch:
            patch.setattr(Path, "rename", counted)
            try:
                swap.commit(tier)
            except KilledError:
                pass
            else:
                finished = at
        state = StateDir(tmp_path / str(at), "live", read=False)
        with state.lock(read=False):
            assert content(tier) == {NEW}
    assert finished == 5  # two parts, each away and in, and none left
