"""A tier whose emulator is killed or loses its state: applications that run keep their passwords, or are told."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

pytestmark = pytest.mark.server


def kill(project: Any) -> Path:
    """kill -9 of the emulator; gives the folder of its state."""
    tier = project.folder / ".local" / "local"
    pid = json.loads((tier / "run" / "emulator.pid").read_text())["pid"]
    os.kill(pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=5)
    return tier / "emulator" / "state"


def passwords(project: Any) -> dict[str, str]:
    names = (
        "clinic_app",
        "clinic_cache",
        "clinic_inventory",
        "clinic_maintainer",
        "clinic_migrator",
        "clinic_monitoring",
        "clinic_reporting",
    )
    revealed = {name: project.ok("env", "local", "-i", name, "--reveal", "--json").json for name in names}
    return {f"{who} {key}": value for who, found in revealed.items() for key, value in found.items() if "PASS" in key}


def test_a_kill_right_after_the_first_up_loses_no_password_and_a_lost_state_is_told(project: Any) -> None:
    first = project.ok("up", "--json").json
    kept = passwords(project)
    assert len(set(kept.values())) > 4
    kill(project)
    again = project.ok("up", "--json").json
    assert (again["changed"], again["renewed"]) == ([], [])
    assert passwords(project) == kept

    # An application that runs: its session, and the password that it holds.
    where = first["postgres"]["primary"]
    found = project.ok("env", "local", "-i", "clinic_app", "-f", "libpq", "--reveal", "--json").json
    login = {"host": where["host"], "port": where["port"], "dbname": where["database"], "user": found["PGUSER"]}
    mine = found["PGPASSWORD"]
    state = kill(project)
    (state / "secretsmanager.json").unlink()
    stopped = project.run("up")
    assert stopped.code == 1, stopped.out
    for name in (
        "master",
        "clinic_app",
        "clinic_cache",
        "clinic_inventory",
        "clinic_maintainer",
        "clinic_migrator",
        "clinic_monitoring",
        "clinic_reporting",
    ):
        assert f"clinic-local/{name}" in stopped.err
    assert "`datatier up local --new-passwords`" in " ".join(stopped.err.split())
    psycopg.connect(**login, password=mine, sslmode="disable").close()

    renewed = project.ok("up", "--new-passwords")
    told = " ".join(renewed.out.split())
    assert "new passwords in clinic-local/clinic_app, " in told
    assert "clinic-local/master: the old ones are refused" in told
    assert not set(passwords(project).values()) & set(kept.values())
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(**login, password=mine, sslmode="disable")
    assert project.ok("psql", "clinic_app", "--", "-Atc", "SELECT 1").out == "1\n"
    assert project.ok("up", "--json").json["renewed"] == []
