"""Stacks that are not called as their profile is, of another application, through every command.

`live` has the values of prod, `prod` those of dev: what is said of one names nothing of the other, and what guards
access is the stack's own protection.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from in_process import Said, call

from cli.main import COMMANDS

ROOT = Path(__file__).parents[2]
LIVE: dict[str, Any] = {
    "aws:region": "eu-west-3",
    "aws:allowedAccountIds": ["210987654321"],
    "data-tier:profile": "prod",
    "data-tier:name": "shop",
    # Of the profile's servers only as many as a test can afford.
    "data-tier:postgres": {"database": "shop", "master": "shop_admin", "replicas": {"standby": {}}},
    "data-tier:redis": {"main": {}},
    "data-tier:notify": {"critical": [{"email": "oncall@example.org"}], "warning": [{"email": "data@example.org"}]},
    "data-tier:network": {"clients": ["10.0.0.0/8"]},
}
PROD: dict[str, Any] = {
    "aws:region": "us-east-2",
    "data-tier:profile": "dev",
    "data-tier:name": "shop",
    "data-tier:postgres": {"database": "shop", "master": "shop_admin"},
}
# What must not be said of a stack: another application, another stack, another region.
FOREIGN = {
    "live": re.compile(
        r"\btmi\b|tmi[-_]|shop-prod\b|(-s|--stack|preview|up) prod\b|stack [`']?prod\b|us-east-2|eu-west-1"
    ),
    "prod": re.compile(r"\btmi\b|tmi[-_]|shop-live\b|(-s|--stack|preview|up) live\b|stack [`']?live\b|eu-west-[13]"),
}


@dataclass(frozen=True)
class Folder:
    path: Path

    def call(self, *words: str, stdin: str = "") -> Said:
        return call(self.path, *words, stdin=stdin)

    def declare(self, change: Any = None) -> None:
        """Write access.yaml, as it was or with a change."""
        text = (ROOT / "access.yaml").read_text(encoding="utf-8").replace("tmi", "shop")
        declaration = yaml.safe_load(text)
        if change is not None:
            change(declaration)
        (self.path / "access.yaml").write_text(yaml.safe_dump(declaration, sort_keys=False), encoding="utf-8")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """A project with two stacks and nothing else, under Git."""
    folder = Folder(tmp_path_factory.mktemp("shop"))
    (folder.path / "Pulumi.yaml").write_text((ROOT / "Pulumi.yaml").read_text())
    (folder.path / "Pulumi.live.yaml").write_text(yaml.safe_dump({"config": LIVE}))
    (folder.path / "Pulumi.prod.yaml").write_text(yaml.safe_dump({"config": PROD}))
    folder.declare()
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "first"]):
        subprocess.run([*git, *words], cwd=folder.path, check=True)
    (folder.path / "failed").mkdir()
    record = {"name": "1-deploy", "title": "Deployment", "command": ["x"], "code": 1, "output": "schema is dirty"}
    (folder.path / "failed" / "1-deploy.json").write_text(json.dumps(record))
    return folder


@pytest.fixture(scope="module")
def tier(files: Folder) -> Iterator[Folder]:
    """`live` is up."""
    from conftest import Project

    Project(files.path).ok("up", "live")
    yield files
    files.declare()
    Project(files.path).ok("down", "--delete", "--yes")


# Without a tier. `{stack}` -> its name; exit code
OFFLINE: list[tuple[list[str], int]] = [
    (["preview", "{stack}", "--json"], 0),
    (["preview", "{stack}", "--against", "-", "--format", "markdown"], 0),
    (["preview", "{stack}", "--against", "-", "--format", "sarif"], 0),
    (["alarms", "check", "{stack}", "--json"], 0),
    (["alarms", "list", "{stack}", "--json"], 0),
    (["alarms", "list", "{stack}"], 0),
    (["alarms", "explain", "cpu-high", "{stack}"], 0),
    (["alarms", "explain", "shop-{stack}-primary-cpu-high", "{stack}", "--json"], 0),
    (["upgrade", "plan", "{stack}", "--to", "postgres.version=18", "--to", "main.version=9.0"], 0),
    (["upgrade", "plan", "{stack}", "--to", "postgres.class=db.m7g.4xlarge", "--json"], 0),
    (["upgrade", "plan", "{stack}", "--to", "main.auth=rbac", "--from", "main.auth=token"], 0),
    (["upgrade", "plan", "{stack}", "--to", "postgres.version=17.10", "--from", "postgres.version=17.9"], 0),
    (["report", "next-steps", "{stack}", "failed"], 0),
    (["changed", "--since", "HEAD"], 0),
    (["changed", "--since", "HEAD", "--matrix"], 0),
    (["doctor", "--json"], 0),
    (["down", "{stack}"], 0),
    (["status", "{stack}"], 1),
    (["logs", "--stack", "{stack}"], 1),
    (["access", "plan", "--stack", "{stack}"], 1),
    (["migrate", "status", "--stack", "{stack}"], 1),
    (["schema", "check", "--stack", "{stack}"], 1),
    (["env", "{stack}"], 1),
    (["pools", "{stack}"], 1),
    (["drift", "{stack}"], 1),
    (["reset", "{stack}"], 1),
    (["bootstrap", "--stack", "{stack}"], 1),
    (["psql", "--stack", "{stack}"], 1),
    (["redis-cli", "--stack", "{stack}"], 1),
]


@pytest.fixture(scope="module")
def exports(files: Folder) -> dict[str, str]:
    return {stack: files.call("preview", stack, "--json").out for stack in ("live", "prod")}


@pytest.mark.parametrize("stack", ["live", "prod"])
@pytest.mark.parametrize(("words", "code"), OFFLINE, ids=[" ".join(words) for words, _ in OFFLINE])
def test_offline_nothing_of_another_stack_is_said(
    files: Folder, exports: dict[str, str], stack: str, words: list[str], code: int
) -> None:
    said = files.call(*(word.format(stack=stack) for word in words), stdin=exports[stack])
    assert said.code == code, said.all
    assert not FOREIGN[stack].search(said.all), said.all
    assert "unexpected" not in said.err


@pytest.mark.parametrize("stack", ["live", "prod"])
def test_what_is_declared_is_called_by_the_stack_and_sized_by_its_profile(exports: dict[str, str], stack: str) -> None:
    resources = json.loads(exports[stack])["resources"]
    (primary,) = (each["inputs"] for each in resources if each["name"] == "postgres-primary")
    assert (primary["identifier"], primary["multiAz"], primary["deletionProtection"]) == (
        f"shop-{stack}",
        stack == "live",
        stack == "live",
    )


# On the tier `live`: words, exit code
RUNNING: list[tuple[list[str], int]] = [
    (["status", "live", "--json"], 0),
    (["status"], 0),
    (["doctor"], 0),
    (["env", "live"], 0),
    (["env", "live", "--format", "go"], 0),
    (["pools", "live", "--json"], 0),
    (["access", "plan", "--stack", "live"], 0),
    (["access", "verify", "--stack", "live", "--json"], 0),
    (["access", "explain", "shop_app", "--stack", "live"], 0),
    (["access", "apply", "--yes", "--stack", "live", "--json"], 0),
    (["access", "import", "--stack", "live"], 0),
    (["access", "rotate", "shop_app", "--dry-run", "--stack", "live"], 0),
    (["drift", "live", "--prove", "--json"], 0),
    (["migrate", "status", "--stack", "live"], 0),
    (["migrate", "version", "--stack", "live"], 0),
    (["migrate", "validate", "--stack", "live"], 0),
    (["migrate", "up", "--dry-run", "--stack", "live"], 0),
    (["schema", "check", "--stack", "live"], 0),
    (["alarms", "list", "live", "--json"], 0),
    (["logs", "primary", "--stack", "live", "--lines", "1"], 0),
    (["bootstrap", "--stack", "live", "--json"], 0),
    (["status", "prod"], 1),
    (["access", "plan", "--stack", "prod"], 1),
]


@pytest.mark.server
@pytest.mark.parametrize(("words", "code"), RUNNING, ids=[" ".join(words) for words, _ in RUNNING])
def test_on_a_tier_nothing_of_another_stack_is_said(tier: Folder, words: list[str], code: int) -> None:
    said = tier.call(*words)
    assert said.code == code, said.all
    assert "unexpected" not in said.err
    if "prod" in words:
        assert "`datatier up prod`" in said.err
    else:
        assert not FOREIGN["live"].search(said.out.replace(str(tier.path), "")), said.all


def test_no_command_was_forgotten() -> None:
    """`up` and `down` make and end the tier; `reset` empties it."""
    tried = {words[0] for words, _ in (*OFFLINE, *RUNNING)}
    assert tried >= set(COMMANDS) - {"up"}


@pytest.mark.server
def test_a_protected_stack_keeps_what_is_taken_away_until_it_is_allowed(tier: Folder) -> None:
    """`live` has profile prod; its name says nothing."""

    def weaker(declaration: dict[str, Any]) -> None:
        declaration["identities"]["shop_reporting"]["postgres"]["privileges"] = "monitoring"

    tier.declare(weaker)
    planned = tier.call("access", "plan", "--json")
    assert planned.code == 3
    assert any(change["takes_away"] for change in planned.json["changes"])
    kept = tier.call("access", "apply", "--yes", "--json")
    assert (kept.code, bool(kept.json["skipped"])) == (3, True)
    assert all(change["takes_away"] for change in kept.json["skipped"])
    tier.declare()
    assert tier.call("access", "apply", "--yes", "--allow-revoke").code == 0
    assert tier.call("access", "plan").out == "nothing differs\n"
