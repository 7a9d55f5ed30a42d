"""An AWS of one's own for a test, with every service that a tier has around it: ministack whole, without a door.

Where its answers differ from AWS's in what the tests look at it is repaired, as `local/door/repairs.py` does it for a
tier; each repair wraps one private function of the pinned version.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from botocore.config import Config
from botocore.session import Session

from bootstrap.aws import _client, _session
from local.ports import becomes_free, listens

ENVIRONMENT = {
    "MINISTACK_HOST": "127.0.0.1",
    "SFTP_ENABLED": "0",
    "IOT_MTLS_ENABLED": "0",
    "DOCKER_HOST": "unix:///nonexistent",
    "LOG_LEVEL": "WARNING",
}
"""Of `local/emulator.py`: nothing listens elsewhere, and no container is started."""


@contextmanager
def emulated_aws(folder: Path, port: int) -> Iterator[str]:
    """Its URL, while it runs."""
    with (folder / "emulated.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, __file__, str(port)],
            env={**os.environ, **ENVIRONMENT, "GATEWAY_PORT": str(port), "STATE_DIR": str(folder)},
            stdout=log, stderr=log, cwd=folder,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while not listens(port):
            assert process.poll() is None, (folder / "emulated.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)
        becomes_free(port)


@contextmanager
def as_aws(url: str) -> Iterator[None]:
    """What this process takes for AWS itself is the emulator: no client of a test before this one, none left to others.

    A client keeps the endpoint and the credentials that the environment had when it was made.
    """
    made = (_client, _session)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", url)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        for each in made:
            each.cache_clear()
        try:
            yield
        finally:
            for each in made:
                each.cache_clear()


@cache
def client_of(url: str, service: str, region: str) -> Any:
    """A client of it."""
    return Session().create_client(
        service, region_name=region, endpoint_url=url, aws_access_key_id="testing", aws_secret_access_key="testing",
        config=Config(max_pool_connections=16, retries={"total_max_attempts": 1}),
    )  # fmt: skip


def _repair_databases(rds: Any) -> None:
    _repair_subscriptions(rds)
    _repair_instances(rds)
    # Under way: none.
    rds._ACTION_MAP["DescribeBlueGreenDeployments"] = lambda _: rds._xml(
        200,
        "DescribeBlueGreenDeploymentsResponse",
        "<DescribeBlueGreenDeploymentsResult><BlueGreenDeployments/></DescribeBlueGreenDeploymentsResult>",
    )


def _repair_subscriptions(rds: Any) -> None:
    """RDS's event subscriptions, of which the emulator has none."""
    made: dict[str, str] = {}

    def create(asked: Any) -> Any:
        name = rds._p(asked, "SubscriptionName")
        arn = f"arn:aws:rds:{rds.get_region()}:{rds.get_account_id()}:es:{name}"
        made[name] = (
            f"<CustSubscriptionId>{escape(name)}</CustSubscriptionId><EventSubscriptionArn>{arn}</EventSubscriptionArn>"
            f"<SnsTopicArn>{escape(rds._p(asked, 'SnsTopicArn'))}</SnsTopicArn><Status>active</Status>"
            f"<SourceType>{rds._p(asked, 'SourceType')}</SourceType><Enabled>true</Enabled>"
            + _listed(rds, asked, "SourceIdsList", "SourceIds", "SourceId")
            + _listed(rds, asked, "EventCategoriesList", "EventCategories", "EventCategory")
        )
        inner = f"<EventSubscription>{made[name]}</EventSubscription>"
        return rds._xml(
            200,
            "CreateEventSubscriptionResponse",
            f"<CreateEventSubscriptionResult>{inner}</CreateEventSubscriptionResult>",
        )

    def describe(_: Any) -> Any:
        listed = "".join(f"<EventSubscription>{each}</EventSubscription>" for each in made.values())
        return rds._xml(
            200,
            "DescribeEventSubscriptionsResponse",
            f"<DescribeEventSubscriptionsResult><EventSubscriptionsList>{listed}</EventSubscriptionsList>"
            "</DescribeEventSubscriptionsResult>",
        )

    rds._ACTION_MAP |= {"CreateEventSubscription": create, "DescribeEventSubscriptions": describe}


def _listed(rds: Any, asked: Any, tag: str, prefix: str, item: str) -> str:
    values = rds._parse_member_list(asked, prefix)
    return f"<{tag}>{''.join(f'<{item}>{escape(each)}</{item}>' for each in values)}</{tag}>"


def _repair_instances(rds: Any) -> None:
    """What an instance was made with is kept; storage that does not grow has no maximum, and what is empty is left out.

    (RDS API Reference, CreateDBInstance and DBInstance: MaxAllocatedStorage is there where autoscaling is on.)
    """
    create, written = rds._ACTION_MAP["CreateDBInstance"], rds._instance_xml

    def create_instance(asked: Any) -> Any:
        answer = create(asked)
        if made := rds._instances.get(rds._p(asked, "DBInstanceIdentifier")):
            made["PreferredBackupWindow"] = rds._p(asked, "PreferredBackupWindow") or made["PreferredBackupWindow"]
            made["EnabledCloudwatchLogsExports"] = rds._parse_member_list(asked, "EnableCloudwatchLogsExports")
            _default_group(rds, made)
        return answer

    def instance_xml(instance: Any) -> str:
        logs = "".join(f"<member>{each}</member>" for each in instance.get("EnabledCloudwatchLogsExports") or ())
        text = str(written(instance)).replace(
            "<EnabledCloudwatchLogsExports/>", f"<EnabledCloudwatchLogsExports>{logs}</EnabledCloudwatchLogsExports>"
        )
        text = text.replace(f"<MaxAllocatedStorage>{instance.get('AllocatedStorage')}</MaxAllocatedStorage>", "")
        return re.sub(r"<(\w+)></\1>", "", text)

    rds._ACTION_MAP["CreateDBInstance"], rds._instance_xml = create_instance, instance_xml
    rds._ACTION_MAP["CreateDBInstanceReadReplica"] = lambda asked: _replica(rds, asked)


def _default_group(rds: Any, instance: Any) -> None:
    """RDS's own parameter group of the family is there once an instance has it."""
    name = instance["DBParameterGroups"][0]["DBParameterGroupName"]
    if name.startswith("default.") and name not in rds._param_groups:
        family = name.removeprefix("default.")
        rds._create_param_group(
            {
                "DBParameterGroupName": [name], "DBParameterGroupFamily": [family],
                "Description": [f"Default parameter group for {family}"],
            }
        )  # fmt: skip


def _replica(rds: Any, asked: Any) -> Any:
    """A read replica with what it was asked for, in whichever Region its source is.

    (RDS API Reference, CreateDBInstanceReadReplica: class, port and storage are the source's unless they are given; no
    standby, no automated backups and no deletion protection are taken over. It and its source name one another by ARN
    where they are in two Regions.)
    """
    source_id, name = rds._p(asked, "SourceDBInstanceIdentifier"), rds._p(asked, "DBInstanceIdentifier")
    region, account = rds.get_region(), rds.get_account_id()
    parts = source_id.split(":")
    far = len(parts) > 1 and parts[3] != region
    source = rds._instances.get_scoped(account, parts[3], parts[-1]) if far else rds._instances[parts[-1]]
    groups, parameters = rds._parse_member_list(asked, "VpcSecurityGroupIds"), rds._p(asked, "DBParameterGroupName")
    replica = source | {
        "DBInstanceIdentifier": name,
        "DBInstanceArn": f"arn:aws:rds:{region}:{account}:db:{name}",
        "DbiResourceId": f"db-{rds.new_uuid().replace('-', '')[:20].upper()}",
        "ReadReplicaSourceDBInstanceIdentifier": source_id if far else source["DBInstanceIdentifier"],
        "ReadReplicaDBInstanceIdentifiers": [],
        "DBInstanceClass": rds._p(asked, "DBInstanceClass") or source["DBInstanceClass"],
        "AvailabilityZone": rds._p(asked, "AvailabilityZone") or f"{region}a",
        "MultiAZ": rds._p(asked, "MultiAZ") == "true",
        "BackupRetentionPeriod": 0,
        "DeletionProtection": False,
        "EnabledCloudwatchLogsExports": rds._parse_member_list(asked, "EnableCloudwatchLogsExports"),
        "TagList": rds._parse_tags(asked),
    }
    if far:
        replica |= {
            "KmsKeyId": rds._p(asked, "KmsKeyId"),
            "DBSubnetGroup": rds._subnet_groups[rds._p(asked, "DBSubnetGroupName")],
        }
    if groups:
        replica["VpcSecurityGroups"] = [{"VpcSecurityGroupId": each, "Status": "active"} for each in groups]
    if far or parameters:
        family = f"default.postgres{source['EngineVersion'].split('.')[0]}"
        replica["DBParameterGroups"] = [
            {"DBParameterGroupName": parameters or family, "ParameterApplyStatus": "in-sync"}
        ]
    _default_group(rds, replica)
    rds._instances[name] = replica
    source["ReadReplicaDBInstanceIdentifiers"].append(replica["DBInstanceArn"] if far else name)
    return rds._single_instance_response(
        "CreateDBInstanceReadReplicaResponse", "CreateDBInstanceReadReplicaResult", replica
    )


def _repair_cache_subnets(elasticache: Any, ec2: Any) -> None:
    """A subnet group has its subnets, and lies in their VPC (botocore: `SubnetIds.SubnetIdentifier.N`)."""
    created = elasticache._create_subnet_group

    def create(asked: Any) -> Any:
        answer = created(asked)
        group = elasticache._subnet_groups[elasticache._p(asked, "CacheSubnetGroupName")]
        ids = [asked[key][0] for key in sorted(asked) if key.startswith("SubnetIds.SubnetIdentifier.")]
        subnets = [ec2._subnets[each] for each in ids]
        group["VpcId"] = subnets[0]["VpcId"]
        group["Subnets"] = [
            {"SubnetIdentifier": name, "SubnetAvailabilityZone": {"Name": each["AvailabilityZone"]}}
            for name, each in zip(ids, subnets, strict=True)
        ]
        return answer

    elasticache._create_subnet_group = create


def _repair_caches(elasticache: Any) -> None:
    """A group with its port, key, mode of TLS and topic, nodes with ElastiCache's names, and the network that it is in.

    (ElastiCache API Reference, ReplicationGroup and CacheCluster; the ids of nodes: "ORDERS-001" without cluster mode,
    "ORDERS-0001-001" with it.)
    """
    create, group_xml, node_xml = (
        elasticache._create_replication_group, elasticache._rg_xml, elasticache._cluster_xml_inner,
    )  # fmt: skip

    def create_group(asked: Any) -> Any:
        answer = create(asked)
        group = elasticache._replication_groups.get(elasticache._p(asked, "ReplicationGroupId"))
        if group is not None:
            _as_made(elasticache, group, asked)
        return answer

    def whole_group(group: Any) -> str:
        return str(group_xml(group)) + _tags(group, "KmsKeyId", "TransitEncryptionMode")

    def whole_node(node: Any) -> str:
        topic = node.get("_topic")
        told = f"<TopicArn>{topic}</TopicArn><TopicStatus>active</TopicStatus>"
        return (
            str(node_xml(node))
            + _tags(
                node, "AutoMinorVersionUpgrade", "AuthTokenEnabled", "TransitEncryptionEnabled",
                "TransitEncryptionMode", "AtRestEncryptionEnabled",
            )
            + (f"<NotificationConfiguration>{told}</NotificationConfiguration>" if topic else "")
        )  # fmt: skip

    def create_subnets(asked: Any) -> Any:
        from ministack.services import ec2

        answer, name = subnets(asked), elasticache._p(asked, "CacheSubnetGroupName")
        keys = sorted(key for key in asked if re.fullmatch(r"SubnetIds\.\w+\.\d+", key))
        there = [ec2._subnets[elasticache._p(asked, key)] for key in keys]
        elasticache._subnet_groups[name] |= {
            "VpcId": there[0]["VpcId"],
            "Subnets": [
                {
                    "SubnetIdentifier": each["SubnetId"],
                    "SubnetAvailabilityZone": {"Name": each["AvailabilityZone"]},
                }
                for each in there
            ],
        }
        return answer

    subnets, elasticache._create_subnet_group = elasticache._create_subnet_group, create_subnets
    elasticache._rg_xml, elasticache._cluster_xml_inner = whole_group, whole_node
    elasticache._create_replication_group = create_group


def _tags(described: Any, *names: str) -> str:
    values = ((name, described.get(name)) for name in names)
    return "".join(
        f"<{name}>{str(value).lower() if isinstance(value, bool) else value}</{name}>"
        for name, value in values
        if value not in (None, "")
    )


def _as_made(elasticache: Any, group: Any, asked: Any) -> None:
    name, port = group["ReplicationGroupId"], int(elasticache._p(asked, "Port") or 6379)
    address = {"Address": f"master.{name}.0a1b2c.euw1.cache.amazonaws.com", "Port": port}
    mode = elasticache._p(asked, "TransitEncryptionMode") or "required"
    tls = {"TransitEncryptionMode": mode} if group["TransitEncryptionEnabled"] else {}
    group |= {"KmsKeyId": elasticache._p(asked, "KmsKeyId")} | tls
    for shard in group["NodeGroups"]:
        shard |= {"PrimaryEndpoint": address, "ReaderEndpoint": address}
        for member in shard["NodeGroupMembers"]:
            before = member["CacheClusterId"]
            after = before if group["ClusterEnabled"] else f"{name}-{before.rpartition('-')[2]}"
            node = elasticache._clusters.pop(before)
            version = node["EngineVersion"]
            node |= tls | {
                "CacheClusterId": after,
                "CacheClusterArn": elasticache._arn_cluster(after),
                "EngineVersion": version if version.count(".") > 1 else f"{version}.0",
                "_topic": elasticache._p(asked, "NotificationTopicArn"),
            }
            node["CacheNodes"][0]["Endpoint"] = address
            member |= {"CacheClusterId": after, "ReadEndpoint": address}
            elasticache._clusters[after] = node
            group["MemberClusters"] = [after if each == before else each for each in group["MemberClusters"]]


async def _serve(port: int) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config as Served
    from ministack import app
    from ministack.services import ec2, elasticache, rds

    _repair_databases(rds)
    _repair_caches(elasticache)
    _repair_cache_subnets(elasticache, ec2)
    config = Served()
    config.bind, config.loglevel = [f"127.0.0.1:{port}"], "WARNING"
    config.keep_alive_timeout = 600  # a connection that ends by itself is one that a client may be writing to
    await serve(app.app, config)  # type: ignore[arg-type]


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
