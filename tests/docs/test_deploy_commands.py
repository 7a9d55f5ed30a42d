"""Every command of docs/deploy.md, and every one that the look into an account tells people to type, exists."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import test_runbook_commands as runbooks
from pages import Command, _split

from account.names import KINDS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "deploy.md"
COMMANDS = [Command(PAGE.name, tuple(words)) for words in _split(PAGE.read_text("utf-8"))]
MENDS = [
    # The AWS CLI calls S3's own API s3api.
    Command(kind.what, tuple(shlex.split(text.format(name="NAME").replace("aws s3api", "aws s3"))))
    for kind in KINDS.values()
    for text in re.findall(r"`(aws [^`]+)`", kind.mend)
]
# https://www.pulumi.com/docs/iac/cli/commands/
PULUMI = {
    ("login",): set(),
    ("stack", "init"): {"--secrets-provider"},
    ("stack", "export"): {"--stack"},
    ("config", "set"): {"--stack"},
    ("up",): {"--stack"},
    ("destroy",): {"--stack"},
}


def of(program: str) -> list[Command]:
    found = [command for command in COMMANDS if command.words[0] == program]
    assert found, program
    return found


def test_no_other_programs() -> None:
    assert {command.words[0] for command in COMMANDS} == {"aws", "datatier", "make", "pulumi"}


@pytest.mark.parametrize("command", of("datatier"), ids=str)
def test_datatier_has_it(command: Command) -> None:
    runbooks.test_datatier_has_it(command)


@pytest.mark.parametrize("command", [*of("aws"), *MENDS], ids=str)
def test_aws_has_it(command: Command) -> None:
    runbooks.test_aws_has_it(command)


@pytest.mark.parametrize("command", of("make"), ids=str)
def test_make_has_it(command: Command) -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert command.words[1] in targets


@pytest.mark.parametrize("command", of("pulumi"), ids=str)
def test_pulumi_has_it(command: Command) -> None:
    words = command.words[1:]
    found = next(options for start, options in PULUMI.items() if words[: len(start)] == start)
    assert {word.partition("=")[0] for word in words if word.startswith("--")} <= found


def test_the_readme_leads_there() -> None:
    deploy = (ROOT / "README.md").read_text("utf-8").partition("## Deploy to AWS")[2].partition("\n## ")[0]
    assert "(docs/deploy.md)" in deploy
