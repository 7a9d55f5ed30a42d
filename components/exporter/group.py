"""The exporter's security group: in from those who scrape it, out to the servers and AWS's APIs, nothing else."""

from __future__ import annotations

from functools import partial

import pulumi
import pulumi_aws as aws

from components.exporter.args import MetricsServiceArgs
from components.network.firewall import HTTPS, peer, slug


def security_group(
    name: str, args: MetricsServiceArgs, child: pulumi.ResourceOptions
) -> tuple[aws.ec2.SecurityGroup, list[pulumi.Resource]]:
    """Make the group and its rules, and those by which database, caches and endpoints let it in."""
    group = aws.ec2.SecurityGroup(
        f"{name}-group",
        name=f"{args.prefix}-exporter",
        description="Exporter of the servers' metrics",
        vpc_id=args.vpc_id,
        tags={"Name": f"{args.prefix}-exporter"},
        opts=child,
    )
    into, out = partial(_ingress, child=child), partial(_egress, child=child)
    rules: list[pulumi.Resource] = [
        into(f"{name}-from-{slug(client)}", group.id, args.port, client, f"Metrics from {client}")
        for client in args.clients
    ]
    for key, what, there, port in (
        ("database", "PostgreSQL", args.database_security_group_id, args.database_port),
        ("cache", "Redis", args.cache_security_group_id, args.cache_port),
        ("endpoints", "AWS APIs", args.endpoint_security_group_id, HTTPS),
    ):
        if there is not None:
            rules.append(into(f"{name}-into-{key}", there, port, group.id, f"{what} from the exporter"))
            rules.append(out(f"{name}-to-{key}", group.id, port, there, f"Exporter to {what}"))
    for cidr in args.endpoint_cidrs:
        rules.append(out(f"{name}-to-{slug(cidr)}", group.id, HTTPS, cidr, f"Exporter to AWS APIs in {cidr}"))
    if args.image_prefix_list_id is not None:
        rules.append(
            aws.vpc.SecurityGroupEgressRule(
                f"{name}-to-images",
                security_group_id=group.id,
                description="Exporter to its image's layers in S3",
                ip_protocol="tcp",
                from_port=HTTPS,
                to_port=HTTPS,
                prefix_list_id=args.image_prefix_list_id,
                opts=child,
            )
        )
    return group, rules


def _ingress(
    key: str,
    group_id: pulumi.Input[str],
    port: int,
    source: pulumi.Input[str],
    text: str,
    *,
    child: pulumi.ResourceOptions,
) -> pulumi.Resource:
    cidr_ipv4, cidr_ipv6, peer_group = peer(source)
    return aws.vpc.SecurityGroupIngressRule(
        key,
        security_group_id=group_id,
        description=text,
        ip_protocol="tcp",
        from_port=port,
        to_port=port,
        cidr_ipv4=cidr_ipv4,
        cidr_ipv6=cidr_ipv6,
        referenced_security_group_id=peer_group,
        opts=child,
    )


def _egress(
    key: str,
    group_id: pulumi.Input[str],
    port: int,
    target: pulumi.Input[str],
    text: str,
    *,
    child: pulumi.ResourceOptions,
) -> pulumi.Resource:
    cidr_ipv4, cidr_ipv6, peer_group = peer(target)
    return aws.vpc.SecurityGroupEgressRule(
        key,
        security_group_id=group_id,
        description=text,
        ip_protocol="tcp",
        from_port=port,
        to_port=port,
        cidr_ipv4=cidr_ipv4,
        cidr_ipv6=cidr_ipv6,
        referenced_security_group_id=peer_group,
        opts=child,
    )
