"""Room in the account: how much of each quota is used, how much the stack takes, and Lambda's runs at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from account.finding import AccountFinding
from account.reader import NotThereError, Reader
from graph import types
from graph.resource import Resource

# Lambda refuses a reservation that leaves less (Developer Guide, configuration-concurrency).
UNRESERVED = 100


@dataclass(frozen=True, kw_only=True)
class Quota:
    """One quota of Service Quotas, by its name there."""

    service: str
    name: str
    type: str
    """Resources of the stack that count."""
    of: tuple[str, str, str]
    """Service, call and field that list what there is."""


QUOTAS = (
    Quota(
        service="vpc", name="VPCs per Region", type=types.VPC, of=("ec2", "describe_vpcs", "Vpcs")
    ),
    Quota(
        service="rds", name="DB instances", type=types.INSTANCE,
        of=("rds", "describe_db_instances", "DBInstances"),
    ),
    Quota(
        service="elasticache", name="Nodes per Region", type=types.CACHE,
        of=("elasticache", "describe_cache_clusters", "CacheClusters"),
    ),
)  # fmt: skip


def quotas(reader: Reader, wanted: Collection[Resource], own: Collection[tuple[str, str]]) -> Iterator[AccountFinding]:
    """Each quota that the stack takes from."""
    for quota in QUOTAS:
        here = [each for each in wanted if each.type == quota.type and not each.inputs.get("region")]
        need = sum(_counts(each) for each in here if (each.type, each.name) not in own)
        limits = {
            each["QuotaName"]: each["Value"]
            for each in reader.all("service-quotas", "list_service_quotas", "Quotas", ServiceCode=quota.service)
        }
        if not need or quota.name not in limits:
            continue
        used, limit = len(reader.all(*quota.of)), int(limits[quota.name])
        fits = used + need <= limit
        yield AccountFinding(
            check="quota",
            state="ok" if fits else "missing",
            where=reader.region,
            what=f"{quota.name}: {used} of {limit} are used, and the stack takes {need}",
            mend="" if fits else f"ask for more: Service Quotas, {quota.service}, `{quota.name}`",
        )


def _counts(each: Resource) -> int:
    """Instances count one, a cache its nodes."""
    shards = int(each.inputs.get("numNodeGroups") or 0)
    if shards:
        return shards * (int(each.inputs.get("replicasPerNodeGroup") or 0) + 1)
    return int(each.inputs.get("numCacheClusters") or 1)


def concurrency(reader: Reader, wanted: Collection[Resource], reserved: int | None) -> Iterator[AccountFinding]:
    """Lambda's runs at a time; what the stack has reserved before is given back by reserving it again."""
    limit = reader.one("lambda", "get_account_settings")["AccountLimit"]
    total, free = int(limit["ConcurrentExecutions"]), int(limit["UnreservedConcurrentExecutions"])
    what = f"Lambda: {total} runs at a time, {free} of them not reserved"
    if reserved and free + _held(reader, wanted) - reserved < UNRESERVED:
        yield AccountFinding(
            check="concurrency", state="missing", where=reader.region,
            what=f"{what}; AWS refuses to reserve {reserved}, as less than {UNRESERVED} would be left",
            mend="leave data-tier:runner.reserved out, or ask Service Quotas for more lambda `Concurrent executions`",
        )  # fmt: skip
    else:
        yield AccountFinding(check="concurrency", state="ok", where=reader.region, what=what)


def _held(reader: Reader, wanted: Collection[Resource]) -> int:
    """Runs that functions of the stack's names have reserved already."""
    names = [str(each.inputs["name"]) for each in wanted if each.inputs.get("reservedConcurrentExecutions")]
    held = 0
    for name in names:
        try:
            answer = reader.one("lambda", "get_function_concurrency", FunctionName=name)
        except NotThereError:
            continue
        held += int(answer.get("ReservedConcurrentExecutions", 0))
    return held
