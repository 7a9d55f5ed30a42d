"""What RDS describes, as drills tell it apart. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from bootstrap.manifest import Endpoint
from keep.estate.estate import Instance, Snapshot, Status
from knowledge.aws_states import INSTANCE_AVAILABLE, INSTANCE_FAILED

if TYPE_CHECKING:
    from types_boto3_rds.type_defs import DBInstanceTypeDef, DBSnapshotTypeDef

_STATUS: Mapping[str, Status] = {
    **dict.fromkeys(INSTANCE_AVAILABLE, "available"),
    "creating": "creating",
    "deleting": "deleting",
    "delete-precheck": "deleting",
    **dict.fromkeys(INSTANCE_FAILED, "failed"),
}
_SNAPSHOT: Mapping[str, Status] = {
    "available": "available",
    "creating": "creating",
    "deleting": "deleting",
    "failed": "failed",
}


def instance(found: DBInstanceTypeDef, earliest: datetime | None) -> Instance:
    address = found.get("Endpoint", {})
    identifier = found["DBInstanceIdentifier"]
    return Instance(
        identifier=identifier,
        status=_STATUS.get(found["DBInstanceStatus"], "changing"),
        endpoint=Endpoint(name=identifier, host=address["Address"], port=address["Port"])
        if address.get("Address")
        else None,
        replica_of=found.get("ReadReplicaSourceDBInstanceIdentifier") or None,
        earliest=earliest,
        latest=found.get("LatestRestorableTime"),
        settings=_settings(found),
        public=found.get("PubliclyAccessible", False),
    )


def _settings(found: DBInstanceTypeDef) -> tuple[tuple[str, str], ...]:
    """What a copy must have in common with its source; the engine's version is that of the backup."""
    groups = [each["VpcSecurityGroupId"] for each in found.get("VpcSecurityGroups", [])]
    return (
        ("instance class", found["DBInstanceClass"]),
        ("parameter group", ", ".join(each["DBParameterGroupName"] for each in found.get("DBParameterGroups", []))),
        ("subnet group", found.get("DBSubnetGroup", {}).get("DBSubnetGroupName", "")),
        ("security groups", ", ".join(sorted(groups))),
        ("option group", ", ".join(each["OptionGroupName"] for each in found.get("OptionGroupMemberships", []))),
        ("storage type", found.get("StorageType", "")),
        ("encrypted with", found.get("KmsKeyId", "")),
        ("IAM authentication", "on" if found.get("IAMDatabaseAuthenticationEnabled") else "off"),
    )  # fmt: skip


def snapshot(found: DBSnapshotTypeDef) -> Snapshot:
    size = found.get("AllocatedStorage")
    return Snapshot(
        identifier=found["DBSnapshotIdentifier"],
        source=found["DBInstanceIdentifier"],
        status=_SNAPSHOT.get(found.get("Status", ""), "changing"),
        # A copy's SnapshotCreateTime is that of the copying (RDS API Reference, DBSnapshot).
        taken_at=found.get("OriginalSnapshotCreateTime") or found.get("SnapshotCreateTime"),
        size=size * 2**30 if size else None,
    )
