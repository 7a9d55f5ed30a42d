"""An account that answers by a table, over genuine clients, and programs that are looked at it for."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.session import Session
from recorded_program import recorded

from account.finding import AccountFinding
from account.look import look
from account.reader import Reader
from graph.resource import Resource

ROOT = Path(__file__).parents[2]
Answers = dict[str, Any]
CALLER: Answers = {
    "GetCallerIdentity": {"Account": "210987654321", "Arn": "arn:aws:iam::210987654321:user/ann", "UserId": "A"}
}
ROOM: Answers = {
    "GetAccountSettings": {"AccountLimit": {"ConcurrentExecutions": 10, "UnreservedConcurrentExecutions": 10}},
    "ListServiceQuotas": {
        "Quotas": [
            {"QuotaName": "VPCs per Region", "Value": 5.0},
            {"QuotaName": "DB instances", "Value": 40.0},
            {"QuotaName": "Nodes per Region", "Value": 300.0},
        ]
    },
    "DescribeAvailabilityZones": {
        "AvailabilityZones": [{"ZoneName": f"eu-west-1{letter}", "State": "available"} for letter in "abc"]
    },
    "DescribeOrderableDBInstanceOptions": {
        "OrderableDBInstanceOptions": [
            {"EngineVersion": "18.6", "AvailabilityZones": [{"Name": f"eu-west-1{letter}"} for letter in "abc"]}
        ]
    },
    "DescribeCacheEngineVersions": {"CacheEngineVersions": [{"EngineVersion": "8.0"}, {"EngineVersion": "8.2"}]},
    "ListRoles": {
        "Roles": [
            {"Path": f"/aws-service-role/{service}/", "RoleName": service}
            for service in (
                "rds.amazonaws.com",
                "elasticache.amazonaws.com",
                "backup.amazonaws.com",
                "restore-testing.backup.amazonaws.com",
                "pi-db.metrics.cloudwatch.amazonaws.com",
            )
        ]
    },
}
"""An account in which nothing is, with room for everything."""


_now: dict[str, Any] = {"answers": {}, "asked": []}


def asked() -> list[tuple[str, dict[str, Any]]]:
    """Calls since the last reader, with what they were asked with."""
    calls: list[tuple[str, dict[str, Any]]] = _now["asked"]
    return calls


@cache
def client(service: str, region: str) -> Any:
    """A genuine client, whose arguments botocore checks; it answers by the table of the test."""
    made = Session().create_client(
        service, region_name=region, aws_access_key_id="nobody", aws_secret_access_key="nothing"
    )

    def answer(model: Any, **_: Any) -> tuple[AWSResponse, Any]:
        found = _now["answers"].get(model.name, {})
        status = 400 if "Error" in found else 200
        return AWSResponse("https://nowhere", status, {}, None), {**found, "ResponseMetadata": {}}

    def ask(params: dict[str, Any], model: Any, **_: Any) -> None:
        _now["asked"].append((model.name, dict(params)))

    made.meta.events.register("provide-client-params", ask)
    made.meta.events.register("before-call", answer)
    return made


def reader(answers: Answers) -> Reader:
    _now.update(answers=CALLER | answers, asked=[])
    return Reader(client, "eu-west-1")


@cache
def declared(stack: str, profile: str) -> tuple[Resource, ...]:
    config = {"data-tier:profile": profile, "data-tier:name": "shop"}
    made = recorded(stack, config)
    return tuple(each for each in made.resources if each.type.startswith("aws:"))


def found(answers: Answers, stack: str = "live", profile: str = "prod", **more: Any) -> list[AccountFinding]:
    return [each for each in look(reader(ROOM | answers), declared(stack, profile), **more) if each.state != "ok"]
