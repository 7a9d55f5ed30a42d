"""A cache of ElastiCache in a backup: every call of AWS's API word for word, and nothing of it left behind."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
import redis
from botocore.session import Session
from botocore.stub import Stubber
from cache_servers import LIBRARY, digest, fill, nodes, source
from real_servers import Valkey

from keep.backup.create import Sources, create
from keep.backup.listing import ids
from keep.errors import AskedError, KeepError
from keep.estate import aws
from keep.estate.aws import AwsEstate
from keep.place.folder import FolderPlace
from keep.place.place import Found
from keep.redis.exported import ElastiCacheSource
from keep.redis.restore import restore
from keep.redis.unpacked import unpacked

pytestmark = pytest.mark.server
TAKEN = datetime(2026, 11, 29, 2, 0, tzinfo=UTC)
ARN = "arn:aws:elasticache:eu-west-1:123456789012:snapshot:s"
MARKS = [{"Key": "data-tier:stack", "Value": "library-prod"}]


class Bucket:
    """What ElastiCache writes to, by key; anything else is not there to be asked for."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {"someone-elses-0001.rdb": b"x"}
        self.young: set[str] = set()
        """Keys that were written just now."""

    def found(self, prefix: str = "") -> Iterator[Found]:
        for key in sorted(self.objects):
            if key.startswith(prefix):
                at = datetime.now(UTC) if key in self.young else TAKEN
                yield Found(key=key, size=len(self.objects[key]), modified=at)

    @contextmanager
    def read(self, key: str) -> Iterator[io.BytesIO]:
        yield io.BytesIO(self.objects[key])

    def remove(self, key: str) -> None:
        del self.objects[key]


class Cloud:
    """AWS's answers, in the order in which they are asked for."""

    def __init__(self, stub: Stubber, name: str) -> None:
        self.stub, self.name = stub, name

    def group(self, *, clustered: bool) -> None:
        members = [{"CacheClusterId": "library-prod-desk-002", "CurrentRole": "replica"}]
        found = {
            "ReplicationGroupId": "library-prod-desk",
            "Status": "available",
            "ARN": ARN,
            "ClusterEnabled": clustered,
            "MemberClusters": ["library-prod-desk-001"],
            "NodeGroups": [{"NodeGroupId": "0001", "NodeGroupMembers": members}],
        }
        asked = {"ReplicationGroupId": "library-prod-desk"}
        self.stub.add_response("describe_replication_groups", {"ReplicationGroups": [found]}, asked)

    def take(self, backup: str, *, clustered: bool = False) -> None:
        self.group(clustered=clustered)
        of = {"ReplicationGroupId": "library-prod-desk"} if clustered else {"CacheClusterId": "library-prod-desk-002"}
        tags = [*MARKS, {"Key": "made_by", "Value": backup}]
        self.stub.add_response("create_snapshot", {}, {**of, "SnapshotName": self.name, "Tags": tags})

    def look(self, status: str, parts: int = 1) -> None:
        self.group(clustered=parts > 1)
        kept = {
            "SnapshotName": self.name,
            "ARN": ARN,
            "SnapshotStatus": status,
            "NodeSnapshots": [{"NodeGroupId": f"000{n}", "SnapshotCreateTime": TAKEN} for n in range(1, parts + 1)],
        }
        of_group = {"ReplicationGroupId": "library-prod-desk"}
        self.stub.add_response("describe_snapshots", {"Snapshots": [kept]}, of_group)
        self.stub.add_response("describe_snapshots", {"Snapshots": []}, {"CacheClusterId": "library-prod-desk-001"})

    def export(self) -> None:
        asked = {"SourceSnapshotName": self.name, "TargetSnapshotName": self.name, "TargetBucket": "library-copies"}
        self.stub.add_response("copy_snapshot", {}, asked)

    def delete(self, backup: str) -> None:
        kept = {"SnapshotName": self.name, "ARN": ARN, "SnapshotStatus": "available"}
        self.stub.add_response("describe_snapshots", {"Snapshots": [kept]}, {"SnapshotName": self.name})
        tags = [*MARKS, {"Key": "made_by", "Value": backup}]
        self.stub.add_response("list_tags_for_resource", {"TagList": tags}, {"ResourceName": ARN})
        self.stub.add_response("delete_snapshot", {}, {"SnapshotName": self.name})


BACKUP = "20261130T031500Z-1a2b3c"


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
    stubs = {
        name: Stubber(Session().create_client(name, region_name="eu-west-1", **keys)) for name in ("rds", "elasticache")
    }
    monkeypatch.setattr(aws, "aws_client", lambda service, *_, **__: stubs[service].client)
    monkeypatch.setattr("keep.backup.create.new_id", lambda _: BACKUP)
    with stubs["rds"], stubs["elasticache"]:
        yield Cloud(stubs["elasticache"], "library-prod-drill-1a2b3c-desk")
        for each in stubs.values():
            each.assert_no_pending_responses()


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


def cached(bucket: Bucket, appears: dict[str, bytes]) -> ElastiCacheSource:
    """`appears`: what ElastiCache has written when it is looked at for the second time."""
    waits = 0

    def pause(seconds: float) -> None:
        nonlocal waits
        waits += 1
        assert seconds == 15
        if waits == 2:
            bucket.objects |= appears

    exports: Any = bucket
    return ElastiCacheSource(
        name="desk",
        group="library-prod-desk",
        prefix="library-prod",
        estate=AwsEstate("eu-west-1", "library-prod"),
        bucket="library-copies",
        exports=exports,
        spaces=LIBRARY,
        pause=pause,
    )


@pytest.fixture
def exported(cache: Valkey, admin: redis.Redis, tmp_path: object) -> tuple[bytes, str]:
    """The file of a cache, and the digest of what is in it."""
    fill(admin)
    place = FolderPlace(tmp_path / "other")  # type: ignore[operator]
    made = create(Sources(caches=(source(cache),)), place)
    with unpacked(place, made, made.caches["desk"]) as files:
        return files[0].data[:], digest(admin)


def test_a_snapshot_is_exported_read_and_removed(
    cloud: Cloud, bucket: Bucket, exported: tuple[bytes, str], place: FolderPlace, target: Valkey
) -> None:
    data, was = exported
    names = ("drill-0a0b0c-desk", "drill-0d0e0f-desk", "books")
    killed, running, theirs = (f"library-prod-{name}-0001.rdb" for name in names)
    bucket.objects |= dict.fromkeys((killed, running, theirs), b"x")
    bucket.young.add(running)
    cloud.take(BACKUP)
    for status in ("creating", "available"):
        cloud.look(status)
    cloud.export()
    for status in ("exporting", "available"):
        cloud.look(status)
    cloud.delete(BACKUP)
    made = create(Sources(caches=(cached(bucket, {f"{cloud.name}-0001.rdb": data}),)), place)
    copy = made.caches["desk"]
    assert (copy.form, copy.keys, copy.taken_at, copy.began_at) == ("elasticache", 66, TAKEN, TAKEN)
    assert (copy.server.split()[0], copy.rdb_version, copy.objects) == ("valkey", 80, ("cache-desk-1.rdb.zst",))
    assert list(bucket.objects) == ["someone-elses-0001.rdb", running, theirs]
    assert restore(place, made, "desk", nodes(target)).differences == ()
    with target.admin() as client:
        assert digest(client) == was


def test_a_cluster_s_shards_are_waited_for_each(
    cloud: Cloud, bucket: Bucket, exported: tuple[bytes, str], place: FolderPlace
) -> None:
    cloud.take(BACKUP, clustered=True)
    cloud.look("available", 2)
    cloud.export()
    for _ in range(3):
        cloud.look("available", 2)  # no file, no file, two
    cloud.delete(BACKUP)
    made = create(Sources(caches=(cached(bucket, {f"{cloud.name}-000{n}.rdb": exported[0] for n in (1, 2)}),)), place)
    copy = made.caches["desk"]
    assert (copy.objects, copy.began_at) == (("cache-desk-1.rdb.zst", "cache-desk-2.rdb.zst"), TAKEN)
    assert copy.taken_at > TAKEN, "of several, not earlier than the last of them"


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (b"REDIS0011" + b"\xfa\x05", "what ElastiCache has exported of library-prod-desk is not whole: .*cut off"),
        (b"nonsense", "is not a snapshot"),
    ],
)
def test_what_is_not_whole_is_no_copy(
    cloud: Cloud, bucket: Bucket, place: FolderPlace, broken: bytes, said: str
) -> None:
    cloud.take(BACKUP)
    cloud.look("available")
    cloud.export()
    for _ in range(3):
        cloud.look("available")
    cloud.delete(BACKUP)
    with pytest.raises(KeepError, match=said):
        create(Sources(caches=(cached(bucket, {f"{cloud.name}-0001.rdb": broken}),)), place)
    assert (ids(place), list(bucket.objects)) == ([], ["someone-elses-0001.rdb"])


def test_no_room_for_an_export_is_asked_before_it_is_fetched(
    cloud: Cloud, bucket: Bucket, place: FolderPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.take(BACKUP)
    cloud.look("available")
    cloud.export()
    for _ in range(3):
        cloud.look("available")
    cloud.delete(BACKUP)
    monkeypatch.setattr("keep.workspace.shutil.disk_usage", lambda _: SimpleNamespace(free=3 << 20))
    with pytest.raises(AskedError, match=r"has 3 MiB free, and the unpacked backup takes about 4 there"):
        create(Sources(caches=(cached(bucket, {f"{cloud.name}-0001.rdb": bytes(4 << 20)}),)), place)
    assert (ids(place), list(bucket.objects)) == ([], ["someone-elses-0001.rdb"])


def test_a_snapshot_that_fails_is_said_and_removed(cloud: Cloud, bucket: Bucket, place: FolderPlace) -> None:
    cloud.take(BACKUP)
    cloud.look("failed")
    cloud.delete(BACKUP)
    with pytest.raises(KeepError, match=r"has begun a snapshot of library-prod-desk .*, which is now failed"):
        create(Sources(caches=(cached(bucket, {}),)), place)


def test_a_bucket_that_elasticache_may_not_write_is_said_with_what_it_takes(
    cloud: Cloud, bucket: Bucket, place: FolderPlace
) -> None:
    cloud.take(BACKUP)
    cloud.look("available")
    message = "ElastiCache has not been granted WRITE permissions on the S3 Bucket library-copies"
    cloud.stub.add_client_error("copy_snapshot", "InvalidParameterValue", message)
    cloud.delete(BACKUP)
    with pytest.raises(
        KeepError, match=r"has not been granted WRITE .*elasticache-snapshot.amazonaws.com s3:PutObject"
    ):
        create(Sources(caches=(cached(bucket, {}),)), place)
    assert ids(place) == []
