"""A substrate that makes nothing: it answers with names and addresses of AWS's form, so that every input is known."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from graph import lookups, types
from graph.cloud import Made
from graph.errors import CloudError
from graph.identity import drawn, identify, name_of
from graph.resource import Resource
from knowledge.regions import partition_of

# The account of AWS's own documentation.
ACCOUNT = "123456789012"

Outputs = dict[str, Any]


class Offline:
    """A `graph.cloud.Cloud` without effects: ids and outputs follow from the declaration."""

    def __init__(self, region: str) -> None:
        self.region = region
        # What dependents read besides id, name and ARN.
        self._more: dict[str, Callable[[Resource, str], Outputs]] = {
            types.INSTANCE: self._instance,
            types.PROXY: self._proxy,
            types.PROXY_TARGET_GROUP: lambda _r, _n: {"name": "default"},
            types.CACHE: self._replication_group,
            types.KEY: lambda r, _: {"keyId": drawn(r, "uuid")},
            types.SECRET_VERSION: lambda r, _: {"versionId": drawn(r, "uuid")},
            types.FUNCTION: lambda _r, _n: {"version": "1"},
            types.INVOCATION: lambda _r, _n: {"result": "{}"},
            types.VPC: lambda r, _: {"defaultSecurityGroupId": f"sg-0{drawn(r, 'hex16')}"},
            types.ENDPOINT: lambda r, _: {"prefixListId": f"pl-{drawn(r, 'hex8')}"},
            types.BUCKET: lambda _, name: {"bucket": name},
            types.RANDOM_PASSWORD: lambda r, _: {"result": "x" * int(r.inputs.get("length", 32))},
            types.RANDOM_ID: _random_id,
        }

    def ensure(self, resource: Resource) -> Made:
        if not resource.type.startswith(("aws:", "random:")):
            raise CloudError(f"{resource.type} ({resource.name}) is not a resource type that this project knows.")
        name = name_of(resource)
        more = self._more.get(resource.type)
        outputs: Outputs = {"name": name, **(more(resource, name) if more else {})}
        known = identify(resource, self.region, ACCOUNT, outputs)
        outputs |= {"arn": known.arn} if known.arn else {}
        # What the program gives comes back as it was given: the ARN of a topic's policy is the topic's.
        outputs = {key: value for key, value in outputs.items() if key not in resource.inputs}
        return Made(id=known.id, outputs=outputs)

    def invoke(self, token: str, args: dict[str, Any]) -> dict[str, Any]:
        return lookups.answer(token, args, self.region, ACCOUNT)

    def _place(self, resource: Resource, service: str) -> str:
        region = str(resource.inputs.get("region") or self.region)
        return f"{drawn(resource, 'hex8')}.{region}.{service}.{partition_of(region).domain}"

    def _instance(self, resource: Resource, name: str) -> Outputs:
        address, port = f"{name}.{self._place(resource, 'rds')}", resource.inputs.get("port", 5432)
        return {
            "identifier": name,
            "address": address,
            "endpoint": f"{address}:{port}",
            "port": port,
            "resourceId": f"db-{drawn(resource, 'HEX26')}",
            "engineVersionActual": resource.inputs.get("engineVersion", "17"),
        }

    def _proxy(self, resource: Resource, name: str) -> Outputs:
        return {"endpoint": f"{name}.proxy-{self._place(resource, 'rds')}"}

    def _replication_group(self, resource: Resource, name: str) -> Outputs:
        inputs = resource.inputs
        shards = inputs.get("numNodeGroups") or 0
        per_shard = (inputs.get("replicasPerNodeGroup") or 0) + 1
        nodes = (
            [f"{name}-{shard:04}-{node:03}" for shard in range(1, shards + 1) for node in range(1, per_shard + 1)]
            if shards
            else [f"{name}-{node:03}" for node in range(1, (inputs.get("numCacheClusters") or 1) + 1)]
        )
        region = str(inputs.get("region") or self.region)
        zone = f"{drawn(resource, 'hex6')}.cache.{partition_of(region).domain}"
        return {
            "memberClusters": nodes,
            "port": inputs.get("port", 6379),
            "primaryEndpointAddress": f"master.{name}.{zone}",
            "readerEndpointAddress": f"replica.{name}.{zone}",
            "configurationEndpointAddress": f"clustercfg.{name}.{zone}",
        }


def _random_id(resource: Resource, _: str) -> Outputs:
    drew = bytes.fromhex(drawn(resource, f"hex{2 * int(resource.inputs.get('byteLength', 4))}"))
    text = base64.urlsafe_b64encode(drew).decode().rstrip("=")
    return {"hex": drew.hex(), "dec": str(int.from_bytes(drew, "big")), "b64Url": text}
