"""With whose rights servers run when root starts them: a user's without any, and no more than to pass and read."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from local_stack import Stack

from local.handlers.base import server
from local.privileges import ServerAccount, account, is_wide

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="another user's servers run as that user")
READ_SEARCH = 1 << 2  # CAP_DAC_READ_SEARCH, capabilities(7)


@pytest.fixture
def opened() -> Iterator[Path]:
    """A project's folder that everybody may enter."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="dt-open-") as made:
        Path(made).chmod(0o755)
        yield Path(made)


def rights(pid: int) -> dict[str, str]:
    lines = (line.split(":\t") for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)
    return {name: value.strip() for name, value in lines}


def data_in(folder: Path) -> Path:
    made = folder / ".local" / "shop" / "postgres"
    made.mkdir(parents=True, mode=0o700)
    for path in (folder / ".local", folder / ".local" / "shop"):
        path.chmod(0o700)
    return made


def seen(found: ServerAccount) -> dict[str, str]:
    done = subprocess.run([*found.prefix, "cat", "/proc/self/status"], capture_output=True, text=True, check=True)
    return dict(line.split(":\t", 1) for line in done.stdout.splitlines() if ":\t" in line)


@root_only
def test_in_an_open_folder_root_gives_the_server_nothing(opened: Path) -> None:
    data = data_in(opened)
    found = account(Path("/usr/bin"), data)
    status = seen(found)
    assert not is_wide(found)
    assert {status[f"Cap{kind}"] for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb")} == {"0" * 16}
    assert (status["NoNewPrivs"], status["Groups"].split()) == ("1", [])
    assert status["Uid"].split() == [str(found.owner and found.owner[0])] * 4
    # The tier's folders let the server through and show nobody what is in them; nothing above them was changed.
    assert [path.stat().st_mode & 0o777 for path in (opened, *reversed(data.parents[:2]), data)] == [
        0o755,
        *[0o710] * 3,
    ]
    (opened / ".local" / "state.json").write_text("{}")
    for question in (f"ls {opened}/.local", f"cat {opened}/.local/state.json", f"touch {opened}/.local/mine"):
        (opened / ".local" / "state.json").chmod(0o600)
        assert subprocess.run([*found.prefix, "sh", "-c", question], capture_output=True, check=False).returncode


@root_only
def test_in_a_folder_of_roots_own_the_server_may_pass_and_read_but_not_write(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    data = data_in(closed)
    found = account(Path("/usr/bin"), data)
    status = seen(found)
    assert is_wide(found)
    assert {int(status[f"Cap{kind}"], 16) for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb")} == {READ_SEARCH}
    assert (status["NoNewPrivs"], status["Groups"].split()) == ("1", [])
    assert closed.stat().st_mode & 0o777 == 0o700
    assert data.stat().st_mode & 0o777 == 0o700
    assert subprocess.run([*found.prefix, "touch", str(data / "mine")], capture_output=True, check=False).returncode


@root_only
def test_what_the_server_is_given_is_no_second_name_of_somebody_elses_file(tmp_path: Path) -> None:
    elsewhere, folder = tmp_path / "elsewhere", tmp_path / "folder"
    folder.mkdir()
    elsewhere.write_text("root's")
    (folder / "hard").hardlink_to(elsewhere)
    (folder / "soft").symlink_to(elsewhere)
    (folder / "own").write_text("")
    ServerAccount((65534, 65534)).give_all(folder)
    assert (elsewhere.stat().st_uid, (folder / "own").stat().st_uid, folder.stat().st_uid) == (0, 65534, 65534)


@pytest.mark.server
@root_only
def test_no_server_of_a_tier_keeps_roots_rights(stack: Stack) -> None:
    stack.up()
    running = stack.pids()
    assert len(running) == 5
    for name, pid in running.items():
        assert pid
        for process in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True)):
            found = rights(process.pid)
            assert "0" not in found["Uid"].split(), name
            assert found["NoNewPrivs"] == "1", name
            assert int(found["CapEff"], 16) | int(found["CapPrm"], 16) | int(found["CapBnd"], 16) <= READ_SEARCH, name


@pytest.mark.server
@root_only
def test_what_a_superuser_makes_postgres_run_has_no_rights_either(stack: Stack) -> None:
    with server(stack.state, "t-primary").connect() as connection:
        connection.execute("CREATE TEMP TABLE told (line text)")
        connection.execute("COPY told FROM PROGRAM 'grep NoNewPrivs /proc/self/status | tr -d [:space:]'")
        assert connection.execute("SELECT line FROM told").fetchall() == [("NoNewPrivs:1",)]
        with pytest.raises(psycopg.errors.ExternalRoutineException):
            connection.execute(f"COPY told TO PROGRAM 'cat > {stack.state.path}/state.json'")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("COPY told TO '/etc/written-by-postgres'")
