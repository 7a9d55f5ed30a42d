"""An instance that was there before its stack: what is referred to, what is managed, and what is made beside it."""

from __future__ import annotations

from typing import Any

import pytest

from components.existing import ExistingParameterGroup
from components.postgres.args import PostgresArgs
from components.postgres.existing import ExistingInstance
from components.postgres.primary import Postgres
from components.postgres.replica import ReplicaSpec, SecondRegion
from knowledge.parameters import Parameter

PARAMETERS = [Parameter("rds.force_ssl", "1", "pending-reboot")]
GROUP = ExistingParameterGroup(name="billing-pg16", description="Billing", family="postgres16")
KEPT = ExistingInstance(
    subnet_group="default-vpc-0a1b2c3d",
    security_group_ids=["sg-7", "sg-8"],
    parameter_group=GROUP,
    key_arn="arn:key-of-billing",
    insights_key_arn="arn:aws-rds-key",
    initial_database="ledger",
)


def args(existing: ExistingInstance = KEPT, **more: Any) -> PostgresArgs:
    base: dict[str, Any] = {
        "identifier": "billing",
        "prefix": "crm-live",
        "account_id": "123456789012",
        "version": "16.3",
        "auto_minor_version_upgrade": False,
        "instance_class": "db.m6g.large",
        "parameters": PARAMETERS,
        "database": "crm",
        "username": "boss",
        "allocated_storage": 100,
        "subnet_ids": ["subnet-1", "subnet-2"],
        "security_group_ids": ["sg-1"],
        "storage_key_arn": "arn:storage",
        "logs_key_arn": "arn:logs",
        "backup_window": "01:00-01:30",
        "maintenance_window": "sun:03:00-sun:04:00",
        "existing": existing,
    }
    return PostgresArgs(**base | more)


def spec(existing: ExistingInstance | None = None, **more: Any) -> ReplicaSpec:
    return ReplicaSpec(**{"instance_class": "db.m6g.large", "parameters": PARAMETERS, "existing": existing} | more)


def test_a_primary_keeps_what_would_replace_it_and_the_stack_s_own_bears_the_stack_s_name(record: Any) -> None:
    seen = record(lambda: Postgres("db", args(event_topic_arns={"info": "arn:info"})))
    assert seen.listing == [
        ("EventSubscription", "db-info-events", "db"),
        ("EventSubscription", "db-info-parameter-groups-events", "db"),
        ("EventSubscription", "db-info-snapshots-events", "db"),
        ("Instance", "db-primary", "db"),
        ("LogGroup", "db-postgresql-log", "db"),
        ("LogGroup", "db-upgrade-log", "db"),
        ("ParameterGroup", "db-parameters", "db"),
        ("Postgres", "db", ""),
        ("RandomId", "db-generation", "db"),
        ("Role", "db-monitoring", "db"),
        ("RolePolicyAttachment", "db-monitoring-policy", "db"),
    ]
    inputs = seen["db-primary"].inputs
    assert {key: inputs.get(key) for key in SHOWN} == {
        "dbName": "ledger",
        "dbSubnetGroupName": "default-vpc-0a1b2c3d",
        "engineLifecycleSupport": None,
        "engineVersion": "16.3",
        "finalSnapshotIdentifier": "crm-live-final-0a1b2c3d",
        "identifier": "billing",
        "kmsKeyId": "arn:key-of-billing",
        "parameterGroupName": "billing-pg16",
        "password": None,
        "performanceInsightsKmsKeyId": "arn:aws-rds-key",
        "publiclyAccessible": False,
        "storageEncrypted": True,
        "storageType": "gp3",
        "vpcSecurityGroupIds": ["sg-1", "sg-7", "sg-8"],
    }
    assert seen["db-parameters"].inputs == {
        "name": "billing-pg16",
        "family": "postgres16",
        "description": "Billing",
        "parameters": [{"name": "rds.force_ssl", "value": "1", "applyMethod": "pending-reboot"}],
    }
    assert [seen[name].inputs["name"] for name in ("db-monitoring", "db-info-events", "db-postgresql-log")] == [
        "crm-live-monitoring",
        "crm-live-info",
        "/aws/rds/instance/billing/postgresql",
    ]
    assert seen["db-info-parameter-groups-events"].inputs["sourceIds"] == ["billing-pg16"]


SHOWN = (
    "dbName", "dbSubnetGroupName", "engineLifecycleSupport", "engineVersion", "finalSnapshotIdentifier", "identifier",
    "kmsKeyId", "parameterGroupName", "password", "performanceInsightsKmsKeyId", "publiclyAccessible",
    "storageEncrypted", "storageType", "vpcSecurityGroupIds",
)  # fmt: skip

PLAIN = ExistingInstance(encrypted=False)
DEFAULT = ExistingParameterGroup(name="default.postgres16", managed=False)
SHARED = ExistingParameterGroup(name="everyones-pg16", managed=False, family="postgres16")
GENERATED = {"namePrefix": "crm-live-postgres17-", "name": None, "description": "Parameters of crm-live"}


@pytest.mark.parametrize(
    ("given", "instance", "group"),
    [
        pytest.param(
            args(PLAIN),
            {"storageEncrypted": False, "kmsKeyId": None, "performanceInsightsKmsKeyId": "arn:storage"},
            {"namePrefix": "crm-live-postgres16-"},
            id="without encryption there is no key, and insights need one",
        ),
        pytest.param(
            args(PLAIN),
            {"dbName": None, "dbSubnetGroupName": "crm-live", "vpcSecurityGroupIds": ["sg-1"]},
            {},
            id="what it has not is made",
        ),
        pytest.param(args(PLAIN, insights="off"), {"performanceInsightsKmsKeyId": None}, {}, id="no insights"),
        pytest.param(args(ExistingInstance(public=True)), {"publiclyAccessible": True}, {}, id="a public address"),
        pytest.param(
            args(ExistingInstance(parameter_group=DEFAULT)), {"parameterGroupName": "default.postgres16"}, None,
            id="AWS's own group is referred to",
        ),
        pytest.param(
            args(ExistingInstance(parameter_group=SHARED)), {"parameterGroupName": "everyones-pg16"}, None,
            id="a group that others use is referred to",
        ),
        pytest.param(
            args(version="17", auto_minor_version_upgrade=True), {"parameterGroupName": "crm-live-postgres17-made"},
            GENERATED, id="a new major cannot have a group of the old family, managed",
        ),
        pytest.param(
            args(ExistingInstance(parameter_group=SHARED), version="17", auto_minor_version_upgrade=True),
            {"parameterGroupName": "crm-live-postgres17-made"}, GENERATED,
            id="a new major cannot have a group of the old family, referred to",
        ),
        pytest.param(
            args(storage_type="io2", iops=4000, allocated_storage=100), {"storageType": "io2", "iops": 4000}, {},
            id="provisioned IOPS",
        ),
        pytest.param(args(storage_type="gp2"), {"storageType": "gp2", "iops": None}, {}, id="gp2"),
    ],
)  # fmt: skip
def test_shapes(record: Any, given: PostgresArgs, instance: dict[str, Any], group: dict[str, Any] | None) -> None:
    seen = record(lambda: Postgres("db", given))
    inputs = seen["db-primary"].inputs
    assert {key: inputs.get(key) for key in instance} == instance
    made = seen.of("ParameterGroup")
    assert (not made) is (group is None)
    if group:
        own = made["db-parameters"].inputs
        assert {key: own.get(key) for key in group} == group


def test_replicas_keep_their_own_and_a_new_one_is_as_its_primary(record: Any) -> None:
    there = SecondRegion(
        region="eu-central-1",
        subnet_ids=["subnet-8", "subnet-9"],
        security_group_ids=["sg-9"],
        storage_key_arn="arn:storage-there",
        logs_key_arn="arn:logs-there",
    )
    own = ExistingInstance(
        subnet_group="far", security_group_ids=["sg-6"], parameter_group=DEFAULT, encrypted=False, public=True
    )
    replicas = {
        "near": spec(own, identifier="billing-reads", storage_type="gp2"),
        "far": spec(own, identifier="billing-far", remote=there),
        "new": spec(),
        "beyond": spec(remote=there),
    }
    seen = record(lambda: Postgres("db", args(PLAIN, replicas=replicas, event_topic_arns={"info": "arn:info"})))
    keys = ("identifier", "dbSubnetGroupName", "kmsKeyId", "parameterGroupName", "publiclyAccessible",
            "storageEncrypted", "storageType", "vpcSecurityGroupIds")  # fmt: skip
    assert {name: tuple(seen[f"db-{name}-instance"].inputs.get(key) for key in keys) for name in replicas} == {
        "near": ("billing-reads", "far", None, "default.postgres16", True, False, "gp2", ["sg-1", "sg-6"]),
        "far": ("billing-far", "far", None, "default.postgres16", True, False, None, ["sg-9", "sg-6"]),
        "new": ("crm-live-new", None, None, "crm-live-new-postgres16-made", False, False, None, ["sg-1"]),
        "beyond": (
            "crm-live-beyond", "crm-live-beyond", None, "crm-live-beyond-postgres16-made", False, False, None, ["sg-9"],
        ),
    }  # fmt: skip
    assert seen["db-near-postgresql-log"].inputs["name"] == "/aws/rds/instance/billing-reads/postgresql"
    # Nobody changes AWS's own group, and what has no source would be every group in the account.
    assert seen["db-info-parameter-groups-events"].inputs["sourceIds"] == [
        "crm-live-postgres16-made",
        "crm-live-new-postgres16-made",
    ]


def test_groups_that_nobody_can_change_send_no_events_and_a_shared_one_sends_them_once(record: Any) -> None:
    topics = {"info": "arn:info"}
    shared = ExistingInstance(parameter_group=SHARED)
    for given, expected in (
        (args(ExistingInstance(parameter_group=DEFAULT), event_topic_arns=topics), None),
        (args(shared, replicas={"reads": spec(shared)}, event_topic_arns=topics), ["everyones-pg16"]),
    ):
        made = record(lambda given=given: Postgres("db", given)).of("EventSubscription")
        found = made.get("db-info-parameter-groups-events")
        assert (found.inputs["sourceIds"] if found else None) == expected


def test_a_version_that_runs_may_be_one_that_rds_no_longer_makes() -> None:
    args(version="16.3")
    with pytest.raises(ValueError, match=r"'16\.3' does not exist on RDS"):
        args(None, version="16.3")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"'13\.9' is not a PostgreSQL version of RDS"):
        args(version="13.9")


def test_logs_that_are_there_stay_under_their_key_for_as_long_as_they_were_kept(record: Any) -> None:
    seen = record(lambda: Postgres("db", args(replicas={"reads": spec(KEPT), "new": spec()})))
    left_alone = ("kmsKeyId", "retentionInDays")
    assert {name: each.ignore_changes for name, each in seen.of("LogGroup").items()} == {
        f"db-{server}{kind}-log": ignored
        for server, ignored in (("", left_alone), ("reads-", left_alone), ("new-", ()))
        for kind in ("postgresql", "upgrade")
    }
