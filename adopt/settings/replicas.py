"""What a stack's file says of read replicas: what differs from their primary. Pure."""

from __future__ import annotations

from typing import Any

from adopt import instance_facts as facts
from adopt.estate import Estate, RunningInstance


def section(estate: Estate, it: RunningInstance) -> dict[str, Any]:
    """A replica without its parameters and without `existing`."""
    primary, own = estate.primary.described, it.described
    found = {
        "class": None if own["DBInstanceClass"] == primary["DBInstanceClass"] else own["DBInstanceClass"],
        "max_storage": _ceiling(estate, it),
        "storage": _volume(estate, it),
        "remote": _remote(estate, it),
    }
    return {key: value for key, value in found.items() if value not in (None, {})}


def _ceiling(estate: Estate, it: RunningInstance) -> int | None:
    own, primary = (int(each.described.get("MaxAllocatedStorage") or 0) for each in (it, estate.primary))
    return None if own == primary else own


def _volume(estate: Estate, it: RunningInstance) -> dict[str, Any]:
    """Type and speed of its volume, where they are not the primary's; the size is RDS's."""
    own, primary = facts.storage(it.described), facts.storage(estate.primary.described)
    return {key: own[key] for key in ("type", "iops", "throughput") if key in own and own[key] != primary.get(key)}


def _remote(estate: Estate, it: RunningInstance) -> dict[str, Any] | None:
    if it.region == estate.region:
        return None
    return {"region": it.region, "vpc": facts.vpc(it.described), "subnets": facts.subnets(it.described)}
