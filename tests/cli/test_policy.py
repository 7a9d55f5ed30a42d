"""Policy in `datatier preview`: a rule that fails is exit 1, a suppression with a reason lets it pass until its day."""

import pytest
from project_folder import Project

BROKEN = "  data-tier:postgres: {backup: {retention: 1}}\n"


@pytest.fixture
def prod(project: Project) -> Project:
    stack = project.folder / "Pulumi.prod.yaml"
    stack.write_text(stack.read_text() + BROKEN)
    return project


def suppress(project: Project, until: str, resource: str = "postgres-primary") -> None:
    stack = project.folder / "Pulumi.prod.yaml"
    what = f"{{rule: rds-backups, resource: {resource}, reason: while we move, until: {until}}}"
    stack.write_text(stack.read_text() + f"  data-tier:suppress: [{what}]\n")


def test_a_rule_that_fails(prod: Project) -> None:
    answer = prod.run("preview", "prod", "--json")
    assert answer.code == 1
    assert [f["rule"] for f in answer.json["findings"] if f["severity"] == "error"] == ["rds-backups"]


def test_a_suppression_until_its_day(prod: Project) -> None:
    suppress(prod, "2999-12-31")
    findings = prod.ok("preview", "prod", "--json").json["findings"]
    assert [(f["severity"], f["resource"]) for f in findings if f["rule"] == "rds-backups"] == [
        ("info", "postgres-primary")
    ]


@pytest.mark.parametrize(("until", "resource"), [("2020-01-31", "postgres-primary"), ("2999-12-31", "another")])
def test_a_suppression_that_does_not_hold(prod: Project, until: str, resource: str) -> None:
    suppress(prod, until, resource)
    answer = prod.run("preview", "prod", "--json")
    assert answer.code == 1
    assert {f["rule"] for f in answer.json["findings"]} >= {"rds-backups", "suppression-unused"}


def test_a_suppression_without_a_reason_is_refused(project: Project) -> None:
    stack = project.folder / "Pulumi.prod.yaml"
    stack.write_text(
        stack.read_text() + "  data-tier:suppress: [{rule: rds-backups, resource: x, reason: no, until: 2}]\n"
    )
    answer = project.run("preview", "prod")
    assert answer.code == 2
    assert "data-tier:suppress" in answer.err
