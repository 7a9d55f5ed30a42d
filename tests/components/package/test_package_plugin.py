"""Components constructed by the package are the ones that a Python program makes itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import grpc
import plugin
import pulumi
import pytest
import recorder
from pulumi.output import Unknown
from pulumi.runtime.proto import provider_pb2

from components.alarms.server_alarms import Alarms, AlarmsArgs
from components.alarms.target import AlarmTarget
from components.keys import Keys, KeysArgs
from components.network.vpc import Network, NetworkArgs
from components.notifications.args import NotificationsArgs, Subscription
from components.notifications.topics import Notifications
from components.package.schema import schema
from components.postgres.args import PostgresArgs
from components.postgres.primary import Postgres
from components.postgres.replica import ReplicaSpec, SecondRegion
from components.redis.args import RedisArgs
from components.redis.replication_group import Redis
from knowledge.alarms.spec import AlarmSpec
from knowledge.parameters import ApplyMethod, Parameter

PLACE = {"account_id": "123456789012", "region": "eu-west-1"}
WIRE_PLACE = {"accountId": "123456789012", "region": "eu-west-1"}
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}

DOWN = AlarmSpec(
    key="down",
    metric="CPUUtilization",
    namespace="AWS/RDS",
    statistic="SampleCount",
    comparison="LessThanThreshold",
    threshold=1.0,
    period=60,
    evaluation_periods=3,
    datapoints=2,
    missing="breaching",
    severity="critical",
    meaning="The server is down.",
    first_steps=["Look", "Think", "Act"],
    runbook="docs/runbooks/down.md",
    source="it answers or it does not",
)


def keys() -> Any:
    return Keys("it", KeysArgs(prefix="crm-dev", deletion_window_days=7, **PLACE))


def network() -> Any:
    zones = ["eu-west-1a", "eu-west-1b"]
    return Network("it", NetworkArgs(prefix="crm-dev", cidr="10.20.0.0/20", availability_zones=zones, **PLACE))


def redis() -> Any:
    return Redis(
        "it",
        RedisArgs(
            replication_group_id="crm-dev-main",
            version="8.0",
            family="valkey8",
            node_type="cache.t4g.micro",
            parameters=[Parameter("maxmemory-policy", "allkeys-lru", ApplyMethod.IMMEDIATE)],
            replicas=1,
            auth_token=pulumi.Output.secret("hush-hush-hush-hush"),
            subnet_ids=["subnet-1", "subnet-2"],
            security_group_ids=["sg-1"],
            storage_key_arn="arn:storage",
            logs_key_arn="arn:logs",
            snapshot_window="03:00-04:00",
            maintenance_window="sun:05:00-sun:06:00",
            final_snapshot=False,
        ),
    )


def notifications() -> Any:
    mail = Subscription(kind="email", endpoint="oncall@example.org")
    web = Subscription(kind="https", endpoint="https://events.example.org/hush")
    chat = Subscription(kind="slack", endpoint="T0123ABC/C0456DEF")
    recipients = {"critical": [mail, web], "info": [chat]}
    return Notifications("it", NotificationsArgs(prefix="crm-dev", key_arn="arn:key", recipients=recipients, **PLACE))


def postgres() -> Any:
    parameters = [Parameter("rds.force_ssl", "1", ApplyMethod.PENDING_REBOOT)]
    there = SecondRegion(
        region="eu-central-1",
        subnet_ids=["subnet-8", "subnet-9"],
        security_group_ids=["sg-9"],
        storage_key_arn="arn:storage-there",
        logs_key_arn="arn:logs-there",
    )
    spec = ReplicaSpec(instance_class="db.r7g.large", parameters=parameters)
    return Postgres(
        "it",
        PostgresArgs(
            identifier="crm-dev",
            account_id="123456789012",
            instance_class="db.m7g.large",
            parameters=parameters,
            database="crm",
            username="crm_admin",
            password="hush",
            allocated_storage=100,
            subnet_ids=["subnet-1", "subnet-2"],
            security_group_ids=["sg-1"],
            storage_key_arn="arn:storage",
            logs_key_arn="arn:logs",
            replicas={
                "standby": spec,
                "dr": ReplicaSpec(instance_class="db.r7g.large", parameters=parameters, remote=there),
            },
            backup_window="01:00-01:30",
            maintenance_window="sun:03:00-sun:04:00",
            multi_az=True,
            event_topic_arns={"warning": "arn:warning"},
        ),
    )


def alarms() -> Any:
    target = AlarmTarget(dimension="DBInstanceIdentifier", id="crm-dev", alarms=[DOWN])
    topics = {"critical": "arn:critical", "warning": "arn:warning"}
    return Alarms("it", AlarmsArgs(prefix="crm-dev", targets={"primary": target}, topic_arns=topics))


FORCE_SSL = [{"name": "rds.force_ssl", "value": "1", "applyMethod": "pending-reboot"}]
SPEC = {"instanceClass": "db.r7g.large", "parameters": FORCE_SSL}
POSTGRES = {
    "identifier": "crm-dev",
    "accountId": "123456789012",
    "instanceClass": "db.m7g.large",
    "parameters": FORCE_SSL,
    "database": "crm",
    "username": "crm_admin",
    "password": {**SECRET, "value": "hush"},
    "allocatedStorage": 100,
    "subnetIds": ["subnet-1", "subnet-2"],
    "securityGroupIds": ["sg-1"],
    "storageKeyArn": "arn:storage",
    "logsKeyArn": "arn:logs",
    "replicas": {
        "standby": SPEC,
        "dr": {
            **SPEC,
            "remote": {
                "region": "eu-central-1",
                "subnetIds": ["subnet-8", "subnet-9"],
                "securityGroupIds": ["sg-9"],
                "storageKeyArn": "arn:storage-there",
                "logsKeyArn": "arn:logs-there",
            },
        },
    },
    "backupWindow": "01:00-01:30",
    "maintenanceWindow": "sun:03:00-sun:04:00",
    "multiAz": True,
    "eventTopicArns": {"warning": "arn:warning"},
}
REDIS = {
    "replicationGroupId": "crm-dev-main",
    "version": "8.0",
    "family": "valkey8",
    "nodeType": "cache.t4g.micro",
    "parameters": [{"name": "maxmemory-policy", "value": "allkeys-lru", "applyMethod": "immediate"}],
    "replicas": 1,
    "authToken": {**SECRET, "value": "hush-hush-hush-hush"},
    "subnetIds": ["subnet-1", "subnet-2"],
    "securityGroupIds": ["sg-1"],
    "storageKeyArn": "arn:storage",
    "logsKeyArn": "arn:logs",
    "snapshotWindow": "03:00-04:00",
    "maintenanceWindow": "sun:05:00-sun:06:00",
    "finalSnapshot": False,
}
ALARMS = {
    "prefix": "crm-dev",
    "targets": {
        "primary": {
            "dimension": "DBInstanceIdentifier",
            "id": "crm-dev",
            "alarms": [
                {
                    "key": "down",
                    "metric": "CPUUtilization",
                    "namespace": "AWS/RDS",
                    "statistic": "SampleCount",
                    "comparison": "LessThanThreshold",
                    "threshold": 1,
                    "period": 60,
                    "evaluationPeriods": 3,
                    "datapoints": 2,
                    "missing": "breaching",
                    "severity": "critical",
                    "meaning": "The server is down.",
                    "firstSteps": ["Look", "Think", "Act"],
                    "runbook": "docs/runbooks/down.md",
                    "source": "it answers or it does not",
                }
            ],
        }
    },
    "topicArns": {"critical": "arn:critical", "warning": "arn:warning"},
}
NOTIFICATIONS = {
    "prefix": "crm-dev",
    "keyArn": "arn:key",
    "recipients": {
        "critical": [
            {"kind": "email", "endpoint": "oncall@example.org"},
            {"kind": "https", "endpoint": "https://events.example.org/hush"},
        ],
        "info": [{"kind": "slack", "endpoint": "T0123ABC/C0456DEF"}],
    },
    **WIRE_PLACE,
}

CASES: list[tuple[str, dict[str, Any], Callable[[], Any]]] = [
    ("Keys", {"prefix": "crm-dev", "deletionWindowDays": 7, **WIRE_PLACE}, keys),
    (
        "Network",
        {
            "prefix": "crm-dev",
            "cidr": "10.20.0.0/20",
            "availabilityZones": ["eu-west-1a", "eu-west-1b"],
            **WIRE_PLACE,
        },
        network,
    ),
    ("Redis", REDIS, redis),
    ("Notifications", NOTIFICATIONS, notifications),
    ("Postgres", POSTGRES, postgres),
    ("Alarms", ALARMS, alarms),
]


@pytest.fixture(scope="module")
def package() -> Iterator[plugin.Plugin]:
    with plugin.running() as found:
        yield found


def test_it_answers_with_the_schema(package: plugin.Plugin) -> None:
    assert json.loads(package.stub.GetSchema(provider_pb2.GetSchemaRequest()).schema) == schema()


def listed(recorded: recorder.Recorded) -> dict[str, recorder.Asked]:
    """What was asked for, by name; one unknown is as good as another."""
    return {each.name: replace(each, inputs=_equal(each.inputs)) for each in recorded.resources}


def _equal(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _equal(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_equal(each) for each in value]
    return "[unknown]" if isinstance(value, Unknown) else value


@pytest.mark.parametrize("preview", [False, True], ids=["up", "preview"])
@pytest.mark.parametrize(("kind", "sent", "direct"), CASES, ids=[case[0] for case in CASES])
def test_what_it_constructs_is_what_python_makes(
    package: plugin.Plugin, record: Any, kind: str, sent: dict[str, Any], direct: Callable[[], Any], preview: bool
) -> None:
    made = package.construct(f"data-tier:index:{kind}", "it", sent, preview=preview)
    wanted = record(direct, preview=preview)
    assert listed(made.recorded) == listed(wanted)
    assert len(made.recorded.resources) == len(wanted.resources) > 2


def test_outputs_have_the_names_of_the_schema(package: plugin.Plugin) -> None:
    found = {kind: package.construct(f"data-tier:index:{kind}", "it", sent).outputs for kind, sent, _ in CASES}
    for kind, given in found.items():
        promised = schema()["resources"][f"data-tier:index:{kind}"]
        assert set(promised["required"]) <= set(given) <= set(promised["properties"])
    assert found["Keys"] == {
        "storageArn": "arn:it-storage",
        "secretsArn": "arn:it-secrets",
        "notificationsArn": "arn:it-notifications",
        "logsArn": "arn:it-logs",
    }
    assert found["Redis"] == {
        "replicationGroupId": "crm-dev-main",
        "arn": "arn:it-group",
        "endpoint": "it-group.primary",
        "readerEndpoint": "it-group.reader",
        "port": 6379,
        "memberClusters": ["it-group-x1", "it-group-x0"],
        "nodes": ["it-group-x0", "it-group-x1"],
    }
    assert sorted(found["Postgres"]["replicas"]) == ["dr", "standby"]


def test_what_is_given_out_by_reference_registers_the_names_of_the_schema(package: plugin.Plugin) -> None:
    """Who is given a reference to a component reads what the component registered, not what was answered."""
    given = package.construct("data-tier:index:Postgres", "it", POSTGRES).given_out
    properties = schema()["resources"]["data-tier:index:Replica"]["properties"]
    assert set(given["it-standby"]) == set(given["it-dr"]) == set(properties)


OTHER = "urn:pulumi:test::data-tier::aws:sns/topic:Topic::other"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"  # what the engine has for a text that it will know later


def test_what_is_made_waits_for_whose_output_it_has(package: plugin.Plugin) -> None:
    made = package.construct("data-tier:index:Redis", "it", REDIS, waits={"storageKeyArn": OTHER})
    waiting = {each.name for each in made.recorded.resources if "other" in each.waits_for}
    assert waiting == {"it-group"}
    assert made.recorded["it-group"].inputs["kmsKeyId"] == "arn:storage"


def test_in_a_preview_an_output_may_be_unknown(package: plugin.Plugin) -> None:
    sent = {**REDIS, "storageKeyArn": UNKNOWN, "securityGroupIds": [UNKNOWN]}
    waits = {"storageKeyArn": OTHER}
    made = package.construct("data-tier:index:Redis", "it", sent, preview=True, waits=waits)
    group = made.recorded["it-group"].inputs
    assert [type(each) for each in (group["kmsKeyId"], *group["securityGroupIds"])] == [Unknown, Unknown]


REFUSED = [
    ("Redis", {**REDIS, "nodeType": UNKNOWN}, "nodeType", "must be written out"),
    ("Keys", {"prefix": "crm-dev", "region": "eu-west-1"}, "accountId", "KeysArgs needs 'accountId'"),
    ("Keys", {"prefix": "p", "protekt": True, **WIRE_PLACE}, "protekt", "did you mean 'protect'?"),
    ("Keys", {"prefix": "p", "deletionWindowDays": 6, **WIRE_PLACE}, "", "KMS takes 7 to 30 days"),
    ("Redis", {**REDIS, "shards": "two"}, "shards", "must be a whole number, and is 'two'"),
]


@pytest.mark.parametrize(("kind", "sent", "path", "words"), REFUSED)
def test_wrong_inputs_are_refused_by_their_path(
    package: plugin.Plugin, kind: str, sent: dict[str, Any], path: str, words: str
) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        package.construct(f"data-tier:index:{kind}", "it", sent, preview=True)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    details = dict(caught.value.trailing_metadata())["grpc-status-details-bin"]
    assert path.encode() in details
    assert words.encode() in details


def test_a_component_that_there_is_not(package: plugin.Plugin) -> None:
    with pytest.raises(grpc.RpcError, match="data-tier:index:Kes is none of this package's components"):
        package.construct("data-tier:index:Kes", "it", {})
