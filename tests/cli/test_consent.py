"""What removes data asks first, and a word that is not a command never leads to one that does."""

from __future__ import annotations

import io
import os
import pty
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
import typer
from project_folder import DATATIER, Project
from typer.core import TyperGroup

from cli.errors import InputError
from cli.main import COMMANDS, application
from cli.suggestions import DESTRUCTIVE, RECOVERY

PANIC = (
    *sorted(RECOVERY),
    *("RESTORE", "rest", "resto", "resotre", "restor", "rset", "rest-db", "reset-all", "resett", "recove", "ressurect"),
    *(
        "delete",
        "remove",
        "rm",
        "drop",
        "drop-database",
        "wipe",
        "clean",
        "clear",
        "purge",
        "destroy",
        "erase",
        "flush",
    ),
    *("dowm", "dwn", "donw", "downgrade", "download", "down-t", "downto", "goto-", "gotoo", "foce", "forced", "fore"),
    *("back", "help", "stop", "fix", "repair", "redo", "replay", "retrieve", "start", "refresh"),
)
GROUPS = [(), ("migrate",), ("access",), ("schema",), ("alarms",), ("report",), ("upgrade",), ("backup",)]


@pytest.fixture(scope="module")
def program() -> TyperGroup:
    made = typer.main.get_command(application())
    assert isinstance(made, TyperGroup)
    return made


def asked(program: TyperGroup, *words: str) -> tuple[BaseException, str]:
    """How a command line ends that is wrong, and what it says."""
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said), pytest.raises((SystemExit, InputError)) as ended:
        program.main(list(words), prog_name="datatier")
    return ended.value, said.getvalue() + ("" if isinstance(ended.value, SystemExit) else str(ended.value))


@pytest.mark.parametrize("group", GROUPS)
def test_a_word_typed_in_a_panic_leads_to_nothing_that_destroys(group: tuple[str, ...], program: TyperGroup) -> None:
    known = program
    for step in group:
        inner = known.commands[step]
        assert isinstance(inner, TyperGroup)
        known = inner
    for word in PANIC:
        if word in known.commands:
            continue
        ended, said = asked(program, *group, word)
        assert not [
            name for name in DESTRUCTIVE if f"'{name}'" in said or f"`{name}`" in said.replace(f"`{word}`", "")
        ], (word, said)
        if word.lower() in RECOVERY:
            assert isinstance(ended, InputError), (word, said)
        else:
            assert isinstance(ended, SystemExit), (word, said)
            assert ended.code == 2, (word, said)


def test_a_harmless_misspelling_is_still_helped(program: TyperGroup) -> None:
    assert "Did you mean 'status'" in asked(program, "staus")[1]
    assert "Did you mean 'validate'" in asked(program, "migrate", "validte")[1]


def test_every_destructive_command_is_one_that_there_is(program: TyperGroup) -> None:
    every = {
        *program.commands,
        *(name for group in program.commands.values() for name in getattr(group, "commands", {})),
    }
    assert every >= DESTRUCTIVE
    assert not RECOVERY & {*COMMANDS}


def in_a_terminal(folder: Path, typed: str, *words: str) -> tuple[int, str]:
    pid, terminal = pty.fork()
    if not pid:
        os.chdir(folder)
        os.execv(DATATIER, [DATATIER, *words])
    os.write(terminal, f"{typed}\n".encode())
    parts = []
    while True:
        try:
            parts.append(os.read(terminal, 4096))
        except OSError:  # its other end is closed
            break
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), b"".join(parts).decode()


@pytest.fixture
def stopped(tmp_path: Path) -> Path:
    """Two stacks with data, none of them up."""
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    for stack in ("live", "trial"):
        folder = tmp_path / ".local" / stack
        folder.mkdir(parents=True)
        (folder / "state.json").write_text('{"resources": {}, "ports": {}, "secrets": {}, "kept": {}}')
        (tmp_path / f"Pulumi.{stack}.yaml").write_text("config: {}\n")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "typed", "code", "says", "left"),
    [
        (("down", "live", "--delete"), "y", 2, "that is not `live`: nothing was done", ["live", "trial"]),
        (("down", "live", "--delete"), "", 2, "that is not `live`: nothing was done", ["live", "trial"]),
        (("down", "live", "--delete"), "trial", 2, "that is not `live`: nothing was done", ["live", "trial"]),
        (("down", "live", "--delete"), "live", 0, "data removed", ["trial"]),
        (("down", "--delete"), "live", 2, "that is not `all`: nothing was done", ["live", "trial"]),
        (("down", "--delete"), "all", 0, "data removed", []),
        (("reset", "live"), "no", 2, "that is not `live`: nothing was done", ["live", "trial"]),
        (("reset", "live"), "live", 1, "cannot be reset", ["live", "trial"]),
    ],
)
def test_the_name_is_typed_before_anything_is_removed(
    words: tuple[str, ...], typed: str, code: int, says: str, left: list[str], stopped: Path
) -> None:
    answer = in_a_terminal(stopped, typed, *words)
    assert (answer[0], says in " ".join(answer[1].split())) == (code, True), answer
    assert sorted(path.name for path in (stopped / ".local").iterdir()) == left


@pytest.mark.parametrize("words", [("down", "--delete"), ("down", "live", "--delete"), ("reset", "live")])
def test_in_a_pipe_only_yes_removes_anything(words: tuple[str, ...], stopped: Path) -> None:
    for typed in ("", "live\n", "y\n"):
        answer: Any = Project(stopped).run(*words, stdin=typed)
        assert (answer.code, "Nobody can be asked here: say --yes." in answer.err) == (2, True), answer
    assert sorted(path.name for path in (stopped / ".local").iterdir()) == ["live", "trial"]
