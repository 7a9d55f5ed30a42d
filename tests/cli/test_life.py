"""A tier's life: up, killed, repaired, beside another, down."""

import os
import signal
import socket
import subprocess
from typing import Any

import pytest

pytestmark = pytest.mark.server


def pids(project: Any) -> dict[str, int]:
    return {process["name"]: process["pid"] for process in project.run("status", "--json").json["processes"]}


def test_every_killed_process_is_repaired_and_nothing_is_lost(project: Any, servers: Any) -> None:
    project.ok("up")
    project.ok("psql", "clinic_app", "--", "-c", "INSERT INTO users (email, name) VALUES ('a@example.org', 'A')")
    before = pids(project)
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    down = project.run("status")
    assert (down.code, "not running" in down.out) == (1, True)
    project.ok("up")
    after = pids(project)
    assert set(after) == set(before)
    assert not set(after.values()) & set(before.values())
    assert project.ok("psql", "clinic_app", "--", "-Atc", "SELECT email FROM users").out.strip() == "a@example.org"
    status = project.ok("status", "--json").json
    assert status["access"]["failed"] == 0
    assert status["postgres"]["replicas"][0]["lag_seconds"] < 5

    project.ok("down")
    assert servers(project.folder) == []
    left = {path.name for path in (project.folder / ".local" / "local").iterdir()}
    assert not left & {"run", "log", "lock"}

    project.ok("up")
    assert project.ok("psql", "clinic_app", "--", "-Atc", "SELECT email FROM users").out.strip() == "a@example.org"
    project.ok("down", "--delete", "--yes")
    assert not (project.folder / ".local" / "local").exists()


def test_two_folders_do_not_meet_and_two_ups_at_once_do_no_harm(project: Any, make_project: Any, servers: Any) -> None:
    other = make_project("a folder with spaces and a rather long name " + "x" * 80)
    both = [
        subprocess.Popen(
            [project.program, "up"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for folder in (project.folder, project.folder, other.folder)
    ]
    told = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0, 0], told
    assert sum("nothing to do" in text for text in told) == 1
    mine, theirs = (each.ok("status", "--json").json for each in (project, other))
    ports = [{process["port"] for process in data["processes"]} for data in (mine, theirs)]
    assert not ports[0] & ports[1]
    project.ok("down")
    assert other.ok("status", "--json").json["up"]
    assert servers(project.folder / ".local") == []


def test_an_occupied_port_is_named(project: Any) -> None:
    project.ok("up")
    port = project.ok("status", "--json").json["postgres"]["primary"]["port"]
    project.ok("down")
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        answer = project.run("up")
    assert answer.code == 1
    assert str(port) in answer.err
    assert str(os.getpid()) in answer.err
    assert "--new-ports" in answer.err
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        project.ok("up", "--new-ports")
    assert project.ok("status", "--json").json["postgres"]["primary"]["port"] != port


def test_a_tier_that_is_down_says_so(project: Any) -> None:
    project.ok("up")
    project.ok("down")
    for words in (("psql", "master"), ("env", "local", "--reveal"), ("migrate", "version"), ("bootstrap",)):
        answer = project.run(*words)
        assert (answer.code, "stack `local` is down: `datatier up local`" in answer.err) == (1, True), answer.err
    assert "not running" in project.run("status").out
