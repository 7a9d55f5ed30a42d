"""The help of every command, whoever added it: a sentence, and examples that the command line takes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import pytest
import typer
from typer.core import TyperCommand, TyperGroup, TyperOption
from typer.testing import CliRunner

from cli.main import application

ROOT = typer.main.get_command(application())
_EXAMPLES = re.compile(r"\[bold\]Examples?:\[/\](.*)", re.DOTALL)


def commands(group: TyperGroup, *path: str) -> Iterator[tuple[tuple[str, ...], TyperCommand]]:
    """Every command that does something, with the words that lead to it."""
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, *path, name)
        else:
            yield (*path, name), command


assert isinstance(ROOT, TyperGroup)
COMMANDS = dict(commands(ROOT))


def examples(command: TyperCommand) -> list[list[str]]:
    """The words after `datatier` of each example; they stand four spaces or a line apart, and in a pipe."""
    found = _EXAMPLES.search(command.help or "")
    texts: list[str] = []
    for piece in re.split(r"\s{4,}|\n", found[1].strip()) if found else []:
        if "datatier" in piece or not texts:
            texts.append(piece)
        else:  # the example goes on in the next line
            texts[-1] += f" {piece}"
    made = []
    for text in texts:
        lexer = shlex.shlex(text, posix=True, punctuation_chars="|<>&;")
        lexer.whitespace_split = True
        words = list(lexer)
        assert "datatier" in words, f"`{text}`: no call of datatier"
        called = words[words.index("datatier") + 1 :]
        ends = [number for number, word in enumerate(called) if set(word) <= set("|<>&;")]
        made.append(called[: ends[0]] if ends else called)
    return made


def parse(words: list[str]) -> tuple[str, ...]:
    """Parse as the program would, without running anything; the command's words, or raise the parser's complaint."""
    context, path = ROOT.make_context("datatier", list(words)), ()
    while isinstance(context.command, TyperGroup):
        name, command, rest = context.command.resolve_command(context, [*context._protected_args, *context.args])
        assert name
        assert command
        path = (*path, name)
        context = command.make_context(name, rest, parent=context)
    return path


def name(path: tuple[str, ...]) -> str:
    return " ".join(path)


@pytest.mark.parametrize("path", COMMANDS, ids=name)
def test_a_command_says_what_it_does_and_how(path: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(variable, raising=False)
    command = COMMANDS[path]
    first = (command.help or "").strip().splitlines()[0]
    assert re.match(r"[A-Z].*[.?\w:]$", first), f"no sentence: {first!r}"
    shown, parsed = examples(command), []
    assert shown, "no line `[bold]Example:[/] datatier ...`"
    for words in shown:
        try:
            parsed.append(parse(words))
        except Exception as error:  # typer has click's errors inside, without a public name
            raise AssertionError(f"datatier {shlex.join(words)}: {getattr(error, 'message', error)}") from None
    assert path in parsed, "no example of this command itself"


def test_an_example_that_would_not_run_is_found() -> None:
    for words in (["env", "--nope"], ["nope"], ["migrate", "goto", "x"], ["pools", "-n", "0"]):
        with pytest.raises(Exception, match=r".*") as found:
            parse(words)
        assert "typer" in type(found.value).__module__, words


@pytest.mark.parametrize("path", COMMANDS, ids=name)
def test_options_are_explained(path: tuple[str, ...]) -> None:
    silent = [each.name for each in COMMANDS[path].params if isinstance(each, TyperOption) and not each.help]
    assert silent == []


def test_the_program_lists_every_command() -> None:
    shown = CliRunner().invoke(application(), ["--help"], env={"COLUMNS": "200"}).output
    assert [name for name in ROOT.commands if f" {name} " not in shown] == []
    assert "Exit codes" in shown
