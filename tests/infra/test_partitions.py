"""Stacks of every partition of AWS: their ARNs, what services are called there, and what cannot go across."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import iam_policies as iam
import pytest
from clinic_project import CLINIC, NAME

from components.delivery.boundary import boundary
from graph.offline import ACCOUNT, Offline
from graph.resource import Resource
from infra.load import load_settings
from infra.program import program
from infra.settings.problems import SettingsError
from knowledge.regions import address, domain, endpoint, partition_of
from preview.findings.alarms import alarm_findings
from runtime.monitor import run_program

ROOT = Path(__file__).parents[2]
# Region -> another of its partition, the partition, its domain.
PLACES = {
    "ap-southeast-2": ("us-east-1", "aws", "amazonaws.com"),
    "cn-north-1": ("cn-northwest-1", "aws-cn", "amazonaws.com.cn"),
    "us-gov-west-1": ("us-gov-east-1", "aws-us-gov", "amazonaws.com"),
    "us-iso-east-1": ("us-iso-west-1", "aws-iso", "c2s.ic.gov"),
}


CONFIG: dict[str, Any] = {"data-tier:profile": "dev", "data-tier:name": "shop", "data-tier:redis": {"main": {}}}


def remote(region: str) -> dict[str, Any]:
    return {"dr": {"remote": {"region": region, "vpc": "vpc-0a1b", "subnets": ["subnet-0a1b", "subnet-0a1c"]}}}


@cache
def declared(region: str) -> tuple[Resource, ...]:
    other = PLACES[region][0]
    config: dict[str, Any] = {
        "aws:region": region,
        "data-tier:profile": "prod",
        "data-tier:name": "shop",
        "data-tier:rotation": {},
        "data-tier:proxy": {},
        "data-tier:bucket": {},
        "data-tier:metrics": {"schedule": "5m"},
        "data-tier:backup": {
            "second_region": {"region": other},
            "restore_test": {},
            "logical": {"image": "registry.example/shop/copies:1"},
            "drills": {"image": "registry.example/shop/copies:1", "run": ["snapshot", "redis"]},
        },
        "data-tier:postgres": {"replicas": remote(other)},
        "data-tier:redis": {"main": {}, "tokens": {"auth": "token"}},
    }
    return tuple(run_program("live", lambda: program(CLINIC), Offline(region), config).resources)


def policies(region: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Statement by statement, with the name of what it belongs to."""
    for each in declared(region):
        for value in each.inputs.values():
            if isinstance(value, str) and value.startswith('{"Version"'):
                yield from ((each.name, statement) for statement in json.loads(value)["Statement"])


def services(principal: Any) -> Any:
    return principal.get("Service", []) if isinstance(principal, dict) else []


@pytest.mark.parametrize("region", PLACES)
def test_a_service_is_called_as_it_is_in_the_partition(region: str) -> None:
    other, _, suffix = PLACES[region]
    through = {
        value
        for _, statement in policies(region)
        for keys in statement.get("Condition", {}).values()
        for key, values in keys.items()
        if key == "kms:ViaService"
        for value in iam.many(values)
    }
    assert through == {f"{service}.{region}.{suffix}" for service in ("elasticache", "rds", "s3", "secretsmanager")}
    logs = {
        each
        for _, statement in policies(region)
        for each in iam.many(services(statement.get("Principal")))
        if each.startswith("logs.")
    }
    assert logs == {f"logs.{region}.{suffix}", f"logs.{other}.{suffix}"}


@pytest.mark.parametrize("region", PLACES)
def test_every_arn_lies_in_the_partition(region: str) -> None:
    text = json.dumps([each.inputs for each in declared(region)], default=str)
    assert set(re.findall(r"arn:(aws[a-z-]*):", text)) == {PLACES[region][1]}


@pytest.mark.parametrize("region", PLACES)
def test_every_alarm_is_proved_to_arrive(region: str) -> None:
    """Judged with the ARNs that AWS makes in the partition: others would silence all of them, on paper."""
    deployment = run_program("live", lambda: program(CLINIC), Offline(region), CONFIG | {"aws:region": region})
    assert alarm_findings(deployment, region) == ()


@pytest.mark.parametrize("region", PLACES)
def test_the_functions_and_the_proxy_open_their_secrets_within_the_boundary(region: str) -> None:
    """Both the role's own policy and the boundary have to allow it."""
    _, partition, suffix = PLACES[region]
    key = f"arn:{partition}:kms:{region}:{ACCOUNT}:key/1"
    context = {
        "kms:ViaService": f"secretsmanager.{region}.{suffix}",
        "kms:ResourceAliases": ["alias/shop-live-secrets"],
    }
    asked = iam.Request("kms:Decrypt", key, context)
    own = [
        (name, {**each, "Resource": "*"})
        for name, each in policies(region)
        if "kms:Decrypt" in iam.many(each["Action"]) and each.get("Sid") == "SecretsKey"
    ]
    assert {"runner-policy", "rotation-policy", "restore-test-policy", "proxy-policy"} <= {name for name, _ in own}
    assert [name for name, each in own if not iam.allowed([each], asked)] == []
    assert iam.allowed(boundary("shop-live", ACCOUNT, partition), asked)


@pytest.mark.parametrize(
    ("region", "named"),
    [
        ("eu-west-1", "com.amazonaws.eu-west-1.{}"),
        ("us-gov-west-1", "com.amazonaws.us-gov-west-1.{}"),
        ("eusc-de-east-1", "com.amazonaws.eusc-de-east-1.{}"),
    ],
)
def test_endpoints_are_named_alike_outside_of_china(region: str, named: str) -> None:
    for service in ("backup", "elasticache", "kms", "logs", "rds", "secretsmanager", "sts"):
        assert endpoint(service, region) == named.format(service)


def test_endpoints_of_china_are_of_two_kinds() -> None:
    made = {each.inputs["serviceName"] for each in declared("cn-north-1") if each.type.endswith(":VpcEndpoint")}
    assert made == {
        *(f"com.amazonaws.cn-north-1.{each}" for each in ("ecr.api", "ecr.dkr", "kms", "logs", "s3", "secretsmanager")),
        *(f"cn.com.amazonaws.cn-north-1.{each}" for each in ("backup", "elasticache", "rds", "sts")),
    }


@pytest.mark.parametrize(
    ("region", "name", "suffix"),
    [
        *((region, name, suffix) for region, (_, name, suffix) in PLACES.items()),
        ("us-west-2", "aws", "amazonaws.com"),
        ("eu-south-2", "aws", "amazonaws.com"),
        ("eusc-de-east-1", "aws-eusc", "amazonaws.eu"),
        ("us-isob-east-1", "aws-iso-b", "sc2s.sgov.gov"),
        ("us-isof-south-1", "aws-iso-f", "csp.hci.ic.gov"),
        ("eu-isoe-west-1", "aws-iso-e", "cloud.adc-e.uk"),
    ],
)
def test_a_region_is_of_one_partition(region: str, name: str, suffix: str) -> None:
    assert (partition_of(region).name, domain(name)) == (name, suffix)
    assert address("sns", region) == f"sns.{region}.{suffix}"


OWN = "arn:aws:iam::210987654321:policy"
SQS = "arn:aws-cn:sqs:cn-north-1:210987654321:alarms"
# What a stack `live` of `shop` in eu-west-1 says, where, and the rule; empty where it is fine.
SAID: list[tuple[dict[str, Any], str, str]] = [
    *(
        ({"boundary": f"arn:aws:iam::aws:policy/{each}"}, "boundary", "AWS's own")
        for each in ("AdministratorAccess", "PowerUserAccess", "IAMFullAccess", "job-function/SystemAdministrator")
    ),
    ({"boundary": f"{OWN}/delivery/shop-live-boundary"}, "", ""),
    ({"boundary": f"{OWN}/security/everybody"}, "", ""),
    ({"boundary": f"{OWN}/delivery/mine"}, "", ""),
    *(
        ({"boundary": f"{OWN}/delivery/{each}-boundary"}, "boundary", f"{each}-boundary is the boundary of another")
        for each in ("shop-dev", "shop-live2", "shop-live-eu", "clinic-live")
    ),
    ({"boundary": "arn:aws-cn:iam::210987654321:policy/x"}, "boundary", "partition aws-cn, and eu-west-1 in aws"),
    ({"backup": {"second_region": {"region": "cn-north-1"}}}, "backup.second_region.region", "partition aws-cn"),
    ({"backup": {"second_region": {"region": "us-gov-west-1"}}}, "backup.second_region.region", "aws-us-gov"),
    ({"backup": {"second_region": {"region": "eu-central-1"}}}, "", ""),
    ({"postgres": {"replicas": remote("eusc-de-east-1")}}, "postgres.replicas.dr.remote.region", "aws-eusc"),
    ({"postgres": {"replicas": remote("us-east-1")}}, "", ""),
    ({"bucket": {"roles": ["arn:aws-us-gov:iam::210987654321:role/x"]}}, "bucket.roles.0", "would begin arn:aws:"),
    ({"bucket": {"roles": ["arn:aws:iam::210987654321:role/x"]}}, "", ""),
    ({"notify": {"info": [{"email": "a@b.ch"}, {"sqs": SQS}]}}, "notify.info.1.sqs", "partition aws-cn"),
    ({"notify": {"info": [{"sqs": SQS.replace("aws-cn", "aws").replace("cn-north", "us-east")}]}}, "", ""),
]


@pytest.mark.parametrize(("config", "key", "says"), SAID)
def test_nothing_goes_from_one_partition_to_another(config: dict[str, Any], key: str, says: str) -> None:
    given = {"aws:region": "eu-west-1", "data-tier:profile": "prod", "data-tier:name": "shop"}
    given |= {f"data-tier:{section}": value for section, value in config.items()}
    if not key:
        load_settings(given, stack="live", source="live")
        return
    with pytest.raises(SettingsError) as caught:
        load_settings(given, stack="live", source="live")
    assert [each.key for each in caught.value.problems] == [f"data-tier:{key}"]
    assert says in caught.value.problems[0].rule
    # Where nobody says which region it is, the boundary alone can be judged.
    del given["aws:region"]
    if key != "boundary" or "partition" in says:
        load_settings(given, stack="live", source="live")


def test_a_stack_of_china_says_so_of_what_is_elsewhere() -> None:
    given = {**NAME, "aws:region": "cn-north-1", "data-tier:profile": "staging", "data-tier:bucket": {"roles": []}}
    load_settings(given, stack="qa", source="qa")
    given["data-tier:bucket"] = {"roles": ["arn:aws:iam::210987654321:role/x"]}
    with pytest.raises(SettingsError, match=r"is in partition aws, and cn-north-1 in aws-cn: its ARN .* arn:aws-cn:"):
        load_settings(given, stack="qa", source="qa")
