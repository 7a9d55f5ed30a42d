"""`aws:elasticache/replicationGroup:ReplicationGroup`: Valkey nodes on this computer, replicated or sharded."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from typing import Any

from graph import types
from graph.cloud import Made
from graph.naming import digest, physical_name
from graph.resource import Resource
from local.computer import GIB, memory_bytes, server_bytes
from local.emulator import arn
from local.handlers.base import RunContext
from local.state import Entry, StateDir
from local.valkey.config import maxmemory, users
from local.valkey.group import Topology, each, form, replicate
from local.valkey.node import Node

TYPE = types.CACHE
PARAMETER_GROUP = types.CACHE_PARAMETER_GROUP


class ReplicationGroupHandler:
    """Keyed by its id, as on ElastiCache; the members' names are ElastiCache's too."""

    recorded = False

    def ensure(self, context: RunContext, resource: Resource, previous: Entry | None) -> Made:
        inputs = resource.inputs
        group = physical_name(resource, "replicationGroupId").lower()
        shape = topology(inputs)
        gone = _outgrown(context, previous, shape, group)
        nodes = [context.node(group, name, shape.cluster) for name in shape.names(group)]
        parameters = context.parameters(PARAMETER_GROUP, inputs)
        memory = memory_of(inputs)
        token = inputs.get("authToken")
        without: set[str] = set()

        def start(node: Node) -> bool:
            accounts = users(node.admin_password, node.replication_password, token)
            changed, meaningless = node.start(parameters, memory, accounts)
            without.update(meaningless)
            return changed

        changed = any(each(nodes, start)) or gone
        if shape.cluster:
            form(nodes, shape)
        else:
            replicate(nodes)
        differences = [f"cache {group} has maxmemory {memory // 1024 // 1024} MiB"]
        if without:
            differences.append(f"cache parameters without local meaning: {', '.join(sorted(without))}")
        context.differences[group] = tuple(differences)
        if changed:
            context.touched.add(group)
        outputs = _outputs(context, group, shape, nodes)
        if not changed and previous and previous["digest"] == digest(resource):
            return Made(id=group, outputs=outputs, outcome="unchanged")
        return Made(id=group, outputs=outputs, outcome="updated" if previous else "created")

    def remove(self, context: RunContext, entry: Entry) -> None:
        group = entry["id"]
        for member in members(context, entry):
            member.remove()
            forget_ports(context.state, member.name)
        shutil.rmtree(context.state.path / "cache" / group, ignore_errors=True)
        for use in ("admin", "replication"):
            context.state.secrets.pop(f"{group}-{use}", None)


def topology(inputs: Mapping[str, Any]) -> Topology:
    """Shards and replicas from the inputs, whichever of ElastiCache's spellings is used."""
    groups = inputs.get("numNodeGroups")
    replicas = inputs.get("replicasPerNodeGroup")
    cluster = inputs.get("clusterMode") == "enabled" or bool(groups and int(groups) > 1)
    if groups is None and replicas is None:
        return Topology(1, int(inputs.get("numCacheClusters") or 1) - 1, cluster)
    return Topology(int(groups or 1), int(replicas or 0), cluster)


def members(context: RunContext, entry: Entry) -> list[Node]:
    cluster = bool(entry["outputs"].get("clusterEnabled"))
    return [context.node(entry["id"], name, cluster) for name in entry["outputs"]["memberClusters"]]


def memory_of(inputs: Mapping[str, Any]) -> int:
    """The maxmemory of a node of a group that is declared so."""
    return maxmemory(class_bytes(inputs.get("nodeType")), server_bytes(memory_bytes()))


def class_bytes(node_type: str | None) -> float | None:
    """Memory of a cache class, from the sizing table; None for one it does not know."""
    from knowledge.classes import CACHE_CLASSES

    known = CACHE_CLASSES.get(str(node_type))
    return known.memory_gib * GIB if known else None


def _outgrown(context: RunContext, previous: Entry | None, shape: Topology, group: str) -> bool:
    """Remove the members that the group no longer has; a change of cluster mode or of shards begins anew.

    ElastiCache replaces the group for the first and moves slots for the second; a local cache holds nothing dear.
    """
    if previous is None:
        return False
    held = members(context, previous)
    wanted = set(shape.names(group))
    if shape.cluster and {node.name for node in held} != wanted:
        wanted = set()
    leaving = [node for node in held if node.name not in wanted]
    for node in leaving:
        node.remove()
        if node.name not in shape.names(group):
            forget_ports(context.state, node.name)
    return bool(leaving)


def forget_ports(state: StateDir, name: str) -> None:
    """Give the ports of a member back."""
    for server in (name, f"{name}-bus"):
        state.ports.pop(server, None)


def _outputs(context: RunContext, group: str, shape: Topology, nodes: list[Node]) -> dict[str, Any]:
    outputs: dict[str, Any] = {
        "replicationGroupId": group,
        "arn": arn("elasticache", context.region, f"replicationgroup:{group}"),
        "memberClusters": [node.name for node in nodes],
        "clusterEnabled": shape.cluster,
        "port": nodes[0].port,
        "engineVersionActual": nodes[0].binary.version.split()[-1],
    }
    if shape.cluster:
        outputs["configurationEndpointAddress"] = "127.0.0.1"
    else:
        outputs["primaryEndpointAddress"] = outputs["readerEndpointAddress"] = "127.0.0.1"
    return outputs
