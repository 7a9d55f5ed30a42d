"""The state folder: private, atomic, locked."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from graph.errors import CloudError
from local.state import Entry, StackLockedError, StateDir


def entry(name: str) -> Entry:
    return Entry(type="t", name=name, digest="d", id=name, inputs={}, outputs={"a": 1})


def test_what_is_saved_is_read_again(state: StateDir, tmp_path: Path) -> None:
    state.put("urn:b", entry("b"))
    state.put("urn:a", entry("a"))
    state.ports["x"] = 1
    assert state.secret("s", "first") == "first"
    assert state.secret("s", "second") == "first"
    state.kept["report"] = {"x": 1}
    state.save()
    again = StateDir(tmp_path, "test")
    assert list(again.resources) == ["urn:b", "urn:a"]
    assert (again.resources, again.ports, again.secrets, again.kept) == (
        state.resources,
        {"x": 1},
        {"s": "first"},
        {"report": {"x": 1}},
    )


def test_folders_and_files_are_private(state: StateDir, tmp_path: Path) -> None:
    state.folder("a", "b")
    state.save()
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in (tmp_path / ".local").rglob("*")}
    assert modes == {"test": "0o700", "a": "0o700", "b": "0o700", "state.json": "0o600"}
    assert (tmp_path / ".local").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("content", ["", "{", "[]", '{"resources": {}}'])
def test_a_broken_state_file_names_what_mends_it(state: StateDir, tmp_path: Path, content: str) -> None:
    state.folder()
    (state.path / "state.json").write_text(content)
    with pytest.raises(CloudError, match=r"state\.json cannot be read .*`datatier down test --delete` starts afresh"):
        StateDir(tmp_path, "test")


def test_a_full_disk_leaves_the_old_file(state: StateDir, monkeypatch: pytest.MonkeyPatch) -> None:
    state.save()
    before = (state.path / "state.json").read_text()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    state.ports["y"] = 2
    with pytest.raises(CloudError, match="No space left on device"):
        state.save()
    assert [path.name for path in state.path.iterdir()] == ["state.json"]
    assert (state.path / "state.json").read_text() == before


def test_a_second_command_waits_and_then_names_the_first(state: StateDir, tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from local.state import StateDir\n"
        "with StateDir(pathlib.Path(sys.argv[1]), 'test').lock(): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(StackLockedError, match=rf"pid {other.pid}\) is working on stack test"), state.lock(0.1):
            pass
        threading.Timer(0.2, other.stdin.close).start()
        with state.lock(10):
            assert (state.path / "lock").read_text() == str(os.getpid())
        other.wait()
    assert not (state.path / "lock").exists()


def test_a_killed_holder_frees_the_lock(state: StateDir) -> None:
    state.folder()
    (state.path / "lock").write_text("999999")
    with state.lock(0.1):
        pass


def test_delete_takes_everything(state: StateDir) -> None:
    state.folder("a")
    state.save()
    state.delete()
    assert not state.path.exists()
    assert state.ports == {}
