"""Plans carried out on moto's RDS, which nobody wrote for them: by botocore, with AWS's own shapes.

What moto has not is scripted: the state of parameters, and Pulumi, in whose place the instance is modified.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.session import Session
from moto import mock_aws
from scripted_aws import Scripted
from test_upgrade_plan import stack

from local.files import write_private
from upgrade.check import Look, Value
from upgrade.deployed import Deployed
from upgrade.effect import Call, Deploy
from upgrade.file import StoredPlan, lines_of, stored
from upgrade.plan import plan
from upgrade.run import aws
from upgrade.run.report import UpgradeReport
from upgrade.run.run import Asked
from upgrade.run.session import carry_out

REGION = "eu-west-3"
AWS = {"region": REGION, "allowedAccountIds": ["123456789012"]}  # moto's


class Moto(Scripted):
    """AWS is moto; the database and the person are scripted."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, declared: Deployed, version: str) -> None:
        super().__init__(monkeypatch, REGION)
        clients: dict[str, Any] = {
            each: Session().create_client(each, region_name=REGION) for each in ("rds", "sts", "ec2")
        }
        monkeypatch.setattr(aws, "aws_client", lambda service, *_, **__: clients[service])
        self.rds, self.made, self.waits, self.given = clients["rds"], list[str](), False, 0
        self.primary = declared.primary.identifier
        vpc = clients["ec2"].create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = clients["ec2"].create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
        self.rds.create_db_subnet_group(DBSubnetGroupName="s", DBSubnetGroupDescription="s", SubnetIds=[subnet])
        self.rds.create_db_parameter_group(
            DBParameterGroupName="default.postgres18", DBParameterGroupFamily="postgres18", Description="RDS has it"
        )
        self.rds.create_db_instance(
            DBInstanceIdentifier=self.primary, DBInstanceClass=declared.primary.instance_class, Engine="postgres",
            EngineVersion=version, AllocatedStorage=100, MasterUsername="m", MasterUserPassword="not-a-secret",
            DBSubnetGroupName="s", VpcSecurityGroupIds=["sg-1"], BackupRetentionPeriod=7,
        )  # fmt: skip
        for each in declared.instances.replicas.values():
            self.rds.create_db_instance_read_replica(
                DBInstanceIdentifier=each.identifier, SourceDBInstanceIdentifier=self.primary
            )

    def look(self, look: Look) -> object:
        if look.path.endswith("ParameterApplyStatus"):
            return "pending-reboot" if self.waits else "in-sync"
        return self.given if look.operation == "DescribeDBParameters" else self.aws.look(look)

    def call(self, call: Call, found: Mapping[str, Value]) -> str:
        self.made.append(call.operation)
        request = self.aws.call(call, found)
        if call.operation == "RebootDBInstance":
            self.waits = False
        if call.operation == "ModifyDBParameterGroup":
            self.given += len(list(call.parameters["Parameters"]))  # type: ignore[arg-type]
        return request

    def up(self, deploy: Deploy) -> None:
        self.made.append("pulumi up")
        for each in deploy.lines:
            _, given = lines_of(each)
            if "version" in given:
                self.rds.modify_db_instance(
                    DBInstanceIdentifier=self.primary, EngineVersion=given["version"], ApplyImmediately=True
                )
            if "parameters" in given:
                self.waits = self.database.logical = True

    def version_of(self, name: str) -> str:
        return str(self.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]["EngineVersion"])

    def run(self, plans: tuple[StoredPlan, ...], folder: Path, **more: Any) -> UpgradeReport:
        until = more.pop("until", None)
        for each in plans[0].steps:
            self.write([line for effect in each.do if effect.kind == "deploy" for line in effect.lines])
        asked = Asked(agreed=lambda _: True, go=True, until=until)
        return carry_out(plans, self, folder, write_private, asked, lambda _: None, **more)


@pytest.fixture(autouse=True)
def moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield


def planned(declared: Deployed, to: str, was: str) -> tuple[StoredPlan, ...]:
    return stored(declared, plan(declared, [to], [was]), datetime.now(UTC))


def test_a_minor_upgrade_with_replicas(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    declared = stack("prod", "live", AWS, name="shop")
    world = Moto(monkeypatch, declared, "17.9")
    found = world.run(planned(declared, "postgres.version=17.10", "postgres.version=17.9"), tmp_path)
    assert (found.state, found.why) == ("done", "")
    assert world.made == ["ModifyDBInstance", "ModifyDBInstance", "pulumi up"]
    for name in ("shop-live-standby", "shop-live-reporting", "shop-live"):
        assert world.version_of(name) == "17.10"
    assert all(each.requests for each in found.done[:2])


def test_a_major_upgrade_by_blue_green(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """To the switchover: what a green copy becomes is AWS's, and moto leaves the blue one where it was."""
    declared = stack("dev", "live", AWS, name="shop")
    world = Moto(monkeypatch, declared, "17.9")
    plans = planned(declared, "postgres.version=18.4", "postgres.version=17")
    found = world.run(plans, tmp_path, until="green")
    assert (found.state, found.next, found.why) == ("stopped", "switchover", "")
    assert world.made == [
        "RestoreDBInstanceToPointInTime", "ModifyDBInstance", "DeleteDBInstance", "pulumi up", "RebootDBInstance",
        "CreateDBParameterGroup", *["ModifyDBParameterGroup"] * 3, "CreateBlueGreenDeployment",
    ]  # fmt: skip
    assert world.version_of("shop-live") == "17.9"
    [green] = world.rds.describe_blue_green_deployments()["BlueGreenDeployments"]
    assert (green["BlueGreenDeploymentName"], green["Status"]) == ("shop-live-18", "AVAILABLE")
    [group] = world.rds.describe_db_parameter_groups(DBParameterGroupName="shop-live-postgres18-green")[
        "DBParameterGroups"
    ]
    assert group["DBParameterGroupFamily"] == "postgres18"

    undone = world.run(plans, tmp_path, undo="green")
    assert (undone.next, world.rds.describe_blue_green_deployments()["BlueGreenDeployments"]) == ("green", [])
    found = world.run(plans, tmp_path, until="switchover")
    assert (found.state, found.next) == ("stopped", "take-over")
    assert world.made[10:] == [
        "DeleteBlueGreenDeployment", "CreateBlueGreenDeployment", "SwitchoverBlueGreenDeployment"
    ]  # fmt: skip
    [green] = world.rds.describe_blue_green_deployments()["BlueGreenDeployments"]
    assert green["Status"] == "SWITCHOVER_COMPLETED"
