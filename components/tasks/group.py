"""A task's security group: in from those who ask it, out to the servers and AWS's APIs, nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pulumi
import pulumi_aws as aws

from components.network.firewall import HTTPS, slug
from components.network.rules import egress, ingress
from components.tasks.args import TaskArgs


def security_group(
    name: str,
    args: TaskArgs,
    kind: str,
    says: str,
    child: pulumi.ResourceOptions,
    *,
    asked: tuple[int, Sequence[str]] | None = None,
) -> tuple[aws.ec2.SecurityGroup, list[pulumi.Resource]]:
    """Make the group `PREFIX-KIND` and its rules, and those by which database, caches and endpoints let it in.

    :param says: what it is, such as `Exporter of the servers' metrics`.
    :param asked: the port that it listens on and who may ask there.
    """
    group = aws.ec2.SecurityGroup(
        f"{name}-group",
        name=f"{args.prefix}-{kind}",
        description=says,
        vpc_id=args.vpc_id,
        tags={"Name": f"{args.prefix}-{kind}"},
        opts=child,
    )
    into, out, who = partial(ingress, opts=child), partial(egress, opts=child), kind.capitalize()
    port, clients = asked or (0, ())
    rules: list[pulumi.Resource] = [
        into(f"{name}-from-{slug(client)}", group.id, port, client, f"{who} from {client}") for client in clients
    ]
    for key, what, there, listens in (
        ("database", "PostgreSQL", args.database_security_group_id, args.database_port),
        ("cache", "Redis", args.cache_security_group_id, args.cache_port),
        *((f"cache-{at}", f"Redis at {at}", args.cache_security_group_id, at) for at in args.other_cache_ports),
        ("endpoints", "AWS APIs", args.endpoint_security_group_id, HTTPS),
    ):
        if there is not None:
            rules.append(into(f"{name}-into-{key}", there, listens, group.id, f"{what} from the {kind}"))
            rules.append(out(f"{name}-to-{key}", group.id, listens, there, f"{who} to {what}"))
    for cidr in args.endpoint_cidrs:
        rules.append(out(f"{name}-to-{slug(cidr)}", group.id, HTTPS, cidr, f"{who} to AWS APIs in {cidr}"))
    if args.image_prefix_list_id is not None:
        text = f"{who} to its image's layers in S3"
        rules.append(to_s3(f"{name}-to-images", group.id, args.image_prefix_list_id, text, child))
    return group, rules


def to_s3(
    key: str,
    group_id: pulumi.Input[str],
    prefix_list_id: pulumi.Input[str],
    text: str,
    child: pulumi.ResourceOptions,
) -> pulumi.Resource:
    """Let a group out to S3 by way of the network's gateway."""
    return aws.vpc.SecurityGroupEgressRule(
        key,
        security_group_id=group_id,
        description=text,
        ip_protocol="tcp",
        from_port=HTTPS,
        to_port=HTTPS,
        prefix_list_id=prefix_list_id,
        opts=child,
    )
