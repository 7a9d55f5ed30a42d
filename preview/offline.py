"""A substrate that makes nothing: it answers with names and addresses of AWS's form, so that every input is known."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from local import lookups
from local.cloud import CloudError, Declared, Made

# The account of AWS's own documentation.
ACCOUNT = "123456789012"


def _token(resource: Declared, length: int = 8) -> str:
    """A stable stand-in for what AWS would draw at random."""
    return hashlib.sha256(resource.urn.encode()).hexdigest()[:length]


def _physical(resource: Declared) -> str:
    for key in ("identifier", "replicationGroupId", "userGroupId", "userId", "name", "bucket"):
        if isinstance(resource.inputs.get(key), str):
            return str(resource.inputs[key])
    return f"{resource.inputs.get('namePrefix') or resource.name + '-'}{_token(resource, 7)}"


def _iam(resource: Declared, kind: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:{kind}{resource.inputs.get('path', '/')}{_physical(resource)}"


class Offline:
    """Implements `local.cloud.Cloud` without effects."""

    def __init__(self, region: str) -> None:
        self.region = region
        self._special: dict[str, Callable[[Declared], dict[str, Any]]] = {
            "aws:rds/instance:Instance": self._instance,
            "aws:elasticache/replicationGroup:ReplicationGroup": self._replication_group,
            "aws:kms/key:Key": lambda r: {"keyId": self._uuid(r), "arn": self._arn(r, "kms", f"key/{self._uuid(r)}")},
            "aws:sns/topic:Topic": lambda r: {"arn": self._arn(r, "sns", _physical(r))},
            "aws:iam/role:Role": lambda r: {"arn": _iam(r, "role"), "name": _physical(r)},
            "aws:iam/policy:Policy": lambda r: {"arn": _iam(r, "policy"), "name": _physical(r)},
            "aws:iam/openIdConnectProvider:OpenIdConnectProvider": lambda r: {
                "arn": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{str(r.inputs['url']).removeprefix('https://')}"
            },
            "aws:cloudwatch/logGroup:LogGroup": lambda r: {"arn": self._arn(r, "logs", f"log-group:{_physical(r)}")},
            "aws:cloudwatch/metricAlarm:MetricAlarm": lambda r: {
                "arn": self._arn(r, "cloudwatch", f"alarm:{_physical(r)}")
            },
            "aws:secretsmanager/secret:Secret": lambda r: {
                "arn": self._arn(r, "secretsmanager", f"secret:{_physical(r)}-{_token(r, 6)}")
            },
            "aws:lambda/function:Function": lambda r: {
                "arn": self._arn(r, "lambda", f"function:{_physical(r)}"),
                "version": "1",
            },
            # As it is imported: the name is one of its log group, and a second group has a filter of the same.
            "aws:cloudwatch/logMetricFilter:LogMetricFilter": lambda r: {
                "id": f"{r.inputs['logGroupName']}:{r.inputs['name']}"
            },
            "aws:s3/bucket:Bucket": lambda r: {"arn": f"arn:aws:s3:::{_physical(r)}", "bucket": _physical(r)},
            "aws:backup/vault:Vault": lambda r: {"arn": self._arn(r, "backup", f"backup-vault:{_physical(r)}")},
            "aws:backup/plan:Plan": lambda r: {
                "id": self._uuid(r),
                "arn": self._arn(r, "backup", f"backup-plan:{self._uuid(r)}"),
            },
            "aws:backup/restoreTestingPlan:RestoreTestingPlan": lambda r: {
                "arn": self._arn(r, "backup", f"restore-testing-plan:{_physical(r)}-{self._uuid(r)}")
            },
            "aws:cloudwatch/eventRule:EventRule": lambda r: {"arn": self._arn(r, "events", f"rule/{_physical(r)}")},
            "aws:rds/proxy:Proxy": lambda r: {
                "arn": self._arn(r, "rds", f"db-proxy:prx-{_token(r, 17)}"),
                "endpoint": f"{_physical(r)}.proxy-{_token(r)}.{r.inputs.get('region', self.region)}.rds.amazonaws.com",
            },
            "aws:rds/proxyDefaultTargetGroup:ProxyDefaultTargetGroup": lambda r: {
                "name": "default",
                "arn": self._arn(r, "rds", f"target-group:prx-tg-{_token(r, 17)}"),
            },
            "aws:lambda/alias:Alias": lambda r: {
                "arn": self._arn(r, "lambda", f"function:{r.inputs['functionName']}:{r.inputs['name']}")
            },
            "aws:lambda/invocation:Invocation": lambda _: {"result": "{}"},
            "aws:ec2/vpc:Vpc": lambda r: {"id": f"vpc-{_token(r)}", "defaultSecurityGroupId": f"sg-{_token(r)}"},
            "random:index/randomPassword:RandomPassword": lambda r: {"result": "x" * int(r.inputs.get("length", 32))},
            "random:index/randomId:RandomId": lambda r: {"hex": _token(r), "dec": "1", "b64Url": _token(r)},
        }

    def ensure(self, resource: Declared) -> Made:
        if not resource.type.startswith(("aws:", "random:")):
            raise CloudError(f"{resource.type} ({resource.name}) is no resource that this project knows.")
        special = self._special.get(resource.type)
        outputs = {
            "arn": self._arn(resource, resource.type.split(":")[1].split("/")[0], _physical(resource)),
            "name": _physical(resource),
        }
        outputs |= special(resource) if special else {}
        # What the program gives comes back as it was given: the ARN of a topic's policy is the topic's.
        outputs = {key: value for key, value in outputs.items() if key not in resource.inputs}
        prefix = {"subnet": "subnet", "securityGroup": "sg", "routeTable": "rtb", "vpcEndpoint": "vpce"}
        kind = resource.type.split("/")[-1].split(":")[0]
        identity = f"{prefix[kind]}-{_token(resource)}" if kind in prefix else outputs.get("id", _physical(resource))
        return Made(id=str(identity), outputs=outputs)

    def invoke(self, token: str, args: dict[str, Any]) -> dict[str, Any]:
        return lookups.answer(token, args, self.region, ACCOUNT)

    def _arn(self, resource: Declared, service: str, rest: str) -> str:
        return f"arn:aws:{service}:{resource.inputs.get('region', self.region)}:{ACCOUNT}:{rest}"

    def _uuid(self, resource: Declared) -> str:
        digest = _token(resource, 32)
        return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:]}"

    def _instance(self, resource: Declared) -> dict[str, Any]:
        name, region = _physical(resource), resource.inputs.get("region", self.region)
        address, port = f"{name}.{_token(resource)}.{region}.rds.amazonaws.com", resource.inputs.get("port", 5432)
        return {
            "identifier": name,
            "address": address,
            "endpoint": f"{address}:{port}",
            "port": port,
            "arn": self._arn(resource, "rds", f"db:{name}"),
            "resourceId": f"db-{_token(resource, 26).upper()}",
            "engineVersionActual": resource.inputs.get("engineVersion", "17"),
        }

    def _replication_group(self, resource: Declared) -> dict[str, Any]:
        name, inputs = _physical(resource), resource.inputs
        shards = inputs.get("numNodeGroups") or 0
        per_shard = (inputs.get("replicasPerNodeGroup") or 0) + 1
        nodes = (
            [f"{name}-{shard:04}-{node:03}" for shard in range(1, shards + 1) for node in range(1, per_shard + 1)]
            if shards
            else [f"{name}-{node:03}" for node in range(1, (inputs.get("numCacheClusters") or 1) + 1)]
        )
        zone = f"{_token(resource, 6)}.cache.amazonaws.com"
        return {
            "memberClusters": nodes,
            "port": inputs.get("port", 6379),
            "primaryEndpointAddress": f"master.{name}.{zone}",
            "readerEndpointAddress": f"replica.{name}.{zone}",
            "configurationEndpointAddress": f"clustercfg.{name}.{zone}",
            "arn": self._arn(resource, "elasticache", f"replicationgroup:{name}"),
        }
