"""What a described DB instance is: version, storage, groups, keys and names, as RDS says it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adopt.estate import Described, RunningInstance
from knowledge.storage import STRIPED_FROM, base_iops, base_throughput, least_growth


def version(it: Described) -> str:
    """As a stack's file has it: the major version where RDS keeps the minor current, else the exact one."""
    exact = str(it["EngineVersion"])
    return major(it) if it.get("AutoMinorVersionUpgrade", True) else exact


def major(it: Described) -> str:
    """Major version, such as `16`."""
    return str(it["EngineVersion"]).partition(".")[0]


def port(it: Described) -> int:
    """Port; 0 where it is not known, of an instance that is stopped or being made."""
    return int((it.get("Endpoint") or {}).get("Port") or it.get("DbInstancePort") or 0)


def log_prefix(it: Described) -> str:
    """What the names of its log groups begin with; the kind of log follows."""
    return f"/aws/rds/instance/{it['DBInstanceIdentifier']}/"


def subnet_group(it: Described) -> str:
    """Name of its subnet group."""
    return str((it.get("DBSubnetGroup") or {}).get("DBSubnetGroupName", ""))


def vpc(it: Described) -> str:
    """VPC that it is in."""
    return str((it.get("DBSubnetGroup") or {}).get("VpcId", ""))


def subnets(it: Described) -> list[str]:
    """Ids of the subnets of its subnet group, sorted."""
    found = (it.get("DBSubnetGroup") or {}).get("Subnets") or []
    return sorted(str(each["SubnetIdentifier"]) for each in found)


def security_groups(it: Described) -> list[str]:
    """Ids of its security groups, sorted."""
    return sorted(str(each["VpcSecurityGroupId"]) for each in it.get("VpcSecurityGroups") or [])


def parameter_group(it: Described) -> str:
    """Name of its parameter group."""
    return str(next(iter(it.get("DBParameterGroups") or [{}])).get("DBParameterGroupName", ""))


def option_group(it: Described) -> str:
    """Name of its option group."""
    return str(next(iter(it.get("OptionGroupMemberships") or [{}])).get("OptionGroupName", ""))


def source(it: Described) -> str:
    """Identifier of the instance that it replicates; of one in another region too. Empty for a primary."""
    return str(it.get("ReadReplicaSourceDBInstanceIdentifier") or "").rpartition(":")[2]


def insights(it: Described) -> str:
    """Database Insights as a stack's file has it: `off`, `standard` or `advanced`."""
    if not it.get("PerformanceInsightsEnabled"):
        return "off"
    return str(it.get("DatabaseInsightsMode") or "standard")


def set_parameters(it: RunningInstance) -> dict[str, str]:
    """What somebody set in its parameter group."""
    return {
        str(each["ParameterName"]): str(each.get("ParameterValue", ""))
        for each in it.parameter_group.parameters
        if each.get("Source") == "user"
    }


def more_storage(it: Described) -> int:
    """GiB of the next size that RDS takes."""
    return least_growth(int(it["AllocatedStorage"]))


def storage(it: Described) -> dict[str, Any]:
    """`postgres.storage` of a stack's file, every key.

    A volume that RDS has grown by itself to within a tenth of its ceiling is written as it was before: the provider
    lets a larger volume be, and a ceiling so near is refused.
    """
    allocated, ceiling = int(it["AllocatedStorage"]), int(it.get("MaxAllocatedStorage") or 0)
    kind = str(it.get("StorageType", "gp3"))
    if ceiling and least_growth(allocated) > ceiling:
        allocated = max(grown for grown in range(1, ceiling) if least_growth(grown) <= ceiling)
    return {"type": kind, "allocated": allocated, "max": ceiling, **_speed(it, kind)}


def _speed(it: Described, kind: str) -> Mapping[str, int]:
    """IOPS and MiB/s where somebody chose them: gp3 has its own, and gp2 no others than its size gives."""
    iops, throughput = int(it.get("Iops") or 0), int(it.get("StorageThroughput") or 0)
    if kind in ("io1", "io2"):
        return {"iops": iops}
    if kind != "gp3" or int(it["AllocatedStorage"]) < STRIPED_FROM:
        return {}
    size = int(it["AllocatedStorage"])
    chosen = {"iops": (iops, base_iops(size)), "throughput": (throughput, base_throughput(size))}
    return {name: has for name, (has, usual) in chosen.items() if has not in (0, usual)}
