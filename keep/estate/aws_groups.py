"""Into which groups a copy goes: those of its source, or, in a region that has none, those that are named for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from knowledge.storage import STRIPED_FROM

if TYPE_CHECKING:
    from types_boto3_rds.type_defs import DBInstanceTypeDef


@dataclass(frozen=True, kw_only=True)
class Landing:
    """Where copies go in a region in which the stack has no instance: names of what is there for them."""

    subnet_group: str
    security_groups: tuple[str, ...]
    parameter_group: str
    instance_class: str
    port: int
    by_token: bool = False
    """Whether logins may come with a token of IAM, as in the stack's own region."""


def as_source(found: DBInstanceTypeDef) -> dict[str, Any]:
    """What a copy gets told so as to be as its source; the key of its storage it has from the backup."""
    given: dict[str, Any] = {
        "DBInstanceClass": found["DBInstanceClass"],
        "DBSubnetGroupName": found["DBSubnetGroup"]["DBSubnetGroupName"],
        "VpcSecurityGroupIds": [each["VpcSecurityGroupId"] for each in found["VpcSecurityGroups"]],
        "DBParameterGroupName": found["DBParameterGroups"][0]["DBParameterGroupName"],
        "Port": found["Endpoint"]["Port"],
        "StorageType": found["StorageType"],
        "EnableIAMDatabaseAuthentication": found.get("IAMDatabaseAuthenticationEnabled", False),
    }
    if found.get("OptionGroupMemberships"):
        given["OptionGroupName"] = found["OptionGroupMemberships"][0]["OptionGroupName"]
    for key in ("CACertificateIdentifier", "NetworkType"):
        if found.get(key):
            given[key] = found[key]
    # A volume of gp3 below that size has what it has, and RDS refuses to be told so.
    if found["StorageType"].startswith("io") or found["AllocatedStorage"] >= STRIPED_FROM:
        given |= {name: found[name] for name in ("Iops", "StorageThroughput") if found.get(name)}
    return given


def as_landed(landing: Landing) -> dict[str, Any]:
    """The same where there is no source."""
    return {
        "DBInstanceClass": landing.instance_class,
        "DBSubnetGroupName": landing.subnet_group,
        "VpcSecurityGroupIds": list(landing.security_groups),
        "DBParameterGroupName": landing.parameter_group,
        "Port": landing.port,
        "EnableIAMDatabaseAuthentication": landing.by_token,
    }
