"""What runs under the stack's names: changes that wait for their window, caches that are ahead of what is declared."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from account.finding import Finding, Wanted
from account.place import CACHE, INSTANCE
from account.reader import Reader
from components.sizing.versions import cache_goes_back, numbers


def waiting(reader: Reader, wanted: Collection[Wanted]) -> Iterator[Finding]:
    """What AWS has taken and not done: until the window every `pulumi up` proposes it again (ModifyDBInstance)."""
    for region in sorted({each.inputs.get("region") for each in wanted if each.type == INSTANCE}, key=str):
        here = {str(e.inputs["identifier"]) for e in wanted if e.type == INSTANCE and e.inputs.get("region") == region}
        for each in reader.all("rds", "describe_db_instances", "DBInstances", region):
            name = each["DBInstanceIdentifier"]
            if name in here and (values := pending(each.get("PendingModifiedValues"))):
                yield _waits(
                    region or reader.region,
                    name,
                    values,
                    each.get("PreferredMaintenanceWindow"),
                    "rds modify-db-instance --db-instance-identifier",
                )
    groups = {str(each.inputs["replicationGroupId"]): each for each in wanted if each.type == CACHE}
    if not groups:
        return
    for each in reader.all("elasticache", "describe_replication_groups", "ReplicationGroups"):
        name = each["ReplicationGroupId"]
        if name in groups and (values := pending(each.get("PendingModifiedValues"))):
            window = groups[name].inputs.get("maintenanceWindow")
            yield _waits(
                reader.region, name, values, window, "elasticache modify-replication-group --replication-group-id"
            )


def pending(values: dict[str, Any] | None) -> dict[str, str]:
    """What waits, without a password's stars."""
    return {key: str(value) for key, value in (values or {}).items() if "Password" not in key and value not in ({}, [])}


def _waits(where: str, name: str, values: dict[str, str], window: str | None, modify: str) -> Finding:
    told = ", ".join(f"{key} {value}" for key, value in sorted(values.items()))
    return Finding(
        check="pending",
        state="note",
        where=where,
        what=f"{name}: {told} waits for the maintenance window ({window or 'not known'}, UTC); until then "
        "`pulumi up` proposes it again",
        mend=f"wait, or `aws {modify} {name} ... --apply-immediately` with the same change",
    )


def ahead(reader: Reader, wanted: Collection[Wanted]) -> Iterator[Finding]:
    """Caches that run a later version than is declared: after a refresh the next deployment would replace them."""
    declared = {
        str(each.inputs["replicationGroupId"]): str(each.inputs["engineVersion"])
        for each in wanted
        if each.type == CACHE
    }
    if not declared:
        return
    runs: dict[str, str] = {}
    for each in reader.all("elasticache", "describe_cache_clusters", "CacheClusters"):
        runs.setdefault(str(each.get("ReplicationGroupId")), str(each["EngineVersion"]))
    for name, version in declared.items():
        if name in runs and cache_goes_back(".".join(map(str, numbers(runs[name])[:2])), version):
            exact = ".".join(map(str, numbers(runs[name])[:2]))
            yield Finding(
                check="version", state="missing", where=reader.region,
                what=f"{name} runs {runs[name]}, and {version} is declared: after a refresh the next deployment would "
                "replace the cache by an empty one",
                mend=f'declare what runs: version: "{exact}"',
            )  # fmt: skip
