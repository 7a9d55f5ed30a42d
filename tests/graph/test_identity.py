"""Ids and ARNs of AWS's form, for every type that is declared anywhere."""

import re

import pytest
from clinic_project import CLINIC
from recorded_program import recorded

from graph import lookups
from graph.errors import CloudError
from graph.identity import identify, name_of
from graph.kinds import KINDS, changeable
from graph.offline import Offline
from graph.resource import Resource
from infra.settings.stackfile import read_stack
from local.handlers.registry import HANDLERS

HEX, UUID = r"[0-9a-f]", r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
SECRET = "arn:aws:secretsmanager:eu-north-1:111122223333:secret:shop/x"

# Type, inputs, the whole id, the whole ARN ("" for none).
IDENTITIES: list[tuple[str, dict[str, object], str, str]] = [
    ("aws:rds/instance:Instance", {"identifier": "shop"}, r"db-[0-9A-F]{26}", "arn:aws:rds:R:A:db:shop"),
    ("aws:rds/proxy:Proxy", {"name": "shop"}, "shop", rf"arn:aws:rds:R:A:db-proxy:prx-0{HEX}{{16}}"),
    (
        "aws:rds/proxyTarget:ProxyTarget",
        {"dbProxyName": "p", "targetGroupName": "default", "dbInstanceIdentifier": "shop"},
        "p/default/RDS_INSTANCE/shop",
        "",
    ),
    ("aws:rds/eventSubscription:EventSubscription", {"name": "shop"}, "shop", "arn:aws:rds:R:A:es:shop"),
    ("aws:rds/parameterGroup:ParameterGroup", {"namePrefix": "s-"}, rf"s-{HEX}{{7}}", r"arn:aws:rds:R:A:pg:s-.{7}"),
    (
        "aws:secretsmanager/secret:Secret",
        {"name": "shop/x"},
        rf"{SECRET.replace('eu-north-1:111122223333', 'R:A')}-{HEX}{{6}}",
        rf"arn:aws:secretsmanager:R:A:secret:shop/x-{HEX}{{6}}",
    ),
    ("aws:secretsmanager/secretVersion:SecretVersion", {"secretId": SECRET}, rf"{SECRET}\|{UUID}", ""),
    ("aws:secretsmanager/secretPolicy:SecretPolicy", {"secretArn": SECRET}, SECRET, ""),
    ("aws:sns/topic:Topic", {"name": "shop"}, "arn:aws:sns:R:A:shop", "arn:aws:sns:R:A:shop"),
    ("aws:sns/topicPolicy:TopicPolicy", {"arn": "arn:aws:sns:x"}, "arn:aws:sns:x", ""),
    ("aws:sns/topicSubscription:TopicSubscription", {"topic": "arn:aws:sns:x"}, rf"arn:aws:sns:x:{UUID}", ""),
    ("aws:iam/policy:Policy", {"name": "p"}, "arn:aws:iam::A:policy/p", "arn:aws:iam::A:policy/p"),
    ("aws:iam/policy:Policy", {"name": "p", "path": "/a/"}, "arn:aws:iam::A:policy/a/p", "arn:aws:iam::A:policy/a/p"),
    ("aws:iam/role:Role", {"name": "r"}, "r", "arn:aws:iam::A:role/r"),
    ("aws:iam/rolePolicy:RolePolicy", {"role": "r", "name": "n"}, "r:n", ""),
    ("aws:kms/key:Key", {}, UUID, rf"arn:aws:kms:R:A:key/{UUID}"),
    ("aws:kms/alias:Alias", {"name": "alias/shop"}, "alias/shop", "arn:aws:kms:R:A:alias/shop"),
    (
        "aws:lambda/alias:Alias",
        {"functionName": "f", "name": "check"},
        "arn:aws:lambda:R:A:function:f:check",
        "arn:aws:lambda:R:A:function:f:check",
    ),
    ("aws:lambda/permission:Permission", {"statementId": "events"}, "events", ""),
    ("aws:lambda/function:Function", {"name": "f"}, "f", "arn:aws:lambda:R:A:function:f"),
    ("aws:ec2/vpc:Vpc", {}, rf"vpc-0{HEX}{{16}}", rf"arn:aws:ec2:R:A:vpc/vpc-0{HEX}{{16}}"),
    ("aws:ec2/subnet:Subnet", {}, rf"subnet-0{HEX}{{16}}", rf"arn:aws:ec2:R:A:subnet/subnet-0{HEX}{{16}}"),
    ("aws:ec2/securityGroup:SecurityGroup", {}, rf"sg-0{HEX}{{16}}", r"arn:aws:ec2:R:A:security-group/sg-.{17}"),
    ("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", {}, rf"sgr-0{HEX}{{16}}", r"arn:.*/sgr-.{17}"),
    ("aws:ec2/routeTableAssociation:RouteTableAssociation", {}, rf"rtbassoc-0{HEX}{{16}}", ""),
    ("aws:ec2/flowLog:FlowLog", {}, rf"fl-0{HEX}{{16}}", rf"arn:aws:ec2:R:A:vpc-flow-log/fl-0{HEX}{{16}}"),
    ("aws:backup/plan:Plan", {"name": "p"}, UUID, rf"arn:aws:backup:R:A:backup-plan:{UUID}"),
    ("aws:backup/selection:Selection", {"name": "s"}, UUID, ""),
    ("aws:backup/vault:Vault", {"name": "v"}, "v", "arn:aws:backup:R:A:backup-vault:v"),
    ("aws:backup/vaultPolicy:VaultPolicy", {"backupVaultName": "v"}, "v", ""),
    # Its name alone: another log group may have one of the same.
    ("aws:cloudwatch/logMetricFilter:LogMetricFilter", {"name": "slow", "logGroupName": "/a"}, "slow", ""),
    ("aws:cloudwatch/eventTarget:EventTarget", {"rule": "r", "targetId": "t"}, "r-t", ""),
    ("aws:cloudwatch/eventTarget:EventTarget", {"rule": "r"}, rf"r-terraform-{HEX}{{26}}", ""),
    ("aws:s3/bucket:Bucket", {"bucket": "b"}, "b", "arn:aws:s3:::b"),
    ("aws:s3/bucketPolicy:BucketPolicy", {"bucket": "b"}, "b", ""),
    ("random:index/randomPassword:RandomPassword", {}, "none", ""),
]  # fmt: skip


def declared(kind: str, inputs: dict[str, object], name: str = "it") -> Resource:
    return Resource(urn=f"urn:pulumi:live::shop::{kind}::{name}", type=kind, name=name, inputs=inputs)


@pytest.mark.parametrize(("kind", "inputs", "identity", "arn"), IDENTITIES)
def test_id_and_arn(kind: str, inputs: dict[str, object], identity: str, arn: str) -> None:
    found = identify(declared(kind, inputs), "eu-north-1", "111122223333", {})
    for wanted, got in ((identity, found.id), (arn, found.arn)):
        text = wanted.replace("R:A", "eu-north-1:111122223333").replace("::A:", "::111122223333:")
        assert re.fullmatch(text, got), got


def test_no_type_is_without_a_row() -> None:
    """What a stack declares, what the engine's plugin knows, and what this computer plays."""
    seen = {
        each.type
        for stack in ("dev", "staging", "prod", "local")
        for each in recorded(stack, read_stack(CLINIC, stack)).resources
        if not each.type.startswith("data-tier:")
    }
    assert all(changeable(each) for each in seen)
    assert HANDLERS.keys() - KINDS.keys() == set()
    with pytest.raises(CloudError, match=r"graph/provider does not say what the id of aws:x/y:Z looks like"):
        name_of(declared("aws:x/y:Z", {}))


def test_two_resources_have_nothing_drawn_in_common() -> None:
    one, other = (identify(declared("aws:kms/key:Key", {}, name), "eu-west-1", "1", {}) for name in ("a", "b"))
    assert one.id != other.id


@pytest.mark.parametrize(
    ("region", "lies", "domain"),
    [
        ("eu-west-1", "aws", "amazonaws.com"),
        ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
        ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
    ],
)
def test_a_region_lies_in_its_partition(region: str, lies: str, domain: str) -> None:
    assert (
        identify(declared("aws:sns/topic:Topic", {"name": "a"}), region, "1", {}).id == f"arn:{lies}:sns:{region}:1:a"
    )
    asked = lookups.answer("aws:index/getPartition:getPartition", {}, region, "1")
    assert (asked["partition"], asked["dnsSuffix"]) == (lies, domain)
    address = Offline(region).ensure(declared("aws:rds/instance:Instance", {"identifier": "a"})).outputs["address"]
    assert address.endswith(f".{region}.rds.{domain}")
