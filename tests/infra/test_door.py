"""What a stack asks of an AWS account that nobody has prepared: under any name, with any profile."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from infra.program import program
from local.cloud import Declared
from local.monitor import run_program
from preview.offline import Offline

ROOT = Path(__file__).parents[2]
STACKS = {
    "live": {"data-tier:profile": "prod", "data-tier:name": "shop", "data-tier:rotation": {}},
    "prod": {"data-tier:profile": "dev"},
    "qa": {"data-tier:profile": "staging", "data-tier:backup": {"restore_test": {}}},
}


@cache
def declared(stack: str) -> dict[str, Declared]:
    made = run_program(stack, lambda: program(ROOT), Offline("eu-west-1"), STACKS[stack])
    return {each.name: each for each in made.resources}


def of(stack: str, kind: str) -> dict[str, dict[str, Any]]:
    return {name: dict(each.inputs) for name, each in declared(stack).items() if each.type.endswith(f":{kind}")}


@pytest.mark.parametrize("stack", STACKS)
def test_no_function_reserves_runs_of_an_account_that_may_have_ten(stack: str) -> None:
    functions = of(stack, "Function")
    assert functions
    assert [name for name, each in functions.items() if each.get("reservedConcurrentExecutions") is not None] == []


@pytest.mark.parametrize("stack", STACKS)
def test_no_cache_moves_on_by_itself(stack: str) -> None:
    groups = of(stack, "ReplicationGroup")
    assert {name: each["autoMinorVersionUpgrade"] for name, each in groups.items()} == dict.fromkeys(groups, False)
