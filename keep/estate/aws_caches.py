"""ElastiCache's replication groups and their snapshots, by boto3: copies are as the source is, one node a shard."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bootstrap.manifest import Endpoint
from bootstrap.secrets import Secret, auth_token
from keep.errors import AskedError, EstateError
from keep.estate.estate import Cache, Made, MadeKind, Snapshot, Status
from keep.estate.marked import Marked, by_key
from keep.estate.naming import is_copy_of
from keep.estate.refused import code_of, said

if TYPE_CHECKING:
    from types_boto3_elasticache import ElastiCacheClient
    from types_boto3_elasticache.type_defs import ReplicationGroupTypeDef, SnapshotTypeDef

# ElastiCache API Reference, ReplicationGroup and Snapshot, Status: those that do not end in `available` again.
_STATUS: Mapping[str, Status] = {
    "available": "available",
    "creating": "creating",
    "restoring": "creating",
    "deleting": "deleting",
    "create-failed": "failed",
    "failed": "failed",
}

_NOT_YET = frozenset({"CacheClusterNotFound"})
"""What ListTagsForResource answers, or `InvalidReplicationGroupState`, for a cache that is not available yet."""


class Caches(Marked):
    """The half of `Estate` that is ElastiCache's."""

    _elasticache: ElastiCacheClient
    _token: Callable[[str], Secret | None]

    def cache(self, identifier: str) -> Cache | None:
        """DescribeReplicationGroups; None where there is none."""
        found = self._group(identifier)
        if found is None:
            return None
        shards = found.get("NodeGroups", [])
        primary = shards[0].get("PrimaryEndpoint") if shards else None
        address = found.get("ConfigurationEndpoint") or primary
        return Cache(
            identifier=identifier,
            status=_STATUS.get(found["Status"], "changing"),
            endpoint=Endpoint(name=identifier, host=address["Address"], port=address["Port"]) if address else None,
        )

    def create_cache_snapshot(self, source: str, snapshot: str, *, made_by: str) -> None:
        """CreateSnapshot: of the group where it has shards, else of its last node, which is a replica if there is one.

        A snapshot costs the node it is taken of memory and latency (ElastiCache User Guide, "Performance impact of
        backups of node-based clusters").
        """
        found = self._group(source)
        if found is None:
            raise AskedError(f"ElastiCache has no replication group {source}")
        of = {"ReplicationGroupId": source}
        if not found.get("ClusterEnabled"):
            of = {"CacheClusterId": self._replica(found)}
        with said("ElastiCache", f"take a snapshot of {source}"):
            self._elasticache.create_snapshot(**of, SnapshotName=self._new(snapshot), Tags=self._tags(made_by))

    def cache_snapshots(self, source: str) -> Sequence[Snapshot]:
        """DescribeSnapshots of the group and of each of its nodes, the oldest first."""
        found = self._group(source)
        nodes = found.get("MemberClusters", []) if found else []
        asked: list[dict[str, Any]] = [{"ReplicationGroupId": source}, *({"CacheClusterId": each} for each in nodes)]
        with said("ElastiCache", f"list the snapshots of {source}"):
            pages = [
                page for of in asked for page in self._elasticache.get_paginator("describe_snapshots").paginate(**of)
            ]
        kept = {each["SnapshotName"]: _snapshot(each, source) for page in pages for each in page["Snapshots"]}
        return sorted(kept.values(), key=lambda each: each.taken_at or datetime.max.replace(tzinfo=UTC))

    def create_cache(self, snapshot: str, target: str, *, like: str, made_by: str) -> None:
        """CreateReplicationGroup from a snapshot, with `like`'s groups, users, keys and node type."""
        source = self._group(like)
        if source is None:
            raise AskedError(f"ElastiCache has no replication group {like}, whose groups a copy would have")
        with said("ElastiCache", f"restore the snapshot {snapshot} as {target}"):
            node = self._elasticache.describe_cache_clusters(
                CacheClusterId=source["MemberClusters"][0], ShowCacheNodeInfo=True
            )
            self._elasticache.create_replication_group(
                ReplicationGroupId=self._new(target),
                ReplicationGroupDescription=f"A drill's copy of {like}",
                SnapshotName=snapshot,
                **self._as(source, node["CacheClusters"][0]),
                Tags=self._tags(made_by),
            )  # fmt: skip

    def export_cache_snapshot(self, snapshot: str, target: str, bucket: str) -> None:
        """CopySnapshot to a bucket of the same region, which has to let ElastiCache write there.

        :param target: name of the object, to which ElastiCache adds the shard's number and `.rdb`.
        """
        with said("ElastiCache", f"export the snapshot {snapshot} to s3://{bucket}/{target}"):
            self._elasticache.copy_snapshot(SourceSnapshotName=snapshot, TargetSnapshotName=target, TargetBucket=bucket)

    def delete_cache(self, identifier: str) -> None:
        """DeleteReplicationGroup without a final snapshot; what is gone is no error."""
        found = self._group(identifier)
        if found is None or found["Status"] == "deleting":
            return
        self._only_ours(identifier, self._marks(found["ARN"]))
        with said("ElastiCache", f"delete {identifier}"):
            self._elasticache.delete_replication_group(ReplicationGroupId=identifier)

    def delete_cache_snapshot(self, snapshot: str) -> None:
        """DeleteSnapshot; what is gone is no error."""
        with said("ElastiCache", f"look at the snapshot {snapshot}"):
            try:
                found = self._elasticache.describe_snapshots(SnapshotName=snapshot)["Snapshots"]
            except self._elasticache.exceptions.ClientError as error:
                if code_of(error) != "SnapshotNotFound":
                    raise
                found = []
        if not found or found[0].get("SnapshotStatus") == "deleting":
            return
        self._only_ours(snapshot, self._marks(found[0]["ARN"]))
        with said("ElastiCache", f"delete the snapshot {snapshot}"):
            self._elasticache.delete_snapshot(SnapshotName=snapshot)

    def made_caches(self) -> Iterator[Made]:
        """Caches and snapshots with a drill's marks: kind, identifier, `made_by`.

        Tags are asked for of what has a generated name only: ElastiCache gives them one resource at a time.
        """
        with said("ElastiCache", "list what drills have made"):
            groups = self._elasticache.get_paginator("describe_replication_groups").paginate()
            caches = [
                (each["ReplicationGroupId"], each["ARN"])
                for page in groups
                for each in page["ReplicationGroups"]
                if each["Status"] != "deleting"
            ]
            manual = self._elasticache.get_paginator("describe_snapshots").paginate(SnapshotSource="user")
            snapshots = [
                (each["SnapshotName"], each["ARN"])
                for page in manual
                for each in page["Snapshots"]
                if each.get("SnapshotStatus") != "deleting"
            ]
        marked: tuple[tuple[MadeKind, list[tuple[str, str]]], ...] = (("cache", caches), ("cache snapshot", snapshots))
        for kind, found in marked:
            for name, arn in found:
                if is_copy_of(self._prefix, name) and (made_by := self._drill(self._marks(arn))):
                    yield kind, name, made_by

    def _group(self, identifier: str) -> ReplicationGroupTypeDef | None:
        with said("ElastiCache", f"describe {identifier}"):
            try:
                return self._elasticache.describe_replication_groups(ReplicationGroupId=identifier)[
                    "ReplicationGroups"
                ][0]
            except self._elasticache.exceptions.ClientError as error:
                if code_of(error) != "ReplicationGroupNotFound":
                    raise
                return None

    def _replica(self, found: ReplicationGroupTypeDef) -> str:
        members = found["NodeGroups"][0].get("NodeGroupMembers", [])
        replicas = [each["CacheClusterId"] for each in members if each.get("CurrentRole") == "replica"]
        return (replicas or found["MemberClusters"])[-1]

    def _as(self, source: ReplicationGroupTypeDef, node: Any) -> dict[str, Any]:
        sharded = bool(source.get("ClusterEnabled"))
        given: dict[str, Any] = {
            "Engine": node["Engine"],
            "CacheNodeType": source["CacheNodeType"],
            "CacheParameterGroupName": node["CacheParameterGroup"]["CacheParameterGroupName"],
            "CacheSubnetGroupName": node["CacheSubnetGroupName"],
            "SecurityGroupIds": [each["SecurityGroupId"] for each in node["SecurityGroups"]],
            "Port": (source.get("ConfigurationEndpoint") or source["NodeGroups"][0]["PrimaryEndpoint"])["Port"],
            "TransitEncryptionEnabled": source.get("TransitEncryptionEnabled", False),
            "AtRestEncryptionEnabled": source.get("AtRestEncryptionEnabled", False),
            # A must in cluster mode; without it failover takes a second node (CreateReplicationGroup).
            "AutomaticFailoverEnabled": sharded,
            "MultiAZEnabled": False,
            "AutoMinorVersionUpgrade": False,
            "SnapshotRetentionLimit": 0,
            **({"NumNodeGroups": len(source["NodeGroups"]), "ReplicasPerNodeGroup": 0} if sharded else {}),
        }
        for key in ("KmsKeyId", "TransitEncryptionMode", "NetworkType", "IpDiscovery"):
            if source.get(key):
                given[key] = source[key]
        if source.get("DataTiering") == "enabled":
            given["DataTieringEnabled"] = True
        if source.get("UserGroupIds"):
            given["UserGroupIds"] = source["UserGroupIds"]
        elif source.get("AuthTokenEnabled"):
            token = self._token(source["ReplicationGroupId"])
            if token is None:
                raise EstateError(
                    f"{source['ReplicationGroupId']} has an AUTH token, and a copy without one would let everybody in: "
                    "let whoever runs this read its secret"
                )
            given["AuthToken"] = auth_token(token)
        return given

    def _marks(self, arn: str) -> dict[str, str]:
        with said("ElastiCache", f"read the tags of {arn}", soon=_NOT_YET):
            found = self._elasticache.list_tags_for_resource(ResourceName=arn)["TagList"]
        return by_key(found)


def _snapshot(found: SnapshotTypeDef, source: str) -> Snapshot:
    nodes = found.get("NodeSnapshots", [])
    taken = [each["SnapshotCreateTime"] for each in nodes if "SnapshotCreateTime" in each]
    return Snapshot(
        identifier=found["SnapshotName"],
        source=source,
        status=_STATUS.get(found.get("SnapshotStatus", ""), "changing"),
        taken_at=min(taken, default=None),  # of several shards the one that is the furthest behind
        size=None,
        parts=max(1, len(nodes)),
    )
