"""Wrong input and a computer that is in the way: one sentence, the right exit code, nothing half-written."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


def one_sentence(answer: Any) -> None:
    assert "Traceback" not in answer.out + answer.err
    assert "a fault of datatier" not in answer.err


@pytest.mark.parametrize("command", [("up",), ("preview",)])
@pytest.mark.parametrize(
    ("stack", "content", "says"),
    [
        ("prdo", None, "Did you mean `prod`?"),
        ("../etc", None, "There is no stack `../etc`"),
        ("dev", "config: [", "not valid YAML"),
        ("dev", "config:\n  data-tier:profile: dev\n  data-tier:profil: dev\n", "Did you mean `profile`?"),
        ("dev", "config:\n  data-tier:redis:\n    main: {}\n    main: {}\n", "stands here a second time"),
        ("dev", "config:\n  data-tier:postgres: {class: db.m7g.lrge, version: 9}\n", "db.m7g.large"),
        ("dev", "\x00", "not valid YAML"),
    ],
)
def test_a_stack_that_cannot_be(project: Any, command: tuple[str], stack: str, content: str | None, says: str) -> None:
    if content is not None:
        (project.folder / f"Pulumi.{stack}.yaml").write_text(content)
    answer = project.run(*command, stack)
    assert answer.code == 2, answer.err
    assert says in answer.err
    one_sentence(answer)
    assert not (project.folder / ".local").exists()


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("proxy: {identities: [nobody_here]}", "nobody_here has no PostgreSQL login"),
        ("proxy: {identities: [clinic_cache]}", "clinic_cache has no PostgreSQL login"),
    ],
)
def test_what_only_the_program_can_refuse_is_wrong_input_too(project: Any, setting: str, says: str) -> None:
    (project.folder / "Pulumi.dev.yaml").write_text(f"config:\n  data-tier:profile: dev\n  data-tier:{setting}\n")
    answer = project.run("preview", "dev")
    assert answer.code == 2, answer.err
    assert says in answer.err
    one_sentence(answer)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "must be a mapping"),
        ("owner: [", "not valid YAML"),
        ("owner: clinic_owner\nidentities: {pg_app: {postgres: readwrite}}\n", "pg_app"),
        ("owner: clinic_owner\nidentities: {a: {postgres: readwrit}}\n", "readwrite"),
        (None, "is missing"),
    ],
)
def test_an_access_declaration_that_cannot_be(project: Any, content: str | None, says: str) -> None:
    path = project.folder / "access.yaml"
    path.unlink() if content is None else path.write_text(content)
    answer = project.run("preview", "dev")
    assert answer.code == 2, answer.err
    assert says in answer.err
    one_sentence(answer)


@pytest.mark.parametrize(
    ("env", "says"),
    [
        ({"DATATIER_POSTGRES_BIN": "/nonexistent"}, "DATATIER_POSTGRES_BIN"),
        ({"DATATIER_REDIS_SERVER": "/nonexistent/valkey-server"}, "DATATIER_REDIS_SERVER"),
        ({"DATATIER_POSTGRES_BIN": "/bin"}, "DATATIER_POSTGRES_BIN"),
    ],
)
@pytest.mark.server
def test_a_missing_binary_is_named_and_mended_by_the_next_up(project: Any, env: dict[str, str], says: str) -> None:
    answer = project.run("up", env=env)
    assert answer.code == 1, answer.err
    assert says in answer.err
    one_sentence(answer)
    doctor = project.run("doctor", env=env)
    assert (doctor.code, says in doctor.out) == (1, True)


def test_a_file_where_the_folder_belongs(project: Any) -> None:
    (project.folder / ".local").write_text("in the way")
    answer = project.run("up")
    (project.folder / ".local").unlink()
    assert answer.code == 1, answer.err
    assert ".local" in answer.err
    one_sentence(answer)


@pytest.mark.parametrize(
    ("place", "says"),
    [("file", "File exists"), ("file/below", "Not a directory"), ("loop", "File exists")],
)
def test_a_place_where_nothing_can_be_written_is_wrong_input(project: Any, place: str, says: str) -> None:
    (project.folder / "file").touch()
    (project.folder / "loop").symlink_to("loop")
    answer = project.run("migrate", "create", "add_shops", "--path", str(project.folder / place))
    assert (answer.code, answer.err.startswith("error: --path ")) == (2, True), answer.err
    assert says in answer.err
    one_sentence(answer)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small or a read-only file system needs root")
@pytest.mark.parametrize(("options", "says"), [("size=24m", "disk is full"), ("size=1m,ro", "read-only")])
@pytest.mark.server
def test_a_full_or_read_only_disk(project: Any, options: str, says: str) -> None:
    place: Path = project.folder / ".local"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"this sandbox lets nobody mount: {mounted.stderr.decode().strip()}")
    try:
        answer = project.run("up")
        assert answer.code == 1, answer.out
        assert says in answer.err.lower(), answer.err
        one_sentence(answer)
        project.run("down", "--delete", "--yes")
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_nothing_is_up(project: Any) -> None:
    for words in (("status",), ("psql",), ("env",), ("logs",), ("reset",), ("migrate", "version"), ("bootstrap",)):
        answer = project.run(*words)
        assert answer.code == 1, (words, answer.err)
        assert "datatier up" in answer.err
        one_sentence(answer)
    assert project.ok("down").out.startswith("nothing is up")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_caller_that_closes_what_is_standard(project: Any, closed: str) -> None:
    """Cron, service managers and scripts do; a file that is opened next must not take the number of one of them."""
    command = f"{sys.executable} -m cli.main preview dev --json {closed}"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        ["sh", "-c", command], cwd=project.folder, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("" if ">&-" in closed.replace("2>&-", "") else "{")


def test_an_interrupt_while_the_program_is_still_being_loaded_is_no_traceback(project: Any) -> None:
    """As Ctrl-C just after Enter: here the import of typer is where it comes."""
    (project.folder / "typer.py").write_text("raise KeyboardInterrupt\n")
    environment = {**os.environ, "PYTHONPATH": f"{project.folder}:{Path(__file__).parents[2]}"}
    command = [sys.executable, "-m", "cli.main", "preview", "dev"]
    done = subprocess.run(command, cwd=project.folder, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, "Traceback" in done.stderr) == (130, "", False)
