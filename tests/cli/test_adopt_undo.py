"""`datatier adopt --undo`: the way back of a tier that was adopted, from a saved state."""

from __future__ import annotations

import json
from pathlib import Path

import clinic_project
import pytest
from in_process import Said, call
from tiers import tier

STATE = "build/adopt/live/imported.json"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in which a tier was adopted."""
    monkeypatch.setattr("cli.adopt.estate_of", lambda *_: tier())
    folder = clinic_project.copy(tmp_path)
    made = call(folder, "adopt", "live", "--instance", "orders", "--region", "eu-west-1")
    assert made.code == 0, made.all
    return folder


def undo(folder: Path, *more: str, stack: str = "live") -> Said:
    return call(folder, "adopt", stack, "--undo", *more)


def test_the_state_of_the_import(folder: Path) -> None:
    said = undo(folder, "--against", STATE, "--json")
    imports = json.loads((folder / "build/adopt/live/import.json").read_text())["resources"]
    assert said.code == 0, said.all
    assert said.json["known"] is True
    assert {each.split("::", 2)[2] for each in said.json["adopted"]} == {
        each["name"] for each in imports if not each.get("component")
    }
    assert (said.json["used"], said.json["gone"]) == ([], [])
    assert [each["command"].split(" --stack")[0] for each in said.json["steps"]] == [
        "pulumi state protect",
        "pulumi destroy",
        "pulumi state delete --force",
        "pulumi destroy",
    ]


def test_each_command_is_one_line(folder: Path) -> None:
    """A line of a terminal is a command, whatever its width."""
    said = undo(folder, "--against", STATE)
    commands = [each["command"] for each in undo(folder, "--against", STATE, "--json").json["steps"]]
    assert [line for line in said.out.splitlines() if line.startswith("pulumi ")] == commands


def test_without_the_file_of_the_import_it_says_so(folder: Path) -> None:
    (folder / "build/adopt/live/import.json").unlink()
    said = undo(folder, "--against", STATE)
    assert said.code == 0
    assert "build/adopt/live/import.json is not here" in said.out


def test_a_state_that_holds_nothing(folder: Path) -> None:
    (folder / "empty.json").write_text(json.dumps({"version": 3, "deployment": {"resources": []}}))
    said = undo(folder, "--against", "empty.json")
    assert (said.code, said.out.strip()) == (0, "the state of live holds nothing that was adopted")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("--undo",),
            "of which state? pulumi stack export --stack live | datatier adopt live --undo --against -",
        ),
        (("--undo", "--against", "missing.json"), "--against missing.json: No such file or directory."),
        (
            ("--undo", "--against", STATE, "--take-computed"),
            "--undo is said of a state alone: leave out everything but --against and --json.",
        ),
    ],
    ids=["no state", "no file", "with the way in"],
)
def test_bad_input_is_a_sentence(folder: Path, words: tuple[str, ...], sentence: str) -> None:
    said = call(folder, "adopt", "live", *words)
    assert said.code == 2
    assert sentence in " ".join(said.all.split())


def test_another_stacks_state_is_refused(folder: Path) -> None:
    said = undo(folder, "--against", STATE, stack="dev")
    assert said.code == 2
    assert "--against is the state of live, and not of dev." in " ".join(said.all.split())


def test_a_broken_file_of_the_import_is_refused(folder: Path) -> None:
    (folder / "build/adopt/live/import.json").write_text("{")
    said = undo(folder, "--against", STATE)
    assert said.code == 2
    assert "import.json cannot be read" in " ".join(said.all.split())
