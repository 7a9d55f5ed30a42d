"""The sections `existing` of database instances: names, groups and keys that stay. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adopt import instance_facts as facts
from adopt.estate import RunningInstance


def replica(it: RunningInstance, group: Mapping[str, Any] | None) -> dict[str, Any]:
    """`existing` of a replica. `group` is its `parameter_group`; None where the stack makes one."""
    described = it.described
    key, insights_key = described.get("KmsKeyId"), described.get("PerformanceInsightsKMSKeyId")
    found = {
        "identifier": it.identifier,
        "subnet_group": facts.subnet_group(described),
        "security_groups": facts.security_groups(described),
        "parameter_group": group,
        "encrypted": None if described.get("StorageEncrypted") else False,
        "key": key if described.get("StorageEncrypted") else None,
        "insights_key": insights_key if insights_key != key else None,
        "public": described.get("PubliclyAccessible") or None,
    }
    return {name: value for name, value in found.items() if value not in (None, [], "")}


def primary(it: RunningInstance, group: Mapping[str, Any] | None, master_secret: str | None) -> dict[str, Any]:
    """`existing` of the primary. `master_secret` is the ARN of the secret with the master's password, if it has one."""
    found = {"initial_database": it.described.get("DBName"), "master_secret": master_secret}
    return replica(it, group) | {name: value for name, value in found.items() if value}


def group(it: RunningInstance, *, managed: bool, family: str) -> dict[str, Any]:
    """`parameter_group` of either: what the stack's file has to say of the group that it has.

    `family` is that of the declared version, for a group that could not be read.
    """
    described = it.parameter_group.described
    said = {"name": facts.parameter_group(it.described), "family": str(described.get("DBParameterGroupFamily", family))}
    if not managed:
        return {**said, "managed": False}
    return {**said, "description": str(described.get("Description", ""))}
