"""IAM policy documents as Pulumi outputs: statements in, JSON out; values in them may be unknown yet."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from knowledge.regions import address, domain

Statement = Mapping[str, Any]


def document(*statements: Statement) -> pulumi.Output[str]:
    """Return the JSON of a policy made of these statements, in this order."""
    return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(sid: str, actions: Sequence[str], resource: object, **more: object) -> Statement:
    """Return an Allow statement; `more` takes Principal and Condition."""
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


def deny(sid: str, actions: Sequence[str], resource: object, **more: object) -> Statement:
    """Return a Deny statement; `more` takes Principal and Condition."""
    return {"Sid": sid, "Effect": "Deny", "Action": list(actions), "Resource": resource, **more}


def trust(service: str, condition: Mapping[str, object] | None = None) -> pulumi.Output[str]:
    """Return the trust policy of a role that this service alone assumes."""
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    if condition:
        statement["Condition"] = condition
    return document(statement)


def through(service: str, partition: str) -> dict[str, str]:
    """Return the condition that a key is used by way of this service, in whichever region (KMS, `kms:ViaService`)."""
    return {"kms:ViaService": f"{service}.*.{domain(partition)}"}


def called(service: str, region: pulumi.Input[str]) -> pulumi.Output[str]:
    """Return what a service of a region is called in conditions and principals: see `knowledge.regions`."""
    return pulumi.Output.from_input(region).apply(lambda known: address(service, known))


def exporter(region: pulumi.Input[str]) -> pulumi.Output[str]:
    """Return the service that writes what ElastiCache exports (ElastiCache User Guide, "Exporting a backup")."""
    return pulumi.Output.format("{0}.elasticache-snapshot.amazonaws.com", region)


def account_root(partition: pulumi.Input[str], account_id: pulumi.Input[str]) -> Mapping[str, object]:
    """Return the principal of the account: its IAM policies decide who within it may."""
    return {"AWS": pulumi.Output.format("arn:{0}:iam::{1}:root", partition, account_id)}
