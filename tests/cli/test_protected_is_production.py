"""Production is what `protect` says, whatever a stack and its profile are called; and a command says its region."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from shop import LIVE, PROD, Folder, make

REMOTE = {"region": "eu-central-1", "vpc": "vpc-0c", "subnets": ["subnet-0c", "subnet-0d"]}
FAR: dict[str, Any] = {"data-tier:postgres": {**LIVE["data-tier:postgres"], "replicas": {"far": {"remote": REMOTE}}}}


def _declare(folder: Folder, stack: str, more: dict[str, Any]) -> None:
    usual = LIVE if stack == "live" else PROD
    (folder.path / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump({"config": usual | more}))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    folder = make(tmp_path_factory.mktemp("shop"))
    _declare(folder, "live", FAR)
    return folder


@pytest.mark.parametrize(
    "to", ["postgres.version=17.10", "postgres.version=18", "postgres.class=db.r7g.xlarge", "main.version=8.2"]
)
def test_each_command_of_a_plan_is_sent_to_the_region_of_what_it_is_about(shop: Folder, to: str) -> None:
    said = shop.call("upgrade", "plan", "live", "--from", "postgres.version=17.9", "--to", to, "--json").json
    commands = [how for plan in said for step in plan["steps"] for how in step["how"] if how.startswith("aws ")]
    assert commands
    for command in commands:
        assert f"--region {'eu-central-1' if 'shop-live-far' in command else 'eu-west-3'}" in command


def test_an_alarm_s_short_name_means_the_protected_stack(shop: Folder) -> None:
    said = shop.call("alarms", "explain", "replica-lag", "--json").json
    assert [(each["servers"], each["threshold"]) for each in said] == [(["far"], 360.0)]


@pytest.mark.parametrize(
    ("live", "prod", "says"),
    [(True, True, "protected stacks here: live, prod."), (False, False, "STACK`; stacks here: live, prod.")],
)
def test_where_several_stacks_are_protected_or_none_an_alarm_s_short_name_asks_which(
    tmp_path: Path, live: bool, prod: bool, says: str
) -> None:
    folder = make(tmp_path)
    for stack, protect in (("live", live), ("prod", prod)):
        _declare(folder, stack, {"data-tier:protect": protect})
    said = folder.call("alarms", "explain", "replica-lag")
    assert (said.code, says in " ".join(said.err.split())) == (2, True), said.err


@pytest.mark.parametrize(
    ("stack", "profile", "protect", "code"),
    [("qa", "staging", True, 3), ("prod", "staging", False, 0), ("live", "prod", False, 0)],
)
def test_a_topic_that_nobody_hears_is_an_error_where_the_stack_is_protected(
    tmp_path: Path, stack: str, profile: str, protect: bool, code: int
) -> None:
    folder = make(tmp_path)
    nobody: dict[str, list[str]] = {"critical": [], "warning": [], "info": []}
    _declare(folder, stack, {"data-tier:profile": profile, "data-tier:protect": protect, "data-tier:notify": nobody})
    said = folder.call("alarms", "check", stack, "--json")
    assert said.code == code, said.all
    unheard = [each for each in said.json["findings"] if "subscri" in str(each)]
    assert {each["severity"] for each in unheard} == {"error" if code else "warning"}
