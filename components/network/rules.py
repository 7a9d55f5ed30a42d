"""Rules of a security group, one described resource each: who comes in at a port, and whom it reaches at one."""

import pulumi
import pulumi_aws as aws


def ingress(
    key: str,
    group_id: pulumi.Input[str],
    port: int,
    source: pulumi.Input[str],
    text: str,
    opts: pulumi.ResourceOptions,
    *,
    region: pulumi.Input[str] | None = None,
) -> pulumi.Resource:
    """Let a range or another group in at one port.

    :param region: of the group, where it is another than the provider's.
    """
    cidr_ipv4, cidr_ipv6, peer_group = _peer(source)
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
        region=region,
        opts=opts,
    )


def egress(
    key: str,
    group_id: pulumi.Input[str],
    port: int,
    target: pulumi.Input[str],
    text: str,
    opts: pulumi.ResourceOptions,
) -> pulumi.Resource:
    """Let it out to a range or another group at one port."""
    cidr_ipv4, cidr_ipv6, peer_group = _peer(target)
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
        opts=opts,
    )


def _peer(value: pulumi.Input[str]) -> tuple[str | None, str | None, pulumi.Input[str] | None]:
    """Return (IPv4 range, IPv6 range, security group): one of them is set. What is an output is a group."""
    if not isinstance(value, str) or value.startswith("sg-"):
        return None, None, value
    return (None, value, None) if ":" in value else (value, None, None)
