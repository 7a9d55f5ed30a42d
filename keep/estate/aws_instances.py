"""RDS instances and their snapshots, by boto3: copies go into the source's groups, and are never public.

RestoreDBInstanceToPointInTime and RestoreDBInstanceFromDBSnapshot take default groups, and may take a public address,
where they are not told otherwise (Amazon RDS API Reference).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from keep.errors import AskedError
from keep.estate.aws_described import instance, snapshot
from keep.estate.aws_groups import Landing, as_landed, as_source
from keep.estate.estate import Instance, Made, MadeKind, Snapshot
from keep.estate.marked import Marked, by_key
from keep.estate.naming import is_copy_of
from keep.estate.refused import code_of, said

if TYPE_CHECKING:
    from types_boto3_rds import RDSClient
    from types_boto3_rds.type_defs import DBInstanceAutomatedBackupTypeDef, DBInstanceTypeDef


_OF_THE_SOURCE = ("DBSubnetGroupName", "DBParameterGroupName", "BackupRetentionPeriod")
"""What RDS takes from the source of a replica in the same region, and refuses to be told for PostgreSQL
(CreateDBInstanceReadReplica)."""
_TYPES: Sequence[dict[str, Any]] = ({}, {"SnapshotType": "awsbackup"})
"""Without a type those of AWS Backup are not listed (DescribeDBSnapshots)."""
_BEFORE = timedelta(seconds=1)
"""RestoreTime has to be before LatestRestorableTime (RestoreDBInstanceToPointInTime)."""


class Instances(Marked):
    """The half of `Estate` that is RDS's."""

    _rds: RDSClient
    _landing: Landing | None

    def instance(self, identifier: str) -> Instance | None:
        """DescribeDBInstances, and of a source of backups DescribeDBInstanceAutomatedBackups."""
        found = self._db_instance(identifier)
        return None if found is None else instance(found, self._earliest(found))

    def restorable(self, source: str) -> tuple[datetime, datetime] | None:
        """DescribeDBInstanceAutomatedBackups: those that RDS keeps here, of an instance of whatever region."""
        found = self._kept(source)
        first, last = _window(found) if found else (None, None)
        return (first, last) if first and last else None

    def restore_to_point_in_time(
        self, source: str, target: str, at: datetime, *, made_by: str, replicated: bool = False
    ) -> None:
        """RestoreDBInstanceToPointInTime; of a source in another region by its replicated backups."""
        like = self._db_instance(source)
        backups: dict[str, Any] = {"SourceDBInstanceIdentifier": source}
        latest = like.get("LatestRestorableTime") if like else None
        if like is None:
            replicated_here = self._replicated(source)
            backups = {"SourceDBInstanceAutomatedBackupsArn": replicated_here["DBInstanceAutomatedBackupsArn"]}
            latest = _window(replicated_here)[1]
        if at == latest:
            at -= _BEFORE
        with said("RDS", f"restore {source} to {at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC as {target}"):
            self._rds.restore_db_instance_to_point_in_time(
                **backups,
                TargetDBInstanceIdentifier=self._new(target),
                RestoreTime=at,
                **self._groups(like, made_by) | ({"BackupRetentionPeriod": 1} if replicated else {}),
            )

    def restore_from_snapshot(self, snapshot: str, target: str, *, like: str, made_by: str) -> None:
        """RestoreDBInstanceFromDBSnapshot."""
        source = self._db_instance(like)
        with said("RDS", f"restore the snapshot {snapshot} as {target}"):
            self._rds.restore_db_instance_from_db_snapshot(
                DBSnapshotIdentifier=snapshot,
                DBInstanceIdentifier=self._new(target),
                **self._groups(source, made_by),
            )

    def create_snapshot(self, source: str, snapshot: str, *, made_by: str) -> None:
        """CreateDBSnapshot."""
        with said("RDS", f"take a snapshot of {source}"):
            self._rds.create_db_snapshot(
                DBInstanceIdentifier=source, DBSnapshotIdentifier=self._new(snapshot), Tags=self._tags(made_by)
            )

    def snapshots(self, source: str) -> Sequence[Snapshot]:
        """DescribeDBSnapshots: manual, automated and AWS Backup's, the oldest first."""
        with said("RDS", f"list the snapshots of {source}"):
            listed = self._rds.get_paginator("describe_db_snapshots").paginate
            pages = [page for of in _TYPES for page in listed(DBInstanceIdentifier=source, **of)]
        found = {
            each["DBSnapshotIdentifier"]: snapshot(each) for page in pages for each in page["DBSnapshots"]
        }.values()
        return sorted(
            found, key=lambda each: (each.taken_at is None, each.taken_at or datetime.min.replace(tzinfo=UTC))
        )

    def create_read_replica(self, source: str, target: str, *, made_by: str) -> None:
        """CreateDBInstanceReadReplica; its source has to keep automated backups (RDS User Guide, read replicas)."""
        like = self._db_instance(source)
        if like is None:
            raise AskedError(f"RDS has no instance {source}, which a replica would follow")
        groups = self._groups(like, made_by)
        # Of a replica in its source's region RDS takes its subnet group and its backups from the source.
        given = {name: value for name, value in groups.items() if name not in _OF_THE_SOURCE}
        with said("RDS", f"make a read replica of {source} as {target}"):
            self._rds.create_db_instance_read_replica(
                SourceDBInstanceIdentifier=source, DBInstanceIdentifier=self._new(target), **given
            )

    def lose_instance(self, identifier: str) -> None:
        """DeleteDBInstance: RDS has no call that kills an instance of one zone."""
        self.delete_instance(identifier)

    def promote_read_replica(self, identifier: str) -> None:
        """PromoteReadReplica."""
        with said("RDS", f"promote {identifier}"):
            self._rds.promote_read_replica(DBInstanceIdentifier=identifier)

    def delete_instance(self, identifier: str) -> None:
        """DeleteDBInstance, without a final snapshot and with its automated backups; what is gone is no error."""
        found = self._db_instance(identifier)
        if found is None or found["DBInstanceStatus"] == "deleting":
            return
        self._only_ours(identifier, by_key(found.get("TagList", [])))
        with said("RDS", f"delete {identifier}"):
            self._rds.delete_db_instance(
                DBInstanceIdentifier=identifier, SkipFinalSnapshot=True, DeleteAutomatedBackups=True
            )

    def delete_snapshot(self, snapshot: str) -> None:
        """DeleteDBSnapshot; what is gone is no error."""
        with said("RDS", f"look at the snapshot {snapshot}"):
            try:
                found = self._rds.describe_db_snapshots(DBSnapshotIdentifier=snapshot)["DBSnapshots"]
            except self._rds.exceptions.ClientError as error:
                if code_of(error) != "DBSnapshotNotFound":
                    raise
                return
        if found[0].get("Status") == "deleting":
            return
        self._only_ours(snapshot, by_key(found[0].get("TagList", [])))
        with said("RDS", f"delete the snapshot {snapshot}"):
            self._rds.delete_db_snapshot(DBSnapshotIdentifier=snapshot)

    def made_instances(self) -> Iterator[Made]:
        """Instances and snapshots with a drill's marks, until they are gone: kind, identifier, `made_by`."""
        with said("RDS", "list what drills have made"):
            instances = [
                (each["DBInstanceIdentifier"], each.get("TagList", []))
                for page in self._rds.get_paginator("describe_db_instances").paginate()
                for each in page["DBInstances"]
            ]
            snapshots = [
                (each["DBSnapshotIdentifier"], each.get("TagList", []))
                for page in self._rds.get_paginator("describe_db_snapshots").paginate(SnapshotType="manual")
                for each in page["DBSnapshots"]
            ]
        marked: tuple[tuple[MadeKind, Any], ...] = (("instance", instances), ("snapshot", snapshots))
        for kind, found in marked:
            for name, tags in found:
                if is_copy_of(self._prefix, name) and (made_by := self._drill(by_key(tags))):
                    yield kind, name, made_by

    def _db_instance(self, identifier: str) -> DBInstanceTypeDef | None:
        with said("RDS", f"describe {identifier}"):
            try:
                return self._rds.describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"][0]
            except self._rds.exceptions.ClientError as error:
                if code_of(error) != "DBInstanceNotFound":
                    raise
                return None

    def _earliest(self, found: DBInstanceTypeDef) -> datetime | None:
        if not found.get("BackupRetentionPeriod"):
            return None
        with said("RDS", f"describe the automated backups of {found['DBInstanceIdentifier']}"):
            kept = self._rds.describe_db_instance_automated_backups(DbiResourceId=found["DbiResourceId"])
        firsts = [_window(each)[0] for each in kept["DBInstanceAutomatedBackups"]]
        return min((each for each in firsts if each), default=None)

    def _kept(self, source: str) -> DBInstanceAutomatedBackupTypeDef | None:
        """The automated backups of that instance here that reach the furthest.

        There may be others of that name: those of an instance that was deleted are retained.
        """
        with said("RDS", f"look for automated backups of {source}"):
            kept = self._rds.describe_db_instance_automated_backups(DBInstanceIdentifier=source)
        never = datetime.min.replace(tzinfo=UTC)
        return max(kept["DBInstanceAutomatedBackups"], key=lambda each: _window(each)[1] or never, default=None)

    def _replicated(self, source: str) -> DBInstanceAutomatedBackupTypeDef:
        """What RDS replicates here from another region."""
        found = self._kept(source)
        if found is None:
            raise AskedError(
                f"{self._rds.meta.region_name} has neither the instance {source} nor replicated backups of it: set "
                "`data-tier:backup.second_region.point_in_time`, or name the stack's own region"
            )
        return found

    def _groups(self, like: DBInstanceTypeDef | None, made_by: str) -> dict[str, Any]:
        if like is not None:
            groups = as_source(like)
        elif self._landing is not None:
            groups = as_landed(self._landing)
        else:
            raise AskedError(
                f"{self._rds.meta.region_name} has no instance whose groups a copy could have: say which subnet "
                "group, security groups and parameter group it goes into"
            )
        return {
            **groups,
            "MultiAZ": False,
            "PubliclyAccessible": False,
            "DeletionProtection": False,
            "AutoMinorVersionUpgrade": False,  # nothing changes a copy while it is looked at
            "BackupRetentionPeriod": 0,
            "CopyTagsToSnapshot": True,
            "Tags": self._tags(made_by),
        }


def _window(kept: DBInstanceAutomatedBackupTypeDef) -> tuple[datetime | None, datetime | None]:
    """The first and the last moment that these backups can be restored to."""
    window = kept.get("RestoreWindow", {})
    return window.get("EarliestTime"), window.get("LatestTime")
