"""`Estate` on AWS: what is asked of AWS, word for word, and what is refused before anything is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest
from botocore import exceptions
from botocore.session import Session
from botocore.stub import Stubber

from bootstrap.manifest import Endpoint
from bootstrap.secrets import Secret
from keep.errors import AskedError, EstateError
from keep.estate import aws
from keep.estate.aws import AwsEstate
from keep.estate.aws_groups import Landing
from keep.estate.estate import Cache, Instance, Snapshot
from keep.estate.naming import copy_name, is_copy_of
from keep.estate.refused import said

REGION = "eu-west-1"
NAME = "shop-prod-drill-0a1b2c"
AT = datetime(2026, 11, 30, 3, 15, tzinfo=UTC)
TAKEN = datetime(2026, 11, 29, 2, 0, tzinfo=UTC)
MADE_BY = "20261130T031500Z-1a2b3c"
TAGS = [{"Key": "data-tier:stack", "Value": "shop-prod"}, {"Key": "made_by", "Value": MADE_BY}]
ARN = f"arn:aws:elasticache:{REGION}:123456789012:"
SOURCE: dict[str, Any] = {
    "DBInstanceIdentifier": "shop-prod",
    "DBInstanceClass": "db.m7g.large",
    "DBInstanceStatus": "available",
    "EngineVersion": "18.6",
    "Endpoint": {"Address": "shop-prod.x.rds.amazonaws.com", "Port": 5433},
    "AllocatedStorage": 100,
    "StorageType": "gp3",
    "Iops": 3000,
    "StorageThroughput": 125,
    "MultiAZ": True,
    "BackupRetentionPeriod": 14,
    "LatestRestorableTime": AT,
    "DbiResourceId": "db-ABC",
    "DBSubnetGroup": {"DBSubnetGroupName": "shop-prod"},
    "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-2"}, {"VpcSecurityGroupId": "sg-1"}],
    "DBParameterGroups": [{"DBParameterGroupName": "shop-prod-18"}],
    "OptionGroupMemberships": [{"OptionGroupName": "default:postgres-18"}],
    "KmsKeyId": "arn:aws:kms:eu-west-1:123456789012:key/k",
    "CACertificateIdentifier": "rds-ca-rsa2048-g1",
    "NetworkType": "IPV4",
    "IAMDatabaseAuthenticationEnabled": True,
    "PubliclyAccessible": False,
    "DeletionProtection": True,
}
AS_SOURCE: dict[str, Any] = {
    "DBInstanceClass": "db.m7g.large",
    "DBSubnetGroupName": "shop-prod",
    "VpcSecurityGroupIds": ["sg-2", "sg-1"],
    "DBParameterGroupName": "shop-prod-18",
    "Port": 5433,
    "StorageType": "gp3",
    "EnableIAMDatabaseAuthentication": True,
    "OptionGroupName": "default:postgres-18",
    "CACertificateIdentifier": "rds-ca-rsa2048-g1",
    "NetworkType": "IPV4",
}
AS_COPY: dict[str, Any] = {
    "MultiAZ": False,
    "PubliclyAccessible": False,
    "DeletionProtection": False,
    "AutoMinorVersionUpgrade": False,
    "BackupRetentionPeriod": 0,
    "CopyTagsToSnapshot": True,
    "Tags": TAGS,
}
GROUP: dict[str, Any] = {
    "ReplicationGroupId": "shop-prod-hot",
    "Status": "available",
    "ARN": f"{ARN}replicationgroup:shop-prod-hot",
    "MemberClusters": ["shop-prod-hot-001", "shop-prod-hot-002"],
    "NodeGroups": [
        {
            "NodeGroupId": "0001",
            "PrimaryEndpoint": {"Address": "hot.cache.amazonaws.com", "Port": 6380},
            "NodeGroupMembers": [
                {"CacheClusterId": "shop-prod-hot-001", "CurrentRole": "replica"},
                {"CacheClusterId": "shop-prod-hot-002", "CurrentRole": "primary"},
            ],
        }
    ],
    "ClusterEnabled": False,
    "CacheNodeType": "cache.m7g.large",
    "TransitEncryptionEnabled": True,
    "TransitEncryptionMode": "required",
    "AtRestEncryptionEnabled": True,
    "KmsKeyId": "arn:aws:kms:eu-west-1:123456789012:key/c",
    "UserGroupIds": ["shop-prod-hot"],
    "NetworkType": "ipv4",
}
SHARDED = GROUP | {
    "ClusterEnabled": True,
    "ConfigurationEndpoint": {"Address": "cfg.hot.cache.amazonaws.com", "Port": 6380},
    "NodeGroups": [{"NodeGroupId": "0001"}, {"NodeGroupId": "0002"}],
}
NODE: dict[str, Any] = {
    "CacheClusterId": "shop-prod-hot-001",
    "Engine": "valkey",
    "CacheParameterGroup": {"CacheParameterGroupName": "shop-prod-hot-8"},
    "CacheSubnetGroupName": "shop-prod",
    "SecurityGroups": [{"SecurityGroupId": "sg-3"}],
}
CACHE_AS_SOURCE: dict[str, Any] = {
    "Engine": "valkey",
    "CacheNodeType": "cache.m7g.large",
    "CacheParameterGroupName": "shop-prod-hot-8",
    "CacheSubnetGroupName": "shop-prod",
    "SecurityGroupIds": ["sg-3"],
    "Port": 6380,
    "TransitEncryptionEnabled": True,
    "TransitEncryptionMode": "required",
    "AtRestEncryptionEnabled": True,
    "KmsKeyId": "arn:aws:kms:eu-west-1:123456789012:key/c",
    "NetworkType": "ipv4",
    "AutomaticFailoverEnabled": False,
    "MultiAZEnabled": False,
    "AutoMinorVersionUpgrade": False,
    "SnapshotRetentionLimit": 0,
}


@dataclass(frozen=True)
class Told:
    """An estate whose answers were written down before: any other call raises."""

    estate: AwsEstate
    rds: Stubber
    elasticache: Stubber

    def instance(self, identifier: str = "shop-prod", **other: Any) -> None:
        asked = {"DBInstanceIdentifier": identifier}
        self.rds.add_response("describe_db_instances", {"DBInstances": [SOURCE | other]}, asked)

    def no_instance(self, identifier: str) -> None:
        asked = {"DBInstanceIdentifier": identifier}
        self.rds.add_client_error("describe_db_instances", "DBInstanceNotFound", expected_params=asked)

    def kept(self, *backups: tuple[str, datetime | None, datetime | None]) -> None:
        """Automated backups of `shop-prod`: their ARN, and the first and the last moment of each."""
        found = [
            {"DBInstanceAutomatedBackupsArn": arn, "RestoreWindow": {"EarliestTime": first, "LatestTime": last}}
            if first
            else {"DBInstanceAutomatedBackupsArn": arn}
            for arn, first, last in backups
        ]
        self.rds.add_response(
            "describe_db_instance_automated_backups",
            {"DBInstanceAutomatedBackups": found},
            {"DBInstanceIdentifier": "shop-prod"},
        )

    def group(self, found: dict[str, Any], identifier: str = "shop-prod-hot") -> None:
        asked = {"ReplicationGroupId": identifier}
        self.elasticache.add_response("describe_replication_groups", {"ReplicationGroups": [found]}, asked)

    def no_group(self, identifier: str) -> None:
        asked = {"ReplicationGroupId": identifier}
        self.elasticache.add_client_error(
            "describe_replication_groups", "ReplicationGroupNotFoundFault", expected_params=asked
        )

    def tags(self, arn: str, tags: list[dict[str, str]]) -> None:
        self.elasticache.add_response("list_tags_for_resource", {"TagList": tags}, {"ResourceName": arn})


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    with stubbed(monkeypatch) as found:
        yield found


@contextmanager
def stubbed(
    monkeypatch: pytest.MonkeyPatch,
    region: str = REGION,
    landing: Landing | None = None,
    tokens: Mapping[str, Secret] = MappingProxyType({}),
) -> Iterator[Told]:
    """An estate with such clients, whose every answer has been asked for in the end."""
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
    stubs = {
        each: Stubber(Session().create_client(each, region_name=region, **keys)) for each in ("rds", "elasticache")
    }
    monkeypatch.setattr(aws, "aws_client", lambda service, *_, **__: stubs[service].client)
    with stubs["rds"], stubs["elasticache"]:
        yield Told(
            AwsEstate(region, "shop-prod", landing=landing, token=tokens.get), stubs["rds"], stubs["elasticache"]
        )
        for each in stubs.values():
            each.assert_no_pending_responses()


def test_an_instance_with_what_it_can_be_restored_to(told: Told) -> None:
    told.instance()
    window = {"RestoreWindow": {"EarliestTime": TAKEN, "LatestTime": AT}}
    told.rds.add_response(
        "describe_db_instance_automated_backups",
        {"DBInstanceAutomatedBackups": [window]},
        {"DbiResourceId": "db-ABC"},
    )
    assert told.estate.instance("shop-prod") == Instance(
        identifier="shop-prod",
        status="available",
        endpoint=Endpoint(name="shop-prod", host="shop-prod.x.rds.amazonaws.com", port=5433),
        earliest=TAKEN,
        latest=AT,
        settings=(
            ("instance class", "db.m7g.large"),
            ("parameter group", "shop-prod-18"),
            ("subnet group", "shop-prod"),
            ("security groups", "sg-1, sg-2"),
            ("option group", "default:postgres-18"),
            ("storage type", "gp3"),
            ("encrypted with", "arn:aws:kms:eu-west-1:123456789012:key/k"),
            ("IAM authentication", "on"),
        ),
    )


def test_an_instance_that_is_not_there(told: Told) -> None:
    told.no_instance(NAME)
    assert told.estate.instance(NAME) is None


@pytest.mark.parametrize(
    ("of_rds", "of_drills"),
    [
        ("creating", "creating"),
        ("storage-initialization", "available"),
        ("backing-up", "available"),
        ("modifying", "changing"),
        ("rebooting", "changing"),
        ("a status of next year", "changing"),
        ("deleting", "deleting"),
        ("insufficient-capacity", "failed"),
        ("incompatible-parameters", "failed"),
    ],
)
def test_the_status_of_an_instance_on_its_way(told: Told, of_rds: str, of_drills: str) -> None:
    told.instance(NAME, DBInstanceStatus=of_rds, Endpoint={"Port": 5433}, BackupRetentionPeriod=0)
    found = told.estate.instance(NAME)
    assert found is not None
    assert (found.status, found.endpoint, found.earliest) == (of_drills, None, None)


@pytest.mark.parametrize("public", [True, False, None])
def test_whether_an_instance_can_be_reached_from_the_internet_is_no_setting_of_a_copy(
    told: Told, public: bool | None
) -> None:
    told.instance(BackupRetentionPeriod=0, **({} if public is None else {"PubliclyAccessible": public}))
    found = told.estate.instance("shop-prod")
    assert found is not None
    assert found.public is bool(public)
    assert "yes" not in dict(found.settings).values()


@pytest.mark.parametrize(
    ("at", "told_rds"),
    [
        (AT - timedelta(minutes=1), AT - timedelta(minutes=1)),
        # It must be before LatestRestorableTime; what is after it is RDS's to refuse.
        (AT, AT - timedelta(seconds=1)),
        (AT + timedelta(minutes=1), AT + timedelta(minutes=1)),
    ],
)
def test_a_restore_to_a_moment_goes_into_the_groups_of_the_source_and_has_no_standby(
    told: Told, at: datetime, told_rds: datetime
) -> None:
    told.instance(PubliclyAccessible=True)
    asked = {"SourceDBInstanceIdentifier": "shop-prod", "TargetDBInstanceIdentifier": NAME, "RestoreTime": told_rds}
    told.rds.add_response("restore_db_instance_to_point_in_time", {}, asked | AS_SOURCE | AS_COPY)
    told.estate.restore_to_point_in_time("shop-prod", NAME, at, made_by=MADE_BY)


def test_what_is_going_to_have_a_replica_keeps_backups(told: Told) -> None:
    told.instance()
    asked = {"SourceDBInstanceIdentifier": "shop-prod", "TargetDBInstanceIdentifier": NAME, "RestoreTime": TAKEN}
    keeps = AS_COPY | {"BackupRetentionPeriod": 1}
    told.rds.add_response("restore_db_instance_to_point_in_time", {}, asked | AS_SOURCE | keeps)
    told.estate.restore_to_point_in_time("shop-prod", NAME, TAKEN, made_by=MADE_BY, replicated=True)


def test_a_replica_is_told_nothing_that_rds_takes_from_its_source(told: Told) -> None:
    told.instance(NAME)
    taken = ("DBSubnetGroupName", "DBParameterGroupName", "BackupRetentionPeriod")
    given = {name: value for name, value in (AS_SOURCE | AS_COPY).items() if name not in taken}
    replica = f"{NAME}-replica"
    asked = {"SourceDBInstanceIdentifier": NAME, "DBInstanceIdentifier": replica}
    told.rds.add_response("create_db_instance_read_replica", {}, asked | given)
    told.estate.create_read_replica(NAME, replica, made_by=MADE_BY)
    told.no_instance("shop-gone")
    with pytest.raises(AskedError, match="RDS has no instance shop-gone, which a replica would follow"):
        told.estate.create_read_replica("shop-gone", replica, made_by=MADE_BY)


@pytest.mark.parametrize(
    ("storage", "told_of_it"),
    [
        ({"AllocatedStorage": 399, "Iops": 3000, "StorageThroughput": 125}, {}),
        (
            {"AllocatedStorage": 400, "Iops": 12000, "StorageThroughput": 500},
            {"Iops": 12000, "StorageThroughput": 500},
        ),
        ({"AllocatedStorage": 100, "StorageType": "io2", "Iops": 4000, "StorageThroughput": 0}, {"Iops": 4000}),
    ],
)
def test_a_restored_volume_is_as_fast_as_the_sources(
    told: Told, storage: dict[str, Any], told_of_it: dict[str, Any]
) -> None:
    told.instance(**storage)
    asked = {"DBSnapshotIdentifier": "rds:shop-prod-1", "DBInstanceIdentifier": NAME}
    kind = {"StorageType": storage.get("StorageType", "gp3")}
    told.rds.add_response("restore_db_instance_from_db_snapshot", {}, asked | AS_SOURCE | kind | told_of_it | AS_COPY)
    told.estate.restore_from_snapshot("rds:shop-prod-1", NAME, like="shop-prod", made_by=MADE_BY)


LANDING = Landing(
    subnet_group="shop-dr", security_groups=("sg-9",), parameter_group="shop-dr-18", instance_class="db.m7g.large",
    port=5433, by_token=True,
)  # fmt: skip


def test_in_a_second_region_replicated_backups_are_restored_into_the_groups_that_are_named_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with stubbed(monkeypatch, "eu-central-1", landing=LANDING) as told:
        told.no_instance("shop-prod")
        arn = "arn:aws:rds:eu-central-1:123456789012:auto-backup:ab-1"
        told.kept((f"{arn}0", TAKEN, TAKEN), (arn, TAKEN, AT), (f"{arn}2", None, None))
        told.rds.add_response(
            "restore_db_instance_to_point_in_time",
            {},
            {
                "SourceDBInstanceAutomatedBackupsArn": arn,
                "TargetDBInstanceIdentifier": NAME,
                "RestoreTime": AT - timedelta(seconds=1),
                "DBInstanceClass": "db.m7g.large",
                "DBSubnetGroupName": "shop-dr",
                "VpcSecurityGroupIds": ["sg-9"],
                "DBParameterGroupName": "shop-dr-18",
                "Port": 5433,
                "EnableIAMDatabaseAuthentication": True,
                **AS_COPY,
            },
        )
        told.estate.restore_to_point_in_time("shop-prod", NAME, AT, made_by=MADE_BY)


def test_what_a_second_region_can_be_restored_to_is_what_is_kept_of_the_instance_of_today(told: Told) -> None:
    """RDS keeps the backups of an instance of the same name that was deleted as well."""
    before = TAKEN - timedelta(days=20)
    told.kept(("a", before, before), ("b", TAKEN, AT))
    told.kept(("a", None, None))
    told.kept()
    found = [told.estate.restorable("shop-prod") for _ in range(3)]
    assert found == [(TAKEN, AT), None, None]


def test_what_is_nowhere_cannot_be_restored(told: Told) -> None:
    told.no_instance("shop-prod")
    told.kept()
    with pytest.raises(AskedError, match=r"eu-west-1 has neither the instance shop-prod nor replicated backups of it"):
        told.estate.restore_to_point_in_time("shop-prod", NAME, AT, made_by=MADE_BY)


def test_a_copy_without_a_source_or_a_place_to_land_in_is_refused(told: Told) -> None:
    told.no_instance("shop-prod")
    with pytest.raises(AskedError, match="say which subnet group"):
        told.estate.restore_from_snapshot("rds:x", NAME, like="shop-prod", made_by=MADE_BY)


@pytest.mark.parametrize("name", ["shop-prod", "shop-prod-standby", "other-drill-0a1b2c", "shop-prod-drill-0a1b2g"])
def test_nothing_is_made_under_a_name_that_a_drill_does_not_give(told: Told, name: str) -> None:
    told.instance()
    with pytest.raises(AskedError, match=f"{name} is not a name for what a drill makes"):
        told.estate.restore_to_point_in_time("shop-prod", name, AT, made_by=MADE_BY)


@pytest.mark.parametrize("prefix", ["shop-prod", "a-name-that-is-longer-than-a-cache-may-be"])
@pytest.mark.parametrize("part", ["", "hot"])
def test_the_names_of_a_stacks_drills_are_known_and_no_others(prefix: str, part: str) -> None:
    name = copy_name(prefix, "20261130T031500Z-1a2b3c", part)
    assert is_copy_of(prefix, name)
    assert not is_copy_of("shop-live", name)
    assert not is_copy_of(prefix, f"{name}-x-y")
    assert not is_copy_of(prefix, prefix)


def test_snapshots_the_oldest_first_with_those_of_aws_backup_and_of_when_they_were_taken(told: Told) -> None:
    def one(name: str, **other: Any) -> dict[str, Any]:
        return {"DBSnapshotIdentifier": name, "DBInstanceIdentifier": "shop-prod", "Status": "available", **other}

    told.rds.add_response(
        "describe_db_snapshots",
        {
            "DBSnapshots": [
                one("going", Status="creating"),
                one("new", SnapshotCreateTime=AT, AllocatedStorage=100),
                one("old", SnapshotCreateTime=TAKEN),
            ]
        },
        {"DBInstanceIdentifier": "shop-prod"},
    )
    copied = one("awsbackup:copy", SnapshotCreateTime=AT, OriginalSnapshotCreateTime=TAKEN - timedelta(days=1))
    told.rds.add_response(
        "describe_db_snapshots",
        {"DBSnapshots": [copied, one("new", SnapshotCreateTime=AT, AllocatedStorage=100)]},
        {"DBInstanceIdentifier": "shop-prod", "SnapshotType": "awsbackup"},
    )
    assert told.estate.snapshots("shop-prod") == [
        Snapshot(
            identifier="awsbackup:copy", source="shop-prod", status="available", taken_at=TAKEN - timedelta(days=1)
        ),
        Snapshot(identifier="old", source="shop-prod", status="available", taken_at=TAKEN),
        Snapshot(identifier="new", source="shop-prod", status="available", taken_at=AT, size=100 * 2**30),
        Snapshot(identifier="going", source="shop-prod", status="creating", taken_at=None),
    ]


def test_a_snapshot_bears_the_marks(told: Told) -> None:
    told.rds.add_response(
        "create_db_snapshot",
        {},
        {"DBInstanceIdentifier": "shop-prod", "DBSnapshotIdentifier": NAME, "Tags": TAGS},
    )
    told.estate.create_snapshot("shop-prod", NAME, made_by=MADE_BY)


def test_a_replica_is_promoted(told: Told) -> None:
    told.rds.add_response("promote_read_replica", {}, {"DBInstanceIdentifier": "shop-prod-standby"})
    told.estate.promote_read_replica("shop-prod-standby")


@pytest.mark.parametrize(
    ("name", "tags", "says"),
    [
        ("shop-prod", TAGS, "its name is not one that a drill of shop-prod gives"),
        ("shop-prod-drill-0a1b2c-x-y", TAGS, "its name is not one"),
        (NAME, TAGS[:1], "it has no tag `made_by`"),
        (NAME, [], "it has no tag `made_by`"),
        (NAME, [{"Key": "data-tier:stack", "Value": "shop"}, TAGS[1]], "it has no tag `made_by`, or that of another"),
    ],
)
def test_what_no_drill_made_is_not_deleted(told: Told, name: str, tags: list[dict[str, str]], says: str) -> None:
    told.instance(name, TagList=tags)
    with pytest.raises(EstateError, match=f"{name} is not deleted: {says}"):
        told.estate.delete_instance(name)
    told.rds.add_response(
        "describe_db_snapshots",
        {"DBSnapshots": [{"DBSnapshotIdentifier": name, "TagList": tags}]},
        {"DBSnapshotIdentifier": name},
    )
    with pytest.raises(EstateError, match=f"{name} is not deleted: {says}"):
        told.estate.delete_snapshot(name)
    arn = f"{ARN}replicationgroup:{name}"
    told.group(GROUP | {"ARN": arn}, name)
    told.tags(arn, tags)
    with pytest.raises(EstateError, match=f"{name} is not deleted: {says}"):
        told.estate.delete_cache(name)
    arn = f"{ARN}snapshot:{name}"
    told.elasticache.add_response("describe_snapshots", {"Snapshots": [{"ARN": arn}]}, {"SnapshotName": name})
    told.tags(arn, tags)
    with pytest.raises(EstateError, match=f"{name} is not deleted: {says}"):
        told.estate.delete_cache_snapshot(name)


def test_what_a_drill_made_is_deleted_and_leaves_nothing(told: Told) -> None:
    told.instance(NAME, TagList=TAGS)
    told.rds.add_response(
        "delete_db_instance",
        {},
        {"DBInstanceIdentifier": NAME, "SkipFinalSnapshot": True, "DeleteAutomatedBackups": True},
    )
    told.estate.delete_instance(NAME)
    told.rds.add_response("describe_db_snapshots", {"DBSnapshots": [{"TagList": TAGS}]}, {"DBSnapshotIdentifier": NAME})
    told.rds.add_response("delete_db_snapshot", {}, {"DBSnapshotIdentifier": NAME})
    told.estate.delete_snapshot(NAME)
    told.group(GROUP | {"ARN": "arn:g"}, NAME)
    told.tags("arn:g", TAGS)
    told.elasticache.add_response("delete_replication_group", {}, {"ReplicationGroupId": NAME})
    told.estate.delete_cache(NAME)
    told.elasticache.add_response("describe_snapshots", {"Snapshots": [{"ARN": "arn:s"}]}, {"SnapshotName": NAME})
    told.tags("arn:s", TAGS)
    told.elasticache.add_response("delete_snapshot", {}, {"SnapshotName": NAME})
    told.estate.delete_cache_snapshot(NAME)


def test_what_is_gone_or_going_needs_no_deletion(told: Told) -> None:
    told.no_instance(NAME)
    told.estate.delete_instance(NAME)
    told.instance(NAME, DBInstanceStatus="deleting")
    told.estate.delete_instance(NAME)
    told.rds.add_client_error("describe_db_snapshots", "DBSnapshotNotFound")
    told.estate.delete_snapshot(NAME)
    told.rds.add_response("describe_db_snapshots", {"DBSnapshots": [{"Status": "deleting"}]})
    told.estate.delete_snapshot(NAME)
    told.no_group(NAME)
    told.estate.delete_cache(NAME)
    told.elasticache.add_client_error("describe_snapshots", "SnapshotNotFoundFault")
    told.estate.delete_cache_snapshot(NAME)


def test_everything_with_both_marks_is_found_again(told: Told) -> None:
    def instance(name: str, tags: list[dict[str, str]], status: str = "available") -> dict[str, Any]:
        return {"DBInstanceIdentifier": name, "TagList": tags, "DBInstanceStatus": status}

    found = [
        instance("shop-prod", TAGS),
        instance(NAME, TAGS),
        instance("shop-prod-drill-ffffff", []),
        instance("shop-prod-drill-aaaaaa", TAGS, "deleting"),
        instance("shop-prod-eu-drill-0a1b2c", TAGS),
    ]
    told.rds.add_response("describe_db_instances", {"DBInstances": found}, {})
    told.rds.add_response(
        "describe_db_snapshots",
        {"DBSnapshots": [{"DBSnapshotIdentifier": NAME, "TagList": TAGS}, {"DBSnapshotIdentifier": "mine"}]},
        {"SnapshotType": "manual"},
    )
    groups = [GROUP, GROUP | {"ReplicationGroupId": NAME, "ARN": "arn:g"}]
    told.elasticache.add_response("describe_replication_groups", {"ReplicationGroups": groups}, {})
    snapshots = [
        {"SnapshotName": NAME, "ARN": "arn:s"},
        {"SnapshotName": "shop-prod-drill-eeeeee", "ARN": "arn:t"},
        {"SnapshotName": "mine", "ARN": "arn:m"},
    ]
    told.elasticache.add_response("describe_snapshots", {"Snapshots": snapshots}, {"SnapshotSource": "user"})
    told.tags("arn:g", TAGS)
    told.tags("arn:s", TAGS)
    told.tags("arn:t", [])
    assert told.estate.made() == (
        ("instance", NAME, MADE_BY),
        ("instance", "shop-prod-drill-aaaaaa", MADE_BY),  # until it is gone
        ("snapshot", NAME, MADE_BY),
        ("cache", NAME, MADE_BY),
        ("cache snapshot", NAME, MADE_BY),
    )


@pytest.mark.parametrize("code", ["InvalidReplicationGroupState", "CacheClusterNotFound"])
def test_a_cache_that_is_being_made_is_found_when_elasticache_tells_its_tags(told: Told, code: str) -> None:
    """It refuses to while a cache is not available (ListTagsForResource)."""

    def listed() -> None:
        told.rds.add_response("describe_db_instances", {"DBInstances": []}, {})
        told.rds.add_response("describe_db_snapshots", {"DBSnapshots": []}, {"SnapshotType": "manual"})
        group = GROUP | {"ReplicationGroupId": NAME, "ARN": "arn:g", "Status": "creating"}
        told.elasticache.add_response("describe_replication_groups", {"ReplicationGroups": [group]}, {})
        told.elasticache.add_response("describe_snapshots", {"Snapshots": []}, {"SnapshotSource": "user"})

    listed()
    told.elasticache.add_client_error("list_tags_for_resource", code, expected_params={"ResourceName": "arn:g"})
    with pytest.raises(EstateError) as raised:
        told.estate.made()
    assert raised.value.passing
    listed()
    told.tags("arn:g", TAGS)
    assert told.estate.made() == (("cache", NAME, MADE_BY),)


def test_a_cache(told: Told) -> None:
    told.group(GROUP)
    told.group(SHARDED | {"Status": "snapshotting"})
    told.no_group(NAME)
    assert [told.estate.cache("shop-prod-hot"), told.estate.cache("shop-prod-hot"), told.estate.cache(NAME)] == [
        Cache(
            identifier="shop-prod-hot",
            status="available",
            endpoint=Endpoint(name="shop-prod-hot", host="hot.cache.amazonaws.com", port=6380),
        ),
        Cache(
            identifier="shop-prod-hot",
            status="changing",
            endpoint=Endpoint(name="shop-prod-hot", host="cfg.hot.cache.amazonaws.com", port=6380),
        ),
        None,
    ]


@pytest.mark.parametrize(
    ("group", "of"),
    [
        (GROUP, {"CacheClusterId": "shop-prod-hot-001"}),  # the replica
        (GROUP | {"MemberClusters": ["a"], "NodeGroups": [{"NodeGroupMembers": []}]}, {"CacheClusterId": "a"}),
        (SHARDED, {"ReplicationGroupId": "shop-prod-hot"}),
    ],
)
def test_a_snapshot_spares_the_primary_where_it_can(told: Told, group: dict[str, Any], of: dict[str, str]) -> None:
    told.group(group)
    told.elasticache.add_response("create_snapshot", {}, {**of, "SnapshotName": NAME, "Tags": TAGS})
    told.estate.create_cache_snapshot("shop-prod-hot", NAME, made_by=MADE_BY)


def test_snapshots_of_a_cache_are_those_of_the_group_and_of_its_nodes_once_each(told: Told) -> None:
    def one(name: str, *taken: datetime, status: str = "available") -> dict[str, Any]:
        nodes = [{"SnapshotCreateTime": each} for each in taken]
        return {"SnapshotName": name, "SnapshotStatus": status, "NodeSnapshots": nodes}

    told.group(GROUP)
    for asked, found in (
        ({"ReplicationGroupId": "shop-prod-hot"}, [one("automatic", AT, TAKEN)]),
        ({"CacheClusterId": "shop-prod-hot-001"}, [one("automatic", AT, TAKEN), one("going", status="creating")]),
        ({"CacheClusterId": "shop-prod-hot-002"}, [one("new", AT)]),
    ):
        told.elasticache.add_response("describe_snapshots", {"Snapshots": found}, asked)
    assert told.estate.cache_snapshots("shop-prod-hot") == [
        Snapshot(identifier="automatic", source="shop-prod-hot", status="available", taken_at=TAKEN, parts=2),
        Snapshot(identifier="new", source="shop-prod-hot", status="available", taken_at=AT),
        Snapshot(identifier="going", source="shop-prod-hot", status="creating", taken_at=None),
    ]


@pytest.mark.parametrize(
    ("group", "of_its_own"),
    [
        (GROUP, {"UserGroupIds": ["shop-prod-hot"]}),
        (
            SHARDED,
            {
                "UserGroupIds": ["shop-prod-hot"],
                "AutomaticFailoverEnabled": True,
                "NumNodeGroups": 2,
                "ReplicasPerNodeGroup": 0,
            },
        ),
        (GROUP | {"UserGroupIds": [], "AuthTokenEnabled": True}, {"AuthToken": "a-token-of-forty-characters"}),
        (GROUP | {"DataTiering": "enabled"}, {"UserGroupIds": ["shop-prod-hot"], "DataTieringEnabled": True}),
    ],
)
def test_a_cache_from_a_snapshot_is_as_its_source_with_one_node_a_shard(
    monkeypatch: pytest.MonkeyPatch, group: dict[str, Any], of_its_own: dict[str, Any]
) -> None:
    tokens = {"shop-prod-hot": Secret("a-token-of-forty-characters")}
    with stubbed(monkeypatch, tokens=tokens) as told:
        told.group(group)
        asked = {"CacheClusterId": "shop-prod-hot-001", "ShowCacheNodeInfo": True}
        told.elasticache.add_response("describe_cache_clusters", {"CacheClusters": [NODE]}, asked)
        told.elasticache.add_response(
            "create_replication_group",
            {},
            {
                "ReplicationGroupId": NAME,
                "ReplicationGroupDescription": "A drill's copy of shop-prod-hot",
                "SnapshotName": "automatic",
                "Tags": TAGS,
                **CACHE_AS_SOURCE,
                **of_its_own,
            },
        )
        told.estate.create_cache("automatic", NAME, like="shop-prod-hot", made_by=MADE_BY)


def test_a_copy_of_a_cache_with_a_token_is_never_made_without_one(told: Told) -> None:
    told.group(GROUP | {"UserGroupIds": [], "AuthTokenEnabled": True})
    asked = {"CacheClusterId": "shop-prod-hot-001", "ShowCacheNodeInfo": True}
    told.elasticache.add_response("describe_cache_clusters", {"CacheClusters": [NODE]}, asked)
    with pytest.raises(EstateError, match="a copy without one would let everybody in"):
        told.estate.create_cache("automatic", NAME, like="shop-prod-hot", made_by=MADE_BY)


def test_an_export_goes_to_a_bucket(told: Told) -> None:
    told.elasticache.add_response(
        "copy_snapshot",
        {},
        {"SourceSnapshotName": NAME, "TargetSnapshotName": "backups/1/hot", "TargetBucket": "shop-backups"},
    )
    told.estate.export_cache_snapshot(NAME, "backups/1/hot", "shop-backups")


DENIED = (
    "User: arn:aws:sts::123456789012:assumed-role/shop/me is not authorized to perform: "
    "rds:RestoreDBInstanceToPointInTime on resource: arn:aws:rds:eu-west-1:123456789012:db:x because no identity-based "
    "policy allows the rds:RestoreDBInstanceToPointInTime action"
)
WHAT = "RDS did not restore shop-prod to 2026-11-29 02:00:00 UTC as shop-prod-drill-0a1b2c: "


@pytest.mark.parametrize(
    ("code", "passing"),
    [
        ("Throttling", True),
        ("ThrottlingException", True),
        ("RequestLimitExceeded", True),
        ("ServiceUnavailable", True),
        ("InternalFailure", True),
        ("InvalidDBInstanceState", True),
        ("InvalidDBInstanceStateFault", True),
        ("InvalidDBSnapshotState", True),
        ("InstanceQuotaExceeded", False),
        ("DBInstanceNotFound", False),
        ("ExpiredToken", False),
        ("AccessDenied", False),
    ],
)
def test_what_aws_may_do_in_a_while_is_told_from_what_it_never_does(told: Told, code: str, passing: bool) -> None:
    told.rds.add_client_error("promote_read_replica", code, "No.")
    with pytest.raises(EstateError) as raised:
        told.estate.promote_read_replica(NAME)
    assert raised.value.passing is passing


@pytest.mark.parametrize(
    ("error", "passing"),
    [
        (exceptions.EndpointConnectionError(endpoint_url="https://x"), True),
        (exceptions.ReadTimeoutError(endpoint_url="https://x"), True),
        (exceptions.ConnectionClosedError(endpoint_url="https://x"), True),
        (exceptions.NoCredentialsError(), False),
        (exceptions.NoRegionError(), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_connection_that_breaks_may_be_there_again(error: Exception, passing: bool) -> None:
    with pytest.raises(EstateError) as raised, said("RDS", "describe shop-prod"):
        raise error
    assert raised.value.passing is passing


@pytest.mark.parametrize(
    ("code", "message", "sentence"),
    [
        (
            "AccessDenied",
            DENIED,
            "access denied; allow rds:RestoreDBInstanceToPointInTime to whoever runs this",
        ),
        ("AccessDeniedException", "No.", "access denied; allow it to whoever runs this"),
        (
            "InstanceQuotaExceeded",
            "Too many.",
            "Too many (InstanceQuotaExceeded); delete instances that nobody needs, or ask for a higher quota "
            "(Service Quotas, RDS)",
        ),
        (
            "InsufficientDBInstanceCapacityFault",
            "None left.",
            "None left (InsufficientDBInstanceCapacity); try again later: AWS has no instance of this class free there "
            "now",
        ),
        (
            "InvalidDBInstanceState",
            "It is modifying.",
            "It is modifying (InvalidDBInstanceState); wait until it is `available`, and run it again",
        ),
        (
            "PointInTimeRestoreNotEnabled",
            "",
            "PointInTimeRestoreNotEnabled (PointInTimeRestoreNotEnabled); set `data-tier:postgres.backup.retention` "
            "to 1 or more, and deploy",
        ),
        (
            "ExpiredToken",
            "It is old.",
            "It is old (ExpiredToken); log in again (`aws sso login`) or get new credentials",
        ),
        ("SomethingNew", "Look it up.", "Look it up (SomethingNew)"),
    ],
)
def test_what_aws_refuses_is_a_sentence(told: Told, code: str, message: str, sentence: str) -> None:
    told.instance()
    told.rds.add_client_error("restore_db_instance_to_point_in_time", code, message)
    with pytest.raises(EstateError) as raised:
        told.estate.restore_to_point_in_time("shop-prod", NAME, TAKEN, made_by=MADE_BY)
    assert str(raised.value) == WHAT + sentence


def test_moto_restores_a_copy_that_is_found_and_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS's own shapes, as far as moto has them, which the stubs above only repeat from the service's model."""
    from moto import mock_aws

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    with mock_aws():
        clients = {each: Session().create_client(each, region_name=REGION) for each in ("rds", "elasticache", "ec2")}
        monkeypatch.setattr(aws, "aws_client", lambda service, *_, **__: clients[service])
        vpc = clients["ec2"].create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = clients["ec2"].create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
        clients["rds"].create_db_subnet_group(
            DBSubnetGroupName="shop-prod", DBSubnetGroupDescription="shop", SubnetIds=[subnet]
        )
        clients["rds"].create_option_group(
            OptionGroupName="shop", EngineName="mysql", MajorEngineVersion="5.6", OptionGroupDescription="moto has few"
        )
        clients["rds"].create_db_instance(
            DBInstanceIdentifier="shop-prod", DBInstanceClass="db.m7g.large", Engine="postgres", AllocatedStorage=100,
            MasterUsername="m", MasterUserPassword="not-a-secret", StorageType="gp3", Port=5433,
            DBSubnetGroupName="shop-prod", VpcSecurityGroupIds=["sg-1"], OptionGroupName="shop",
        )  # fmt: skip
        estate = AwsEstate(REGION, "shop-prod")
        estate.create_snapshot("shop-prod", NAME, made_by=MADE_BY)
        estate.restore_from_snapshot(NAME, "shop-prod-drill-111111", like="shop-prod", made_by=MADE_BY)
        assert NAME in [each.identifier for each in estate.snapshots("shop-prod")]
        made = estate.instance("shop-prod-drill-111111")
        assert made is not None
        assert made.status == "available"
        assert set(estate.made()) == {("instance", "shop-prod-drill-111111", MADE_BY), ("snapshot", NAME, MADE_BY)}
        with pytest.raises(EstateError, match="is not deleted"):
            estate.delete_instance("shop-prod")
        estate.delete_instance("shop-prod-drill-111111")
        estate.delete_snapshot(NAME)
        assert estate.made() == ()
        assert estate.instance("shop-prod-drill-111111") is None
