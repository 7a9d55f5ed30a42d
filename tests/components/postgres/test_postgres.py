"""PostgreSQL: primary, replicas here and in a second region, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.postgres.args import PostgresArgs
from components.postgres.primary import Postgres
from components.postgres.replica import ReplicaSpec, SecondRegion
from knowledge.parameters import Parameter

PARAMETERS = [Parameter("rds.force_ssl", "1", "pending-reboot"), Parameter("work_mem", "16384", "immediate")]


def args(**more: Any) -> PostgresArgs:
    base: dict[str, Any] = {
        "identifier": "crm-dev",
        "account_id": "123456789012",
        "instance_class": "db.m7g.large",
        "parameters": PARAMETERS,
        "database": "crm",
        "username": "crm_admin",
        "password": "hush",
        "allocated_storage": 100,
        "subnet_ids": ["subnet-1", "subnet-2"],
        "security_group_ids": ["sg-1"],
        "storage_key_arn": "arn:storage",
        "logs_key_arn": "arn:logs",
        "backup_window": "01:00-01:30",
        "maintenance_window": "sun:03:00-sun:04:00",
    }
    return PostgresArgs(**base | more)


def remote() -> SecondRegion:
    return SecondRegion(
        region="eu-central-1",
        subnet_ids=["subnet-8", "subnet-9"],
        security_group_ids=["sg-9"],
        storage_key_arn="arn:storage-there",
        logs_key_arn="arn:logs-there",
    )


def spec(**more: Any) -> ReplicaSpec:
    return ReplicaSpec(**{"instance_class": "db.r7g.large", "parameters": PARAMETERS[:1]} | more)


def test_a_primary_alone(record: Any) -> None:
    seen = record(lambda: Postgres("pg", args()))
    assert seen.listing == [
        ("Instance", "pg-primary", "pg"),
        ("LogGroup", "pg-postgresql-log", "pg"),
        ("LogGroup", "pg-upgrade-log", "pg"),
        ("ParameterGroup", "pg-parameters", "pg"),
        ("Postgres", "pg", ""),
        ("RandomId", "pg-generation", "pg"),
        ("Role", "pg-monitoring", "pg"),
        ("RolePolicyAttachment", "pg-monitoring-policy", "pg"),
        ("SubnetGroup", "pg-subnets", "pg"),
    ]
    primary = seen["pg-primary"]
    assert primary.inputs == {
        "allocatedStorage": 100,
        "allowMajorVersionUpgrade": False,
        "applyImmediately": False,
        "autoMinorVersionUpgrade": True,
        "backupRetentionPeriod": 7,
        "backupWindow": "01:00-01:30",
        "caCertIdentifier": "rds-ca-rsa2048-g1",
        "copyTagsToSnapshot": True,
        "databaseInsightsMode": "standard",
        "dbName": "crm",
        "dbSubnetGroupName": "crm-dev",
        "deleteAutomatedBackups": True,
        "deletionProtection": False,
        "enabledCloudwatchLogsExports": ["postgresql", "upgrade"],
        "engine": "postgres",
        "engineLifecycleSupport": "open-source-rds-extended-support-disabled",
        "engineVersion": "17",
        "finalSnapshotIdentifier": "crm-dev-final-0a1b2c3d",
        "iamDatabaseAuthenticationEnabled": True,
        "identifier": "crm-dev",
        "instanceClass": "db.m7g.large",
        "kmsKeyId": "arn:storage",
        "maintenanceWindow": "sun:03:00-sun:04:00",
        "monitoringInterval": 60,
        "monitoringRoleArn": "arn:pg-monitoring",
        "multiAz": False,
        "parameterGroupName": "crm-dev-postgres17-made",
        "password": "[secret]",
        "performanceInsightsEnabled": True,
        "performanceInsightsKmsKeyId": "arn:storage",
        "performanceInsightsRetentionPeriod": 7,
        "port": 5432,
        "publiclyAccessible": False,
        "skipFinalSnapshot": False,
        "storageEncrypted": True,
        "storageType": "gp3",
        "username": "crm_admin",
        "vpcSecurityGroupIds": ["sg-1"],
    }
    assert primary.secrets == {"password": "hush"}
    assert (primary.protect, primary.delete_before_replace, primary.ignore_changes) == (False, True, ("password",))
    # The log groups and the monitoring role's policy exist before the instance.
    assert primary.waits_for >= {"pg-postgresql-log", "pg-upgrade-log", "pg-monitoring-policy"}
    assert seen["pg-parameters"].inputs == {
        "namePrefix": "crm-dev-postgres17-",
        "family": "postgres17",
        "description": "Parameters of crm-dev",
        "parameters": [
            {"name": "rds.force_ssl", "value": "1", "applyMethod": "pending-reboot"},
            {"name": "work_mem", "value": "16384", "applyMethod": "immediate"},
        ],
    }
    assert not seen["pg-parameters"].delete_before_replace
    assert seen["pg-generation"].inputs["keepers"] == {
        "identifier": "crm-dev",
        "storage_key": "arn:storage",
        "username": "crm_admin",
        "database": "crm",
    }
    assert seen["pg-upgrade-log"].inputs == {
        "name": "/aws/rds/instance/crm-dev/upgrade",
        "kmsKeyId": "arn:logs",
        "retentionInDays": 30,
    }
    assert json.loads(seen["pg-monitoring"].inputs["assumeRolePolicy"])["Statement"][0]["Principal"] == {
        "Service": "monitoring.rds.amazonaws.com"
    }


def test_protection(record: Any) -> None:
    seen = record(lambda: Postgres("pg", args(protect=True, replicas={"standby": spec()})))
    for name in ("pg-primary", "pg-standby-instance"):
        assert seen[name].protect, name
        assert seen[name].inputs["deletionProtection"], name
    assert seen["pg-primary"].inputs["deleteAutomatedBackups"] is False
    assert {group.retain_on_delete for group in seen.of("LogGroup").values()} == {True}
    # Protection does not leak to what may be replaced at any time.
    assert not seen["pg-parameters"].protect
    assert not seen["pg-generation"].protect


def test_replicas(record: Any) -> None:
    there = spec(remote=remote())
    replicas = {"reporting": spec(availability_zone="eu-west-1b", max_allocated_storage=500), "dr": there}
    seen = record(lambda: Postgres("pg", args(replicas=replicas, event_topic_arns={"warning": "arn:warning"})))
    nested = {row for row in seen.listing if row[2].startswith("pg-")}
    assert nested == {
        ("Instance", "pg-dr-instance", "pg-dr"),
        ("Instance", "pg-reporting-instance", "pg-reporting"),
        ("LogGroup", "pg-dr-postgresql-log", "pg-dr"),
        ("LogGroup", "pg-dr-upgrade-log", "pg-dr"),
        ("LogGroup", "pg-reporting-postgresql-log", "pg-reporting"),
        ("LogGroup", "pg-reporting-upgrade-log", "pg-reporting"),
        ("ParameterGroup", "pg-dr-parameters", "pg-dr"),
        ("ParameterGroup", "pg-reporting-parameters", "pg-reporting"),
        ("SubnetGroup", "pg-dr-subnets", "pg-dr"),
    }
    here = seen["pg-reporting-instance"].inputs
    assert here == {
        "applyImmediately": False,
        "autoMinorVersionUpgrade": True,
        "availabilityZone": "eu-west-1b",
        "caCertIdentifier": "rds-ca-rsa2048-g1",
        "copyTagsToSnapshot": True,
        "deletionProtection": False,
        "enabledCloudwatchLogsExports": ["postgresql", "upgrade"],
        "iamDatabaseAuthenticationEnabled": True,
        "identifier": "crm-dev-reporting",
        "instanceClass": "db.r7g.large",
        "maintenanceWindow": "sun:03:00-sun:04:00",
        "maxAllocatedStorage": 500,
        "monitoringInterval": 60,
        "monitoringRoleArn": "arn:pg-monitoring",
        "parameterGroupName": "crm-dev-reporting-postgres17-made",
        "performanceInsightsEnabled": True,
        "performanceInsightsKmsKeyId": "arn:storage",
        "performanceInsightsRetentionPeriod": 7,
        "port": 5432,
        "publiclyAccessible": False,
        "replicateSourceDb": "crm-dev",
        "skipFinalSnapshot": True,
        "storageEncrypted": True,
        "vpcSecurityGroupIds": ["sg-1"],
    }
    far = seen["pg-dr-instance"].inputs
    assert {key: far[key] for key in far if far[key] != here.get(key)} == {
        "dbSubnetGroupName": "crm-dev-dr",
        "identifier": "crm-dev-dr",
        "kmsKeyId": "arn:storage-there",
        "parameterGroupName": "crm-dev-dr-postgres17-made",
        "performanceInsightsKmsKeyId": "arn:storage-there",
        "region": "eu-central-1",
        "replicateSourceDb": "arn:pg-primary",
        "vpcSecurityGroupIds": ["sg-9"],
    }
    for name in ("pg-dr-postgresql-log", "pg-dr-upgrade-log", "pg-dr-parameters", "pg-dr-subnets"):
        assert seen[name].inputs["region"] == "eu-central-1", name
    assert seen["pg-dr-upgrade-log"].inputs["kmsKeyId"] == "arn:logs-there"
    events = seen["pg-warning-events"]
    assert events.parent == "pg"
    # A subscription hears of its own region alone.
    assert events.inputs["sourceIds"] == ["crm-dev", "crm-dev-reporting"]
    assert "low storage" in events.inputs["eventCategories"]


@pytest.mark.parametrize("protect", [False, True])
def test_every_replica_is_replaced_with_its_primary_and_goes_before_it(record: Any, protect: bool) -> None:
    replicas = {"reporting": spec(), "far": spec(remote=remote()), "analytics": spec(instance_class="db.m7g.large")}
    given = args(identifier="shop-live", database="shop", username="shop_admin", replicas=replicas, protect=protect)
    seen = record(lambda: Postgres("db", given))
    made = {name: each for name, each in seen.of("Instance").items() if name != "db-primary"}
    assert {name: each.replaced_along for name, each in made.items()} == {
        "db-reporting-instance": {"db-primary"},
        "db-far-instance": {"db-primary"},
        "db-analytics-instance": {"db-primary"},
    }
    # The engine then deletes them first, in the reverse of this order.
    assert {name: each.delete_before_replace for name, each in made.items()} == dict.fromkeys(made, True)
    assert all("db-primary" in each.waits_for for each in made.values())
    assert not seen["db-primary"].replaced_along


def test_events_of_each_severity(record: Any) -> None:
    topics = {"warning": "arn:warning", "info": "arn:info"}
    given = args(replicas={"reporting": spec(), "dr": spec(remote=remote())}, event_topic_arns=topics)
    instances = ["crm-dev", "crm-dev-reporting"]
    groups = ["crm-dev-postgres17-made", "crm-dev-reporting-postgres17-made"]
    assert {
        name: (each.inputs["sourceType"], each.inputs.get("sourceIds"), each.inputs["snsTopic"], each.inputs["name"])
        for name, each in record(lambda: Postgres("pg", given)).of("EventSubscription").items()
    } == {
        "pg-info-events": ("db-instance", instances, "arn:info", "crm-dev-info"),
        "pg-info-parameter-groups-events": (
            "db-parameter-group",
            groups,
            "arn:info",
            "crm-dev-info-parameter-groups",
        ),
        "pg-info-snapshots-events": ("db-snapshot", None, "arn:info", "crm-dev-info-snapshots"),
        "pg-warning-events": ("db-instance", instances, "arn:warning", "crm-dev-warning"),
        "pg-warning-snapshots-events": ("db-snapshot", None, "arn:warning", "crm-dev-warning-snapshots"),
    }


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (
            {"insights": "advanced", "insights_retention_days": 465},
            {"databaseInsightsMode": "advanced", "performanceInsightsRetentionPeriod": 465},
        ),
        ({"insights": "off"}, {"performanceInsightsEnabled": False, "performanceInsightsRetentionPeriod": None}),
        ({"insights": "off"}, {"databaseInsightsMode": None, "performanceInsightsKmsKeyId": None}),
        ({"final_snapshot": False}, {"skipFinalSnapshot": True, "finalSnapshotIdentifier": None}),
        ({"monitoring_interval": 0}, {"monitoringInterval": 0, "monitoringRoleArn": None}),
        ({"version": "17.10", "auto_minor_version_upgrade": False}, {"engineVersion": "17.10"}),
        ({"version": "18"}, {"parameterGroupName": "crm-dev-postgres18-made"}),
        ({"allocated_storage": 400, "iops": 12000}, {"iops": 12000}),
        ({"max_allocated_storage": 110}, {"maxAllocatedStorage": 110}),
        ({"password": "hush"}, {"password": "[secret]"}),  # a plain password is made a secret
    ],
)
def test_choices(record: Any, more: dict[str, Any], expected: dict[str, Any]) -> None:
    inputs = record(lambda: Postgres("pg", args(**more)))["pg-primary"].inputs
    assert {key: inputs.get(key) for key in expected} == expected


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"replicas": {"a": spec()}, "backup_retention_days": 0}, "needs a source with backups"),
        ({"backup_retention_days": 36}, "0 to 35"),
        ({"replicas": {f"r{n}": spec() for n in range(16)}}, "15 per source"),
        ({"version": "17.10"}, "this would be a downgrade; write 17"),
        ({"version": "seventeen"}, "is not a PostgreSQL version of RDS"),
        ({"allocated_storage": 10}, "20 to 65536 GiB"),
        ({"max_allocated_storage": 105}, "10 % above"),
        (
            {"replicas": {"a": spec(max_allocated_storage=105)}},
            r"replicas\.a\.max_allocated_storage must be at least 10 %",
        ),
        ({"iops": 12000}, "iops cannot be set below 400 GiB"),
        ({"storage_throughput": 500}, "storage_throughput cannot be set below 400 GiB"),
        ({"allocated_storage": 400, "iops": 3000}, "iops 3000 is not 12000 to 64000"),
        ({"allocated_storage": 400, "storage_throughput": 4000}, "take 16000 iops at least"),
        ({"monitoring_interval": 7}, "0, 1, 5, 10"),
        ({"insights": "advanced"}, "ask for 465"),
        ({"insights_retention_days": 8}, "multiples of 31"),
        ({"insights": "all"}, "none of off, standard, advanced"),
        ({"event_topic_arns": {"critical": "arn"}}, "RDS events go to warning, info"),
        ({"identifier": "CRM"}, "lower-case"),
        ({"identifier": "crm--dev"}, "lower-case"),
        ({"identifier": "crm-"}, "lower-case"),
        ({"replicas": {"Reporting": spec()}}, "lower-case"),
        ({"replicas": {"x" * 60: spec()}}, "63"),
    ],
)
def test_refused(more: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        args(**more)


def test_all_refusals_come_at_once() -> None:
    with pytest.raises(ValueError, match=r"20 to 65536.*0 to 35"):
        args(backup_retention_days=40, allocated_storage=5)
