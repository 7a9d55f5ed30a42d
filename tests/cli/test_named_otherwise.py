"""Stacks that are not called as their profile is, of another application, through every command that needs no tier.

`live` has the values of prod, `prod` those of dev: what is said of one names nothing of the other.
"""

from __future__ import annotations

import json

import pytest
from shop import FOREIGN, Folder, make


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return make(tmp_path_factory.mktemp("shop"))


# Without a tier. `{stack}` -> its name; exit code
OFFLINE: list[tuple[list[str], int]] = [
    (["preview", "{stack}", "--json"], 0),
    (["preview", "{stack}", "--against", "-", "--format", "markdown"], 0),
    (["alarms", "check", "{stack}", "--json"], 0),
    (["alarms", "list", "{stack}", "--json"], 0),
    (["alarms", "explain", "cpu-high", "{stack}"], 0),
    (["alarms", "explain", "shop-{stack}-primary-cpu-high", "--json"], 0),
    (["upgrade", "plan", "{stack}", "--to", "postgres.version=18", "--to", "main.version=9.0"], 0),
    (["upgrade", "plan", "{stack}", "--to", "postgres.class=db.m7g.4xlarge", "--json"], 0),
    (["upgrade", "plan", "{stack}", "--to", "main.auth=rbac", "--from", "main.auth=token"], 0),
    (["upgrade", "plan", "{stack}", "--to", "postgres.version=17.10", "--from", "postgres.version=17.9"], 0),
    (["cost", "show", "{stack}"], 0),
    (["adopt", "{stack}", "--instance", "orders", "--region", "eu-west-1"], 2),  # it is declared already
    (["report", "next-steps", "{stack}", "failed"], 0),
    (["changed", "--since", "HEAD"], 0),
    (["changed", "--since", "HEAD", "--matrix"], 0),
    (["doctor", "--json"], 0),
    (["init", "desk"], 2),
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
    assert "a fault of datatier" not in said.err


@pytest.mark.parametrize("stack", ["live", "prod"])
def test_what_is_declared_is_called_by_the_stack_and_sized_by_its_profile(exports: dict[str, str], stack: str) -> None:
    resources = json.loads(exports[stack])["resources"]
    (primary,) = (each["inputs"] for each in resources if each["name"] == "postgres-primary")
    assert (primary["identifier"], primary["multiAz"], primary["deletionProtection"]) == (
        f"shop-{stack}",
        stack == "live",
        stack == "live",
    )
