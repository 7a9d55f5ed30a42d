"""The manifest names the instances' own endpoints, whatever stands before them: the bootstrap goes round a proxy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from infra.program import program
from infra.stackfile import read_stack
from local.cloud import Declared, Made
from local.monitor import run_program
from preview.offline import Offline

ROOT = Path(__file__).parents[2]


class Remembering(Offline):
    """Keeps what became of each resource."""

    def __init__(self, region: str) -> None:
        super().__init__(region)
        self.made: dict[str, tuple[Declared, Made]] = {}

    def ensure(self, resource: Declared) -> Made:
        made = super().ensure(resource)
        self.made[resource.urn] = (resource, made)
        return made


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_runner_goes_to_the_instances_themselves(stack: str) -> None:
    cloud = Remembering("eu-west-1")
    run_program(stack, lambda: program(ROOT), cloud, read_stack(ROOT, stack))
    instances = [pair for pair in cloud.made.values() if pair[0].type == "aws:rds/instance:Instance"]
    ((run, _),) = (pair for pair in cloud.made.values() if pair[0].type == "aws:lambda/invocation:Invocation")
    postgres = json.loads(run.inputs["input"])["postgres"]
    primary, replicas = (
        [m.outputs["address"] for r, m in instances if bool(r.inputs.get("replicateSourceDb")) is is_replica]
        for is_replica in (False, True)
    )
    assert [postgres["primary"]["host"]] == primary
    assert sorted(replica["host"] for replica in postgres["replicas"]) == sorted(replicas)
    assert postgres.get("sslmode", "verify-full") == "verify-full"
