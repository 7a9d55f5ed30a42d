"""A stack is named in one way by all commands: after `-s`, or by itself where it is the last argument."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from in_process import call
from typer.core import TyperCommand, TyperGroup

from cli.main import application

# Commands that concern no stack, and the two of the pipeline that have it before the folder of their records.
NONE = {
    "changed", "init", "migrate create", "migrate rehearse", "report comment", "report issue", "report keep",
    "report next-steps", "report summary", "schema docs", "schema sql", "upgrade run",
}  # fmt: skip


def commands(group: TyperGroup, *path: str) -> dict[str, TyperCommand]:
    found: dict[str, TyperCommand] = {}
    for name, each in group.commands.items():
        found |= commands(each, *path, name) if isinstance(each, TyperGroup) else {" ".join((*path, name)): each}
    return found


def test_every_command_about_a_stack_takes_it_after_s() -> None:
    root = typer.main.get_command(application())
    assert isinstance(root, TyperGroup)
    without = {name for name, each in commands(root).items() if not any("-s" in one.opts for one in each.params)}
    assert without == NONE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: data-tier\n")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("status", "shop-eu"), 1, "stack `shop-eu` was not brought up"),
        (("status", "-s", "shop-eu"), 1, "stack `shop-eu` was not brought up"),
        (("status", "shop-eu", "--stack", "shop-eu"), 1, "stack `shop-eu` was not brought up"),
        (("status", "shop-us", "-s", "shop-eu"), 2, "two stacks, `shop-us` and `shop-eu`: name one."),
        (("up", "local", "-s", "shop-eu"), 2, "two stacks, `local` and `shop-eu`: name one."),
        (("up", "-s", "shop-eu"), 2, "There is no stack `shop-eu`"),
        (("preview", "-s", "shop-eu"), 2, "There is no stack `shop-eu`"),
        (("alarms", "check", "-s", "shop-eu"), 2, "There is no stack `shop-eu`"),
        (("bootstrap", "shop-eu"), 1, "stack `shop-eu` was not brought up"),
        (("drift", "-s", "shop-eu"), 1, "stack `shop-eu` was not brought up"),
        (("upgrade", "plan", "--to", "postgres.version=18"), 2, "which stack?"),
        (("upgrade", "plan", "-s", "shop-eu", "--to", "postgres.version=18"), 2, "There is no stack `shop-eu`"),
        (("psql", "-c", "select 1"), 2, "`datatier psql IDENTITY -- -c ...`"),
        (("psql", "web", "--csv"), 2, "Options of psql itself follow `--`"),
        (("redis-cli", "web", "main", "-n", "1"), 2, "`datatier redis-cli IDENTITY -- -n ...`"),
    ],
)
def test_how_a_stack_is_named(folder: Path, words: tuple[str, ...], code: int, says: str) -> None:
    answer = call(folder, *words)
    assert (answer.code, says in answer.err) == (code, True), answer.all
