"""The manifest: the instances' own endpoints, whatever stands before them, and the stack's own protection."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from clinic_project import CLINIC
from recorded_program import recorded

from bootstrap.manifest import Manifest, ObjectLock
from graph.cloud import Made
from graph.offline import Offline
from graph.resource import Resource
from graph.types import BUCKET
from infra.program import program
from infra.settings.stackfile import read_stack
from runtime.monitor import run_program

ROOT = Path(__file__).parents[2]


class Remembering(Offline):
    """Keeps what became of each resource."""

    def __init__(self, region: str) -> None:
        super().__init__(region)
        self.made: dict[str, tuple[Resource, Made]] = {}

    def ensure(self, resource: Resource) -> Made:
        made = super().ensure(resource)
        self.made[resource.urn] = (resource, made)
        return made


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_runner_goes_to_the_instances_themselves(stack: str) -> None:
    cloud = Remembering("eu-west-1")
    run_program(stack, lambda: program(CLINIC), cloud, read_stack(CLINIC, stack))
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


@pytest.mark.parametrize(
    ("stack", "config", "protected"),
    [
        ("live", {"profile": "prod", "name": "shop"}, True),
        ("prod", {"profile": "dev", "name": "shop"}, False),
        ("production", {"profile": "dev", "protect": True}, True),
        ("prod", {"protect": False}, False),
    ],
)
def test_it_carries_the_protection_of_the_settings_whatever_the_stack_is_called(
    stack: str, config: dict[str, Any], protected: bool
) -> None:
    values = {f"data-tier:{key}": value for key, value in config.items()} | {"aws:region": "eu-west-3"}
    made = recorded(stack, values, region="eu-west-3")
    manifest = Manifest.model_validate_json(made.outputs["manifest"])
    assert (manifest.stack, manifest.protected, manifest.is_protected) == (stack, protected, protected)
    assert manifest.prefix == f"{config.get('name', 'clinic')}-{stack}"


@pytest.mark.parametrize(
    ("bucket", "name", "lock"),
    [
        ({}, "shop-live-{account}-eu-west-3", None),
        (
            {"name": "shop-exports", "lock": {"mode": "governance", "days": 9}},
            "shop-exports",
            ObjectLock(mode="GOVERNANCE", days=9),
        ),
        (None, None, None),
    ],
)
def test_it_says_where_backups_go(bucket: dict[str, Any] | None, name: str | None, lock: ObjectLock | None) -> None:
    """The bucket with its owner, so that nothing is sent into another account's bucket of that name."""
    values = {"aws:region": "eu-west-3", "data-tier:profile": "dev", "data-tier:name": "shop"}
    more = {} if bucket is None else {"data-tier:bucket": bucket}
    made = recorded("live", {**values, **more}, region="eu-west-3")
    found = Manifest.model_validate_json(made.outputs["manifest"]).bucket
    if name is None:
        assert found is None
        return
    assert found is not None
    assert (found.name, len(found.owner), found.lock) == (name.format(account=found.owner), 12, lock)
    (made_bucket,) = (each.inputs for each in made.resources if each.type == BUCKET)
    assert made_bucket.get("objectLockEnabled", False) is (lock is not None)


def test_one_that_says_nothing_of_protection_counts_as_protected() -> None:
    """As those of stacks deployed before, and those kept by a tier that was brought up before."""
    fields: dict[str, Any] = {"prefix": "a-dev", "region": "eu-west-3", "access": {}}
    fields["postgres"] = {"primary": {"name": "primary", "host": "h", "port": 1}, "database": "d", "master_secret": "s"}
    for stack in ("dev", "prod", "live"):
        for more in ({}, {"protected": None}):
            assert Manifest.model_validate({"stack": stack, **fields, **more}).is_protected
