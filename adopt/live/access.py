"""Secrets, roles, aliases of keys and security groups, as the provider reads them for an import. Pure.

Sources: terraform-provider-aws, internal/service: secretsmanager/secret.go, iam/role.go, kms/alias.go,
ec2/vpc_security_group.go. Roles lie in no region. The rules of a group are read into it; who has them as resources of
their own leaves them out there, and they stay as they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from adopt.estate import Described, Estate
from adopt.live.place import import_id, region_in, tags_of
from adopt.live.resource import LiveResource
from graph.types import KEY_ALIAS, ROLE, SECRET, SECURITY_GROUP


def secrets(estate: Estate) -> Iterator[LiveResource]:
    """Containers; no value is read."""
    for each in estate.around.secrets:
        arn = str(each["ARN"])
        region = region_in(arn, estate)
        yield LiveResource(
            type=SECRET,
            id=import_id(arn, region, estate),
            name=str(each["Name"]),
            region=region,
            inputs={
                "description": each.get("Description"),
                "kmsKeyId": each.get("KmsKeyId"),
                "name": each["Name"],
                "tags": _tags(each),
            },
            outputs={"arn": arn},
        )


def roles(estate: Estate) -> Iterator[LiveResource]:
    """By their names."""
    for each in estate.around.roles:
        name, trust = str(each["RoleName"]), each.get("AssumeRolePolicyDocument")
        yield LiveResource(
            type=ROLE,
            id=name,
            name=name,
            region=estate.region,
            inputs={
                "assumeRolePolicy": json.dumps(trust) if isinstance(trust, dict) else trust,
                "description": each.get("Description"),
                "maxSessionDuration": each.get("MaxSessionDuration"),
                "name": name,
                "path": each.get("Path"),
                "permissionsBoundary": (each.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn"),
                "tags": tags_of(str(each.get("Arn")), estate) or _tags(each),
            },
            outputs={"arn": each.get("Arn"), "uniqueId": each.get("RoleId")},
        )


def aliases(estate: Estate) -> Iterator[LiveResource]:
    """Of the keys."""
    for key in estate.around.keys:
        region = region_in(str(key["Arn"]), estate)
        for name in key.get("Aliases") or ():
            yield LiveResource(
                type=KEY_ALIAS,
                id=import_id(str(name), region, estate),
                name=str(name),
                region=region,
                inputs={"name": name, "targetKeyId": key["KeyId"]},
                outputs={
                    "arn": f"{str(key['Arn']).rpartition(':')[0]}:{name}",
                    "targetKeyArn": key["Arn"],
                },
            )


def security_groups(estate: Estate) -> Iterator[LiveResource]:
    """Those of the servers, and of names that the stack would take; a name is a group's within one VPC."""
    for each in estate.around.security_groups:
        arn = str(each.get("SecurityGroupArn") or "")
        region = region_in(arn, estate)
        yield LiveResource(
            type=SECURITY_GROUP,
            id=import_id(str(each["GroupId"]), region, estate),
            name=str(each.get("GroupName", "")),
            region=region,
            inputs={
                "description": each.get("Description"),
                "egress": [_rule(rule) for rule in each.get("IpPermissionsEgress") or ()],
                "ingress": [_rule(rule) for rule in each.get("IpPermissions") or ()],
                "name": each.get("GroupName"),
                "tags": _tags(each),
                "vpcId": each.get("VpcId"),
            },
            outputs={"arn": arn, "ownerId": each.get("OwnerId")},
        )


def _rule(rule: Described) -> dict[str, Any]:
    found = {
        "cidrBlocks": [each["CidrIp"] for each in rule.get("IpRanges") or ()],
        "fromPort": rule.get("FromPort", 0),
        "ipv6CidrBlocks": [each["CidrIpv6"] for each in rule.get("Ipv6Ranges") or ()],
        "prefixListIds": [each["PrefixListId"] for each in rule.get("PrefixListIds") or ()],
        "protocol": rule.get("IpProtocol"),
        "securityGroups": [each["GroupId"] for each in rule.get("UserIdGroupPairs") or () if "GroupId" in each],
        "toPort": rule.get("ToPort", 0),
    }
    return {key: value for key, value in found.items() if value not in ([], None)}


def _tags(of: Described) -> dict[str, str]:
    return {str(each["Key"]): str(each["Value"]) for each in of.get("Tags") or ()}
