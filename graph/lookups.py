"""Answers to data sources: the account, region and zones that the emulator plays."""

from __future__ import annotations

from typing import Any

from graph.errors import CloudError
from knowledge.regions import partition_of


def answer(token: str, args: dict[str, Any], region: str, account: str) -> dict[str, Any]:
    """What AWS would answer; raise for an unknown look-up."""
    region = args.get("region") or region
    lies = partition_of(region)
    answers: dict[str, dict[str, Any]] = {
        "aws:index/getCallerIdentity:getCallerIdentity": {
            "accountId": account,
            "arn": f"arn:{lies.name}:iam::{account}:root",
            "userId": account,
            "id": account,
        },
        "aws:index/getRegion:getRegion": {"region": region, "name": region, "id": region, "description": region},
        "aws:index/getPartition:getPartition": {
            "partition": lies.name,
            "dnsSuffix": lies.domain,
            "reverseDnsPrefix": ".".join(reversed(lies.domain.split("."))),
            "id": lies.name,
        },
        "aws:index/getAvailabilityZones:getAvailabilityZones": {
            "names": [f"{region}{letter}" for letter in "abc"],
            "zoneIds": [f"{region}-az{number}" for number in (1, 2, 3)],
            "groupNames": [region],
            "id": region,
            "region": region,
        },
    }
    if token not in answers:
        raise CloudError(f"cannot answer {token} here; known are {', '.join(sorted(answers))}")
    return answers[token]
