"""Nothing that a program started outlives its run, whether the program ends by itself, fails, or takes too long."""

import os
import subprocess
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import sessions

# A helper in a process group of its own with its own output, as Pulumi starts its plugins.
HELPER = "set -m; sleep 600 >/dev/null 2>&1 & echo $!; "


def gone(pid: int) -> bool:
    """Whether it is over; whoever inherits it may not have reaped it."""
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        with suppress(psutil.TimeoutExpired):
            process.wait(10)
        return process.status() == psutil.STATUS_ZOMBIE
    return True


@pytest.mark.parametrize(("end", "code"), [("true", 0), ("exit 3", 3), ("kill -9 $$", -9)])
def test_a_helper_left_behind_is_ended(tmp_path: Path, end: str, code: int) -> None:
    done = sessions.run(["bash", "-c", HELPER + end], cwd=tmp_path, env=dict(os.environ), timeout=60)
    assert done.returncode == code
    assert gone(int(done.stdout))


def test_a_run_that_takes_too_long_leaves_nothing(tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    with pytest.raises(subprocess.TimeoutExpired):
        sessions.run(
            ["bash", "-c", f"set -m; sleep 600 >/dev/null 2>&1 & echo $! > {noted}; sleep 600"],
            cwd=tmp_path,
            env=dict(os.environ),
            timeout=5,
        )
    assert gone(int(noted.read_text()))


def test_standard_error_is_kept_apart_or_among_the_output(tmp_path: Path) -> None:
    command = ["bash", "-c", "echo out; echo err >&2"]
    apart = sessions.run(command, cwd=tmp_path, env=dict(os.environ), timeout=60)
    assert (apart.stdout, apart.stderr) == ("out\n", "err\n")
    assert sessions.run(command, cwd=tmp_path, env=dict(os.environ), timeout=60, merged=True).stdout == "out\nerr\n"
