"""A tier's folder gets another content in one step: killed anywhere, it is as before or as staged."""

from __future__ import annotations

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
    assert sorted(path.name for path in tier.iterdir()) == ["postgres", "state.json"]


def test_what_was_not_committed_changes_nothing_and_goes(tier: Path) -> None:
    write(swap.staging(tier), NEW)
    swap.finish(tier)
    assert content(tier) == {OLD}
    assert list(swap.staging(tier).iterdir()) == []


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
