"""The network: security groups, their rules, subnets."""

from __future__ import annotations

from graph import types
from preview.impact.effect import Edit, Effect, Rule

_SG = "Amazon VPC User Guide, security-group-rules"


def _open(edit: Edit) -> bool:
    return str(edit.after) in ("0.0.0.0/0", "::/0")


NETWORK: dict[str, tuple[Rule, ...]] = {
    types.SECURITY_GROUP: (
        Rule(
            id="group-delete",
            key="*",
            effect=Effect.DOWNTIME,
            users="Clients admitted through it are cut off.",
            source=_SG,
        ),
        Rule(
            id="group-move",
            key="vpcId",
            users="The group is replaced by one in the other VPC.",
        ),
        Rule(
            id="group-text",
            key="description",
            users="A description cannot be changed: the group is replaced, and its members are cut off meanwhile.",
            way_round="Leave the description.",
        ),
    ),
    types.INGRESS: (
        Rule(
            id="ingress-delete",
            key="*",
            effect=Effect.DOWNTIME,
            users="New connections of that client are refused, established ones may be cut.",
            source=_SG,
        ),
        Rule(
            id="ingress-open-v4",
            key="cidrIpv4",
            effect=Effect.DATA_AT_RISK,
            when=_open,
            users="The whole internet may knock.",
            source="Security Hub, EC2.18",
            way_round="Name the clients.",
        ),
        Rule(
            id="ingress-open-v6",
            key="cidrIpv6",
            effect=Effect.DATA_AT_RISK,
            when=_open,
            users="The whole internet may knock.",
            source="Security Hub, EC2.18",
            way_round="Name the clients.",
        ),
        Rule(
            id="ingress-client",
            key="referencedSecurityGroupId",
            effect=Effect.DOWNTIME,
            users="The former client is refused.",
            source=_SG,
        ),
        Rule(
            id="ingress-cidr",
            key="cidrIpv4",
            effect=Effect.DOWNTIME,
            users="The former addresses are refused.",
            source=_SG,
        ),
    ),
    types.VPC: (
        Rule(
            id="vpc-delete",
            key="*",
            effect=Effect.BLOCKED,
            users="AWS refuses while anything is in it.",
            source="Amazon VPC User Guide, delete-vpc",
        ),
        Rule(
            id="vpc-range",
            key="cidrBlock",
            effect=Effect.DATA_AT_RISK,
            users="Another network: everything in it would be replaced.",
            way_round="Add a secondary range, or a second stack.",
        ),
    ),
    types.SUBNET: (
        Rule(
            id="subnet-delete",
            key="*",
            effect=Effect.BLOCKED,
            users="AWS refuses while a database or a cache is in it.",
            source="Amazon VPC User Guide, subnet-deleting",
        ),
        Rule(
            id="subnet-range",
            key="cidrBlock",
            effect=Effect.BLOCKED,
            users="The subnet would be replaced, which AWS refuses while a database or a cache is in it.",
            way_round="Add a subnet, then remove this one.",
        ),
        Rule(
            id="subnet-zone",
            key="availabilityZone",
            effect=Effect.BLOCKED,
            users="The subnet would be replaced, which AWS refuses while a database or a cache is in it.",
            way_round="Add a subnet, then remove this one.",
        ),
    ),
}
