"""`datatier preview --against`: forms and exit codes."""

import json
from pathlib import Path

import pytest
from project_folder import Project


@pytest.mark.parametrize(
    ("words", "stdin", "says"),
    [
        (("--format", "sarif"), "", "needs --against"),
        (("--against", "nowhere.json"), "", "nowhere.json: No such file"),
        (("--against", "-"), "{", "not JSON"),
        (("--against", "-"), "[1]", "neither"),
        (("--against", "-"), '{"deployment": {"resources": [3]}}', "deployment.resources[0] is a number"),
        (("--against", "utf16.json"), "", "is not UTF-8 text"),
        (("--against", "-", "--json", "--format", "markdown"), "{}", "contradict"),
    ],
)
def test_wrong_input(project: Project, words: tuple[str, ...], stdin: str, says: str) -> None:
    Path(project.folder / "utf16.json").write_bytes("{}".encode("utf-16"))
    answer = project.run("preview", "dev", *words, stdin=stdin)
    assert (answer.code, answer.out) == (2, "")
    assert says in answer.err


def test_an_input_that_no_resource_takes_is_wrong_input_too(project: Project) -> None:
    """It is found only when the change is judged."""
    urn = "urn:pulumi:dev::shop::data-tier:index:Postgres$aws:rds/instance:Instance::postgres-primary"
    above = "urn:pulumi:dev::shop::data-tier:index:Postgres::postgres"
    held = {"urn": urn, "type": "aws:rds/instance:Instance", "parent": above, "inputs": {"allocatedStorage": "a lot"}}
    file = json.dumps({"version": 3, "deployment": {"resources": [held]}})
    answer = project.run("preview", "dev", "--against", "-", stdin=file)
    assert (answer.code, answer.out) == (2, "")
    assert "deployment.resources[0].inputs.allocatedStorage is not valid for aws:rds/instance:Instance" in answer.err


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
