"""Network, keys and security groups: what each asks for, whose child it is, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest

from components.keys import Keys, KeysArgs
from components.network.firewall import Firewall, FirewallArgs, check_peers
from components.network.vpc import Network, NetworkArgs, subnet_cidrs
from knowledge.networks import ENDPOINTS

PLACE = {"region": "eu-west-1", "account_id": "123456789012"}


def isolated(**more: Any) -> NetworkArgs:
    zones = ["eu-west-1a", "eu-west-1b"]
    return NetworkArgs(
        **{"prefix": "crm-dev", "cidr": "10.20.0.0/16", "availability_zones": zones, "logs_key_arn": "arn:k"}
        | PLACE
        | more
    )


def existing(**more: Any) -> NetworkArgs:
    return NetworkArgs(
        **{"prefix": "crm-dev", "vpc_id": "vpc-1", "subnet_ids": ["subnet-1", "subnet-2"]} | PLACE | more
    )


def test_an_isolated_network_that_pulls_images(record: Any) -> None:
    """ECR by its endpoints, and of S3 the bucket with the layers alone, by a gateway in the subnets' route table."""
    lists: list[str] = []

    def program() -> None:
        network = Network("net", isolated(images=True))
        assert network.image_prefix_list_id is not None
        network.image_prefix_list_id.apply(lists.append)

    seen = record(program)
    assert sorted(seen.of("VpcEndpoint")) == sorted(
        ["net-s3", "net-ecr-api", "net-ecr-dkr", *(f"net-{service}" for service in ENDPOINTS)]
    )
    assert seen["net-ecr-dkr"].inputs["serviceName"] == "com.amazonaws.eu-west-1.ecr.dkr"
    layers = seen["net-s3"].inputs
    (statement,) = json.loads(layers.pop("policy"))["Statement"]
    assert (statement["Action"], statement["Resource"]) == (
        ["s3:GetObject"],
        "arn:aws:s3:::prod-eu-west-1-starport-layer-bucket/*",
    )
    assert layers == {
        "vpcId": "id-net-vpc",
        "serviceName": "com.amazonaws.eu-west-1.s3",
        "vpcEndpointType": "Gateway",
        "routeTableIds": ["id-net-routes"],
        "tags": {"Name": "crm-dev-s3"},
    }
    assert lists == ["pl-net-s3"]


def test_an_existing_network_reaches_images_itself(record: Any) -> None:
    with pytest.raises(ValueError, match="reaches ECR and S3 itself"):
        existing(images=True)


def test_an_isolated_network(record: Any) -> None:
    seen = record(lambda: Network("net", isolated()))
    assert seen.listing == sorted(
        [
            ("DefaultSecurityGroup", "net-default-group", "net"),
            ("FlowLog", "net-flow-log", "net"),
            ("LogGroup", "net-flow-logs", "net"),
            ("Network", "net", ""),
            ("Role", "net-flow-logs-role", "net"),
            ("RolePolicy", "net-flow-logs-policy", "net"),
            ("RouteTable", "net-routes", "net"),
            ("RouteTableAssociation", "net-eu-west-1a-routes", "net"),
            ("RouteTableAssociation", "net-eu-west-1b-routes", "net"),
            ("SecurityGroup", "net-endpoints", "net"),
            ("Subnet", "net-eu-west-1a", "net"),
            ("Subnet", "net-eu-west-1b", "net"),
            ("Vpc", "net-vpc", "net"),
            *(("VpcEndpoint", f"net-{service}", "net") for service in ENDPOINTS),
        ]
    )
    assert seen["net-vpc"].inputs == {
        "cidrBlock": "10.20.0.0/16",
        "enableDnsHostnames": True,
        "enableDnsSupport": True,
        "tags": {"Name": "crm-dev-vpc"},
    }
    assert seen["net-default-group"].inputs == {"vpcId": "id-net-vpc", "ingress": [], "egress": []}
    assert "routes" not in seen["net-routes"].inputs
    assert [seen[f"net-eu-west-1{zone}"].inputs["cidrBlock"] for zone in "ab"] == ["10.20.0.0/18", "10.20.64.0/18"]
    endpoint = seen["net-secretsmanager"].inputs
    assert json.loads(endpoint.pop("policy"))["Statement"][0]["Condition"] == {
        "StringEquals": {"aws:PrincipalAccount": "123456789012"}
    }
    assert endpoint == {
        "privateDnsEnabled": True,
        "securityGroupIds": ["id-net-endpoints"],
        "serviceName": "com.amazonaws.eu-west-1.secretsmanager",
        "subnetIds": ["id-net-eu-west-1a", "id-net-eu-west-1b"],
        "tags": {"Name": "crm-dev-secretsmanager"},
        "vpcEndpointType": "Interface",
        "vpcId": "id-net-vpc",
    }
    assert seen["net-flow-logs"].inputs == {"name": "/aws/vpc/crm-dev", "retentionInDays": 30, "kmsKeyId": "arn:k"}


def test_an_existing_network_is_left_alone(record: Any) -> None:
    seen = record(lambda: Network("net", existing()))
    assert seen.listing == [("Network", "net", "")]


def test_an_existing_network_gets_endpoints_where_asked(record: Any) -> None:
    seen = record(lambda: Network("net", existing(endpoints=["secretsmanager"])))
    assert [row[:2] for row in seen.listing] == [
        ("Network", "net"),
        ("SecurityGroup", "net-endpoints"),
        ("VpcEndpoint", "net-secretsmanager"),
    ]


def test_endpoints_that_others_in_the_network_use_too_let_in_principals_of_any_account(record: Any) -> None:
    """And whoever has none yet: a pod's AssumeRoleWithWebIdentity is not signed."""
    seen = record(lambda: Network("net", existing(endpoints=["sts"], shared=True)))
    assert "policy" not in seen["net-sts"].inputs


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: existing(cidr="10.0.0.0/16"), "not both or none"),
        (lambda: existing(vpc_id=None), "not both or none"),
        (lambda: existing(subnet_ids=["subnet-1"]), "at least two subnets, in different availability zones"),
        (lambda: existing(availability_zones=["a", "b"]), "leave them out with vpc_id"),
        (lambda: isolated(subnet_ids=["subnet-1", "subnet-2"]), "leave them out with cidr"),
        (lambda: isolated(availability_zones=["a"]), "two or three"),
        (lambda: isolated(availability_zones=["a", "a"]), "two or three"),
        (lambda: isolated(cidr="10.0.0.0/33"), "not an IPv4 range"),
        (lambda: isolated(cidr="10.0.0.0/8"), "between /16 and /24"),
        (lambda: isolated(cidr="10.0.0.0/25"), "between /16 and /24"),
        (lambda: isolated(cidr="8.8.0.0/16"), "private IPv4 network"),
        (lambda: isolated(cidr="169.254.0.0/16"), "private IPv4 network"),
        (lambda: KeysArgs(prefix="p", deletion_window_days=6, **PLACE), "7 to 30"),
        (lambda: FirewallArgs(prefix="p", vpc_id="v"), "no way to Secrets Manager"),
        (
            lambda: FirewallArgs(prefix="p", vpc_id="v", clients=["sg-1", "sg-1"], endpoint_cidrs=["10.0.0.0/16"]),
            "twice",
        ),
        (lambda: FirewallArgs(prefix="p", vpc_id="v", endpoint_cidrs=["sg-1"]), "endpoint_security_group_id"),
    ],
)
def test_refused(build: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build()


@pytest.mark.parametrize("value", ["0.0.0.0/0", "::/0", "10.0.0.0/33", "10.0.0.1/8", "everyone", "sg-", "sg-UPPER", ""])
def test_a_client_that_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="clients"):
        check_peers("clients", [value])


@pytest.mark.parametrize("value", ["10.1.0.0/16", "10.1.2.3/32", "2001:db8::/32", "sg-0a1b2c3d"])
def test_a_client_that_is_taken(value: str) -> None:
    check_peers("clients", [value])


@pytest.mark.parametrize(
    ("cidr", "count", "expected"),
    [
        ("10.0.0.0/16", 2, ["10.0.0.0/18", "10.0.64.0/18"]),
        ("192.168.4.0/24", 3, ["192.168.4.0/26", "192.168.4.64/26", "192.168.4.128/26"]),
    ],
)
def test_subnets(cidr: str, count: int, expected: list[str]) -> None:
    assert subnet_cidrs(cidr, count) == expected


def test_rules_of_the_firewall(record: Any) -> None:
    clients = ["sg-0a1b", "10.1.0.0/16", "2001:db8::/32"]
    args = FirewallArgs(
        prefix="crm-dev",
        vpc_id="vpc-1",
        clients=clients,
        endpoint_security_group_id=pulumi.Output.from_input("sg-endpoints"),
        endpoint_cidrs=["10.9.0.0/24"],
    )
    seen = record(lambda: Firewall("fw", args))

    def rules(type_: str) -> list[tuple[Any, ...]]:
        return sorted(
            (
                each.inputs["securityGroupId"],
                each.inputs["fromPort"],
                each.inputs.get("cidrIpv4") or each.inputs.get("cidrIpv6") or each.inputs["referencedSecurityGroupId"],
            )
            for each in seen.of(type_).values()
        )

    assert rules("SecurityGroupIngressRule") == sorted(
        (group, port, source)
        for group, port in (("id-fw-database", 5432), ("id-fw-cache", 6379), ("sg-endpoints", 443))
        for source in [*clients, "id-fw-runner"]
    )
    assert rules("SecurityGroupEgressRule") == [
        ("id-fw-runner", 443, "10.9.0.0/24"),
        ("id-fw-runner", 443, "sg-endpoints"),
        ("id-fw-runner", 5432, "id-fw-database"),
        ("id-fw-runner", 6379, "id-fw-cache"),
    ]
    assert set(seen.of("SecurityGroup")) == {"fw-database", "fw-cache", "fw-runner"}
    for group in seen.of("SecurityGroup").values():
        assert not {"ingress", "egress"} & set(group.inputs)
    for each in seen.resources[1:]:
        assert each.parent == "fw"
        assert each.inputs["description"]


def test_who_was_in_the_network_before_is_let_into_its_endpoints_and_nowhere_else(record: Any) -> None:
    args = FirewallArgs(
        prefix="crm-dev", vpc_id="vpc-1", clients=["10.1.0.0/16"], endpoint_security_group_id="sg-endpoints",
        endpoint_clients=["10.1.0.0/16", "10.2.0.0/16"],
    )  # fmt: skip
    seen = record(lambda: Firewall("fw", args)).of("SecurityGroupIngressRule").values()
    let_in = [(each.inputs["securityGroupId"], each.inputs.get("cidrIpv4")) for each in seen]
    assert sorted(into for into, who in let_in if who == "10.2.0.0/16") == ["sg-endpoints"]
    assert sorted(into for into, who in let_in if who == "10.1.0.0/16") == [
        "id-fw-cache", "id-fw-database", "sg-endpoints",
    ]  # fmt: skip


def test_a_runner_that_carries_a_group_which_lets_it_out_gets_no_rule_of_its_own_for_that(record: Any) -> None:
    args = FirewallArgs(prefix="crm-dev", vpc_id="vpc-1", endpoint_groups=["sg-0a1b"])
    seen = record(lambda: Firewall("fw", args))
    assert sorted(seen.of("SecurityGroupEgressRule")) == ["fw-runner-to-cache", "fw-runner-to-database"]


@pytest.mark.parametrize(
    ("snapshots", "protect", "kept"),
    [
        (False, False, set()),
        (True, False, {"keys-storage"}),
        (False, True, {"keys-storage", "keys-logs"}),  # its automated backups stay
        (True, True, {"keys-storage", "keys-logs"}),
    ],
)
def test_a_key_stays_where_something_stays_that_it_opens(
    record: Any, snapshots: bool, protect: bool, kept: set[str]
) -> None:
    args = KeysArgs(prefix="shop-live", snapshots_stay=snapshots, protect=protect, **PLACE)
    keys = record(lambda: Keys("keys", args)).of("Key")
    assert {name for name, key in keys.items() if key.retain_on_delete} == kept


def test_keys(record: Any) -> None:
    args = KeysArgs(prefix="crm-dev", deletion_window_days=7, protect=True, **PLACE)
    seen = record(lambda: Keys("keys", args))
    purposes = ("storage", "secrets", "notifications", "logs")
    assert seen.listing == sorted(
        [
            ("Keys", "keys", ""),
            *(("Key", f"keys-{purpose}", "keys") for purpose in purposes),
            *(("Alias", f"keys-{purpose}-alias", "keys") for purpose in purposes),
        ]
    )
    keys = seen.of("Key")
    assert {n: k.retain_on_delete for n, k in keys.items()} == {
        "keys-storage": True,
        "keys-secrets": False,
        "keys-notifications": False,
        "keys-logs": True,
    }
    assert all(key.protect and key.inputs["enableKeyRotation"] for key in keys.values())
    assert {k.inputs["deletionWindowInDays"] for k in keys.values()} == {7}
    assert {a.inputs["name"] for a in seen.of("Alias").values()} == {f"alias/crm-dev-{purpose}" for purpose in purposes}

    statements = {n: json.loads(k.inputs["policy"])["Statement"] for n, k in keys.items()}
    for each in statements.values():
        assert each[0]["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    assert [len(statements[f"keys-{purpose}"]) for purpose in purposes] == [1, 1, 3, 2]
    assert [(s["Principal"], s["Action"], s.get("Condition")) for s in statements["keys-notifications"][1:]] == [
        (
            {"Service": "cloudwatch.amazonaws.com"},
            ["kms:Decrypt", "kms:GenerateDataKey*"],
            {"StringEquals": {"aws:SourceAccount": "123456789012"}},
        ),
        (
            {"Service": ["backup.amazonaws.com", "events.amazonaws.com", "events.rds.amazonaws.com"]},
            ["kms:Decrypt", "kms:GenerateDataKey*"],
            None,
        ),
    ]
    logs = statements["keys-logs"][1]
    assert logs["Principal"] == {"Service": "logs.eu-west-1.amazonaws.com"}
    assert logs["Condition"]["ArnLike"] == {
        "kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/*/crm-dev*"
    }


def test_the_logs_key_opens_the_logs_of_servers_of_other_names(record: Any) -> None:
    args = KeysArgs(prefix="crm-dev", account_id="123456789012", region="eu-west-1", existing_instances=["ledger"])
    [_, logs] = json.loads(record(lambda: Keys("keys", args))["keys-logs"].inputs["policy"])["Statement"]
    group = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws"
    assert logs["Condition"]["ArnLike"] == {
        "kms:EncryptionContext:aws:logs:arn": [f"{group}/*/crm-dev*", f"{group}/rds/instance/ledger/*"]
    }
