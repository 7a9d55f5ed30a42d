"""Policies for logins by IAM token, as a whole stack makes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from clinic_project import CLINIC

from graph.cloud import Made
from graph.offline import ACCOUNT, Offline
from graph.resource import Resource
from infra.program import program
from infra.settings.stackfile import read_stack
from runtime.monitor import run_program

ROOT = Path(__file__).parents[2]
REGION = "eu-west-1"


class Remembering(Offline):
    """Keeps what became of each resource."""

    def __init__(self) -> None:
        super().__init__(REGION)
        self.made: dict[str, tuple[Resource, Made]] = {}

    def ensure(self, resource: Resource) -> Made:
        made = super().ensure(resource)
        self.made[resource.name] = (resource, made)
        return made

    def statements(self, policy: str) -> dict[str, Any]:
        document = json.loads(self.made[policy][0].inputs["policy"])
        return {each["Sid"]: each for each in document["Statement"]}

    def resource_ids(self) -> dict[str, str]:
        """Instance's name in the program -> `db-...`."""
        kind = "aws:rds/instance:Instance"
        return {name: m.outputs["resourceId"] for name, (r, m) in self.made.items() if r.type == kind}


def deployed(folder: Path, *tokens: str, **more: Any) -> tuple[Remembering, dict[str, Any]]:
    """The production stack whose identities `tokens` log in by token."""
    declared = yaml.safe_load((CLINIC / "access.yaml").read_text())
    for name in tokens:
        declared["identities"][name]["auth"] = "iam"
    (folder / "access.yaml").write_text(yaml.safe_dump(declared))
    cloud = Remembering()
    config = read_stack(CLINIC, "prod") | {f"data-tier:{key}": value for key, value in more.items()}
    return cloud, run_program("prod", lambda: program(folder), cloud, config).outputs


def test_the_policy_of_an_identity(tmp_path: Path) -> None:
    cloud, outputs = deployed(tmp_path, "clinic_reporting")
    policies = {name: json.loads(document) for name, document in outputs["connect_policies"].items()}
    assert list(policies) == ["clinic_reporting"]
    (statement,) = policies["clinic_reporting"]["Statement"]
    ids = cloud.resource_ids()
    assert len(set(ids.values())) == 3
    assert (statement["Effect"], statement["Action"]) == ("Allow", ["rds-db:connect"])
    assert sorted(statement["Resource"]) == sorted(
        f"arn:aws:rds-db:{REGION}:{ACCOUNT}:dbuser:{resource_id}/{login}"
        for resource_id in ids.values()
        for login in ("clinic_reporting_a", "clinic_reporting_b")
    )


def test_the_policy_names_group_and_user(tmp_path: Path) -> None:
    _, outputs = deployed(tmp_path, "clinic_cache")
    (statement,) = json.loads(outputs["connect_policies"]["clinic_cache"])["Statement"]
    assert statement["Action"] == ["elasticache:Connect"]
    here = f"arn:aws:elasticache:{REGION}:{ACCOUNT}"
    main = [f"{here}:replicationgroup:clinic-prod-main", f"{here}:user:clinic-prod-main-clinic-cache-iam"]
    assert [arn for arn in statement["Resource"] if "prod-main" in arn] == main


def test_who_proves_it_may_log_in_as_it_and_as_the_master(tmp_path: Path) -> None:
    cloud, _ = deployed(tmp_path, "clinic_reporting")
    runner = cloud.statements("runner-policy")["ConnectDatabase"]
    users = {arn.rpartition("/")[2] for arn in runner["Resource"]}
    master = users - {"clinic_reporting_a", "clinic_reporting_b"}
    assert len(master) == 1
    assert len(runner["Resource"]) == 9
    manifest = json.loads(cloud.made["runner-run"][0].inputs["input"])
    assert manifest["postgres"]["iam_region"] == REGION


def test_without_it_nobody_may(tmp_path: Path) -> None:
    cloud, outputs = deployed(tmp_path)
    assert "connect_policies" not in outputs
    assert not [sid for sid in cloud.statements("runner-policy") if sid.startswith("Connect")]


@pytest.mark.parametrize(("tokens", "left_out"), [((), set()), (("clinic_reporting",), {"master", "clinic_reporting"})])
def test_what_has_no_password_does_not_rotate(tokens: tuple[str, ...], left_out: set[str], tmp_path: Path) -> None:
    cloud, _ = deployed(tmp_path, *tokens, rotation={"every": "30d"})
    kind = "aws:secretsmanager/secretRotation:SecretRotation"
    rotating = {name.removeprefix("rotation-") for name, (r, _) in cloud.made.items() if r.type == kind}
    declared = yaml.safe_load((tmp_path / "access.yaml").read_text())["identities"]
    assert rotating == {"master", *declared} - left_out
    assert ("ConnectDatabase" in cloud.statements("rotation-policy")) == bool(tokens)
