"""What another language sends becomes what a component takes, or is refused by its path."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from pulumi.errors import InputPropertyError

from components.alarms.target import AlarmTarget
from components.credentials import CredentialsArgs
from components.network.firewall import FirewallArgs
from components.network.vpc import NetworkArgs
from components.package.inputs import read
from components.postgres.replica import ReplicaSpec
from knowledge.alarms.spec import AlarmSpec
from knowledge.parameters import ApplyMethod, Parameter

PARAMETER = {"name": "work_mem", "value": "16384", "applyMethod": "immediate"}
SPEC = {"instanceClass": "db.t4g.micro", "parameters": []}
CREDENTIALS = {
    "prefix": "crm",
    "masterUsername": "boss",
    "database": "crm",
    "identities": ["app"],
    "secretsKeyArn": "arn:key",
}
PLACE = {"prefix": "p", "region": "eu-west-1", "accountId": "123456789012", "cidr": "10.0.0.0/20"}
ALARM = {
    "key": "down",
    "metric": "CPUUtilization",
    "namespace": "AWS/RDS",
    "statistic": "SampleCount",
    "comparison": "LessThanThreshold",
    "threshold": 1,
    "period": 60.0,
    "evaluationPeriods": 3.0,
    "datapoints": 2.0,
    "missing": "breaching",
    "severity": "critical",
    "meaning": "The server is down.",
    "firstSteps": ["Look"],
    "runbook": "docs/runbooks/down.md",
    "source": "it answers or not",
}

READ: list[tuple[type[Any], dict[str, Any], Any]] = [
    (Parameter, PARAMETER, Parameter("work_mem", "16384", ApplyMethod.IMMEDIATE)),
    (Parameter, {**PARAMETER, "value": 123456789012.0}, Parameter("work_mem", "123456789012", ApplyMethod.IMMEDIATE)),
    (
        ReplicaSpec,
        {"instanceClass": "db.t4g.micro", "parameters": [PARAMETER], "maxAllocatedStorage": 100.0, "remote": None},
        ReplicaSpec(
            instance_class="db.t4g.micro",
            parameters=[Parameter("work_mem", "16384", ApplyMethod.IMMEDIATE)],
            max_allocated_storage=100,
        ),
    ),
    (
        CredentialsArgs,
        {**CREDENTIALS, "recoveryWindowDays": 0.0, "protect": True},
        CredentialsArgs(
            prefix="crm",
            master_username="boss",
            database="crm",
            identities=["app"],
            secrets_key_arn="arn:key",
            recovery_window_days=0,
            protect=True,
        ),
    ),
]


@pytest.mark.parametrize(("typ", "sent", "expected"), READ)
def test_read(typ: type[Any], sent: dict[str, Any], expected: Any) -> None:
    assert read(typ, sent) == expected


def test_numbers_are_of_the_kind_that_is_asked_for() -> None:
    """The wire has floating-point numbers only, and the SDK of some languages whole ones."""
    alarm = read(AlarmSpec, ALARM)
    assert [type(each) for each in (alarm.threshold, alarm.period, alarm.datapoints)] == [float, int, int]


def test_outputs_are_taken_where_they_may_come_later() -> None:
    later = pulumi.Output.from_input("sg-1")
    args = read(FirewallArgs, {"prefix": "p", "vpcId": later, "endpointSecurityGroupId": later})
    assert isinstance(args.vpc_id, pulumi.Output)
    target = read(AlarmTarget, {"dimension": "DBInstanceIdentifier", "id": later, "alarms": []})
    assert isinstance(target.id, pulumi.Output)
    assert (target.dimension, target.alarms) == ("DBInstanceIdentifier", [])


OUTPUT = object()
REFUSED: list[tuple[type[Any], dict[str, Any], str, str]] = [
    (Parameter, {"name": "a", "value": "b"}, "applyMethod", "Parameter needs 'applyMethod'"),
    (Parameter, {**PARAMETER, "applyMethod": "later"}, "applyMethod", "'later' is none of immediate, pending-reboot"),
    (Parameter, {**PARAMETER, "aplyMethod": ""}, "aplyMethod", "did you mean 'applyMethod'?"),
    (Parameter, {**PARAMETER, "zzz": ""}, "zzz", "there are name, value, applyMethod"),
    (Parameter, {**PARAMETER, "name": OUTPUT}, "name", "must be written out"),
    (ReplicaSpec, {**SPEC, "parameters": [PARAMETER, {}]}, "parameters[1].name", "Parameter needs 'name'"),
    (ReplicaSpec, {**SPEC, "parameters": "work_mem"}, "parameters", "must be a list, and is 'work_mem'"),
    (ReplicaSpec, {**SPEC, "parameters": OUTPUT}, "parameters", "must be written out"),
    (ReplicaSpec, {**SPEC, "maxAllocatedStorage": 1.5}, "maxAllocatedStorage", "must be a whole number, and is 1.5"),
    (ReplicaSpec, {**SPEC, "maxAllocatedStorage": True}, "maxAllocatedStorage", "must be a whole number, and is True"),
    (ReplicaSpec, {**SPEC, "remote": {"region": 1.5}}, "remote.region", "must be a text, and is 1.5"),
    (CredentialsArgs, {**CREDENTIALS, "protect": "yes"}, "protect", "must be true or false, and is 'yes'"),
    (CredentialsArgs, {**CREDENTIALS, "recoveryWindowDays": 3.0}, "", "Secrets Manager takes 0 or 7 to 30"),
    (NetworkArgs, {**PLACE, "availabilityZones": {"a": "b"}}, "availabilityZones", "must be a list"),
]


@pytest.mark.parametrize(("typ", "sent", "path", "words"), REFUSED)
def test_refused(typ: type[Any], sent: dict[str, Any], path: str, words: str) -> None:
    sent = {key: pulumi.Output.from_input("x") if value is OUTPUT else value for key, value in sent.items()}
    with pytest.raises(InputPropertyError) as caught:
        read(typ, sent)
    assert caught.value.property_path == path
    assert words in caught.value.reason
