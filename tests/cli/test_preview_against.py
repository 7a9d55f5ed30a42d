"""`datatier preview --against`: forms and exit codes."""

import json
from pathlib import Path

import pytest
from conftest import Project


@pytest.mark.parametrize(
    ("words", "stdin", "says"),
    [
        (("--format", "sarif"), "", "needs --against"),
        (("--against", "nowhere.json"), "", "nowhere.json: No such file"),
        (("--against", "-"), "{", "no JSON"),
        (("--against", "-"), "[1]", "neither"),
        (("--against", "-", "--json", "--format", "markdown"), "{}", "contradict"),
    ],
)
def test_wrong_input(project: Project, words: tuple[str, ...], stdin: str, says: str) -> None:
    answer = project.run("preview", "dev", *words, stdin=stdin)
    assert (answer.code, answer.out) == (2, "")
    assert says in answer.err


def test_against_an_earlier_preview(project: Project) -> None:
    before = project.ok("preview", "dev", "--json").out
    assert "dev: no changes" in project.ok("preview", "dev", "--against", "-", stdin=before).out

    stack = Path(project.folder / "Pulumi.dev.yaml")
    stack.write_text(stack.read_text() + "  data-tier:postgres: {storage: {allocated: 20, max: 40}, version: '16'}\n")
    answer = project.run("preview", "dev", "--against", "-", "--json", stdin=before)
    assert answer.code == 1, "RDS does not go back to an earlier major"
    assert answer.json["blocked"] is True
    assert [i["rule"] for i in answer.json["impacts"] if i["effect"] == "blocked"] == ["rds-major-down"]
    form = project.run("preview", "dev", "--against", "-", "--format", "sarif", stdin=before)
    assert json.loads(form.out)["version"] == "2.1.0"
