"""The region: zones, and whether it offers the classes and versions that the stack declares."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from account.finding import AccountFinding
from account.reader import Reader
from graph import types
from graph.resource import Resource
from knowledge.iam.actions import linked_by

INSTANCE, CACHE = types.INSTANCE, types.CACHE
SUBNET = types.SUBNET


def zones(reader: Reader, wanted: Collection[Resource]) -> Iterator[AccountFinding]:
    """Zones of the stack's own subnets."""
    named = sorted({str(each.inputs["availabilityZone"]) for each in wanted if each.type == SUBNET})
    if not named:
        return
    there = {
        each["ZoneName"]: each["State"]
        for each in reader.all("ec2", "describe_availability_zones", "AvailabilityZones")
    }
    for zone in named:
        state = there.get(zone)
        if state is None:
            yield AccountFinding(
                check="zone", state="missing", where=reader.region, what=f"this account has no zone {zone}",
                mend=f"name others in data-tier:network.zones: {', '.join(sorted(there))}",
            )  # fmt: skip
        elif state != "available":
            yield AccountFinding(
                check="zone", state="note", where=reader.region, what=f"{zone} is {state}",
                mend="wait, or name others in data-tier:network.zones before the first deployment",
            )  # fmt: skip


def classes(reader: Reader, wanted: Collection[Resource]) -> Iterator[AccountFinding]:
    """Instance classes with the version of the primary, in each region."""
    versions = {
        str(each.inputs["engineVersion"])
        for each in wanted
        if each.type == INSTANCE and each.inputs.get("engineVersion")
    }
    asked: dict[tuple[str | None, str], int] = {}
    for each in wanted:
        if each.type == INSTANCE:
            here = (each.inputs.get("region"), str(each.inputs["instanceClass"]))
            # A standby is never in the zone of its primary (RDS User Guide, "Multi-AZ DB instance deployments").
            asked[here] = max(asked.get(here, 1), 2 if each.inputs.get("multiAz") else 1)
    subnets = {str(each.inputs["availabilityZone"]) for each in wanted if each.type == SUBNET}
    for (region, name), zones_needed in sorted(asked.items(), key=str):
        offers = reader.all(
            "rds", "describe_orderable_db_instance_options", "OrderableDBInstanceOptions", region,
            Engine="postgres", DBInstanceClass=name,
        )  # fmt: skip
        fitting = [each for each in offers if any(fits(each["EngineVersion"], version) for version in versions)]
        where = region or reader.region
        if not fitting:
            yield AccountFinding(
                check="class", state="missing", where=where,
                what=f"RDS offers no {name} with PostgreSQL {', '.join(sorted(versions))}",
                mend="choose another class (data-tier:postgres.class), version or region",
            )  # fmt: skip
            continue
        offered = {zone["Name"] for each in fitting for zone in each.get("AvailabilityZones", ())}
        if region is None and subnets and len(subnets & offered) < zones_needed:
            common = ", ".join(sorted(subnets & offered)) or "none"
            yield AccountFinding(
                check="class", state="missing", where=where,
                what=f"RDS offers {name} in {', '.join(sorted(offered))} alone, and the stack has {common} of these "
                f"zones{' and needs two for a standby' if zones_needed > 1 else ''}",
                mend="name two of them in data-tier:network.zones, or choose another class",
            )  # fmt: skip
        else:
            yield AccountFinding(check="class", state="ok", where=where, what=f"{name} is offered")


def cache_versions(reader: Reader, wanted: Collection[Resource]) -> Iterator[AccountFinding]:
    """Engines and versions of caches."""
    asked = {(str(each.inputs["engine"]), str(each.inputs["engineVersion"])) for each in wanted if each.type == CACHE}
    for engine, version in sorted(asked):
        known = reader.all("elasticache", "describe_cache_engine_versions", "CacheEngineVersions", Engine=engine)
        if any(fits(each["EngineVersion"], version) for each in known):
            continue
        yield AccountFinding(
            check="version", state="missing", where=reader.region,
            what=f"ElastiCache has no {engine} {version} here",
            mend="declare one of " + ", ".join(sorted({each["EngineVersion"] for each in known})),
        )  # fmt: skip


def fits(exact: str, declared: str) -> bool:
    """Whether a version is the declared one: `17.6` is a `17`, and `17.10` no `17.1`."""
    return exact == declared or exact.startswith(f"{declared}.")


def boundaries(reader: Reader, wanted: Collection[Resource]) -> Iterator[AccountFinding]:
    """Permissions boundaries that do not exist: IAM creates no role with one (CreateRole, NoSuchEntity)."""
    arns = {str(arn) for each in wanted if (arn := each.inputs.get("permissionsBoundary"))}
    for arn in sorted(arns):
        if not reader.named("iam", "get_policy", "Policy", PolicyArn=arn):
            yield AccountFinding(
                check="boundary", state="missing", where="the account", what=f"there is no policy {arn}",
                mend="let the account's administrator deploy delivery/, which makes it, or correct data-tier:boundary",
            )  # fmt: skip


def linked_roles(reader: Reader, wanted: Collection[Resource]) -> Iterator[AccountFinding]:
    """Service-linked roles, which the first resource of its kind makes where the deploying role may."""
    needed = sorted({service for each in wanted for service in linked_by(each.type, each.inputs)})
    there = {each["Path"] for each in reader.all("iam", "list_roles", "Roles", PathPrefix="/aws-service-role/")}
    for service in needed:
        if f"/aws-service-role/{service}/" not in there:
            yield AccountFinding(
                check="service-linked role", state="note", where="the account", what=f"{service} has none yet",
                mend=f"`aws iam create-service-linked-role --aws-service-name {service}`, or the deployment makes it",
            )  # fmt: skip
