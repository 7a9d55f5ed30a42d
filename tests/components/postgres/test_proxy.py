"""RDS Proxy: whom it serves, who reaches it, and what becomes of its target when it is replaced."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.postgres.proxy import Proxy, ProxyArgs


def args(**more: Any) -> ProxyArgs:
    base: dict[str, Any] = {
        "prefix": "crm-prod",
        "region": "eu-west-1",
        "vpc_id": "vpc-1",
        "subnet_ids": ["subnet-1", "subnet-2"],
        "instance_identifier": "crm-prod",
        "database_security_group_id": "sg-database",
        "database_port": 5433,
        "clients": ["sg-0app", "10.1.0.0/16"],
        "secret_arns": {"crm_app": "arn:app", "crm_api": "arn:api"},
        "secrets_key_arn": "arn:key",
    }
    return ProxyArgs(**base | more)


def test_what_is_made(record: Any) -> None:
    def program() -> None:
        bootstrapped = aws.sns.Topic("bootstrapped")
        Proxy("proxy", args(), pulumi.ResourceOptions(depends_on=[bootstrapped]))

    seen = record(program)
    assert seen.listing == [
        ("Proxy", "proxy", ""),
        ("Proxy", "proxy-proxy", "proxy"),
        ("ProxyDefaultTargetGroup", "proxy-targets", "proxy"),
        ("ProxyTarget", "proxy-target", "proxy"),
        ("Role", "proxy-role", "proxy"),
        ("RolePolicy", "proxy-policy", "proxy"),
        ("SecurityGroup", "proxy-group", "proxy"),
        ("SecurityGroupEgressRule", "proxy-to-database", "proxy"),
        ("SecurityGroupIngressRule", "proxy-from-10-1-0-0-16", "proxy"),
        ("SecurityGroupIngressRule", "proxy-from-sg-0app", "proxy"),
        ("SecurityGroupIngressRule", "proxy-into-database", "proxy"),
        ("Topic", "bootstrapped", ""),
    ]
    proxy = seen["proxy-proxy"]
    login = {"authScheme": "SECRETS", "iamAuth": "DISABLED", "clientPasswordAuthType": "POSTGRES_SCRAM_SHA_256"}
    assert proxy.inputs == {
        "name": "crm-prod-proxy",
        "engineFamily": "POSTGRESQL",
        "roleArn": "arn:proxy-role",
        "vpcSubnetIds": ["subnet-1", "subnet-2"],
        "vpcSecurityGroupIds": ["id-proxy-group"],
        "auths": [
            {**login, "description": "crm_api", "secretArn": "arn:api"},
            {**login, "description": "crm_app", "secretArn": "arn:app"},
        ],
        "requireTls": True,
        "idleClientTimeout": 1800,
        "debugLogging": False,
    }
    # Not before the secrets are filled, nor before its role may read them.
    assert proxy.waits_for >= {"bootstrapped", "proxy-policy", "proxy-to-database", "proxy-into-database"}
    assert seen["proxy-targets"].inputs == {
        "dbProxyName": "crm-prod-proxy",
        "connectionPoolConfig": {
            "maxConnectionsPercent": 80,
            "maxIdleConnectionsPercent": 40,
            "connectionBorrowTimeout": 120,
        },
    }
    assert seen["proxy-target"].inputs == {
        "dbProxyName": "crm-prod-proxy",
        "targetGroupName": "default",
        "dbInstanceIdentifier": "crm-prod",
    }


def test_a_new_proxy_has_a_database_behind_it(record: Any) -> None:
    """The name stays, so nothing else tells Pulumi that target group and target went with the old one."""
    seen = record(lambda: Proxy("proxy", args()))
    assert seen["proxy-proxy"].delete_before_replace
    assert seen["proxy-targets"].replaced_along == seen["proxy-target"].replaced_along == {"proxy-proxy"}


def test_clients_reach_the_proxy_and_the_proxy_the_server(record: Any) -> None:
    seen = record(lambda: Proxy("proxy", args()))
    rules = {**seen.of("SecurityGroupIngressRule"), **seen.of("SecurityGroupEgressRule")}
    told = ("securityGroupId", "referencedSecurityGroupId", "cidrIpv4", "fromPort", "toPort")
    assert {name: tuple(rule.inputs.get(key) for key in told) for name, rule in rules.items()} == {
        "proxy-from-sg-0app": ("id-proxy-group", "sg-0app", None, 5432, 5432),
        "proxy-from-10-1-0-0-16": ("id-proxy-group", None, "10.1.0.0/16", 5432, 5432),
        "proxy-to-database": ("id-proxy-group", "sg-database", None, 5433, 5433),
        "proxy-into-database": ("sg-database", "id-proxy-group", None, 5433, 5433),
    }


def test_least_privilege(record: Any) -> None:
    seen = record(lambda: Proxy("proxy", args()))
    assert json.loads(seen["proxy-policy"].inputs["policy"])["Statement"] == [
        {
            "Sid": "Secrets",
            "Effect": "Allow",
            "Action": ["secretsmanager:GetSecretValue"],
            "Resource": ["arn:api", "arn:app"],
        },
        {
            "Sid": "SecretsKey",
            "Effect": "Allow",
            "Action": ["kms:Decrypt"],
            "Resource": "arn:key",
            "Condition": {"StringEquals": {"kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"}},
        },
    ]
    # RDS Proxy supports no global condition keys, so its trust policy has none.
    (trust,) = json.loads(seen["proxy-role"].inputs["assumeRolePolicy"])["Statement"]
    assert trust == {"Effect": "Allow", "Principal": {"Service": "rds.amazonaws.com"}, "Action": "sts:AssumeRole"}


def test_clients_that_log_in_by_token(record: Any) -> None:
    seen = record(lambda: Proxy("proxy", args(iam=True)))
    assert {(each["iamAuth"], each.get("clientPasswordAuthType")) for each in seen["proxy-proxy"].inputs["auths"]} == {
        ("REQUIRED", None)
    }


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"secret_arns": {}}, "1 to 200"),
        ({"secret_arns": {f"i{n}": "arn" for n in range(201)}}, "1 to 200"),
        ({"max_connections_percent": 0}, "1 to 100"),
        ({"max_connections_percent": 30}, "max_idle_percent"),
        ({"borrow_timeout": 301}, "0 to 300"),
        ({"idle_client_timeout": 59}, "60 to 28800"),
    ],
)
def test_what_rds_refuses(more: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        args(**more)
