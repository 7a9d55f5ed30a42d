"""The network: an existing VPC as it is, or an isolated one in which nothing has a way to the internet."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import pulumi
import pulumi_aws as aws

from components.network.flow_logs import flow_logs
from components.policy import Statement, allow, document
from components.refuse import refuse
from knowledge import limits, networks
from knowledge.networks import ENDPOINTS
from knowledge.regions import endpoint

IMAGES = ("ecr.api", "ecr.dkr")
"""What pulls images on Fargate, with S3 besides (ECS Developer Guide, "Migrating to Linux platform version 1.4.0")."""


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """Either `vpc_id` and `subnet_ids`, or `cidr` and `availability_zones`."""

    prefix: str
    """Prefix of the physical names."""
    region: pulumi.Input[str]
    """Region, part of the endpoints' service names."""
    account_id: pulumi.Input[str]
    """Account whose principals may use the endpoints."""
    partition: pulumi.Input[str] = "aws"
    """AWS partition."""
    vpc_id: pulumi.Input[str] | None = None
    """Existing VPC to use as it is."""
    subnet_ids: Sequence[pulumi.Input[str]] = ()
    """Subnets of the existing VPC, in two zones at least."""
    cidr: str | None = None
    """IPv4 range of the isolated network, /16 to /24; each zone gets a quarter of it."""
    availability_zones: Sequence[str] = ()
    """Two or three zones of the isolated network."""
    endpoints: Sequence[str] | None = None
    """AWS APIs to reach privately. Default: all that is called in an isolated network, none in an existing one."""
    shared: bool = False
    """Whether others in an existing VPC call AWS by the endpoints too: as principals of any account, or of none."""
    images: bool = False
    """Whether ECS pulls images from ECR in the isolated network: endpoints of ECR, a gateway to the layers in S3."""
    buckets: Sequence[pulumi.Input[str]] = ()
    """Names of the buckets that are reached by the gateway to S3; isolated network with `images`."""
    logs_key_arn: pulumi.Input[str] | None = None
    """KMS key of the flow logs (isolated network)."""
    log_retention_days: int = 30
    """Days that flow logs are kept."""

    def __post_init__(self) -> None:
        """Refuse a mixture of both kinds, and ranges that AWS refuses."""
        refuse("network", log_retention_days=limits.LOG_RETENTION.problem(self.log_retention_days))
        if (self.vpc_id is None) == (self.cidr is None):
            raise ValueError(
                "network: give either vpc_id (an existing VPC) or cidr (an isolated one), not both or none"
            )
        if self.vpc_id is not None:
            if self.images or self.buckets:
                raise ValueError(
                    "network: images are for an isolated network; an existing VPC reaches ECR and S3 itself"
                )
            refuse("network", subnet_ids=networks.subnets_problem(self.subnet_ids))
            if self.availability_zones:
                raise ValueError(
                    "network: availability_zones belong to an isolated network; leave them out with vpc_id"
                )
            return
        if self.subnet_ids:
            raise ValueError("network: subnet_ids belong to an existing VPC; leave them out with cidr")
        refuse("network", availability_zones=networks.zones_problem(self.availability_zones))
        subnet_cidrs(self.cidr or "", len(self.availability_zones))


class Network(pulumi.ComponentResource):
    """VPC, subnets and private endpoints."""

    vpc_id: pulumi.Output[str]
    """The VPC."""
    subnet_ids: pulumi.Output[list[str]]
    """Its private subnets."""
    endpoint_security_group_id: pulumi.Output[str] | None
    """Group of the endpoints, without rules: `Firewall` opens it to those who need it. None without endpoints."""
    image_prefix_list_id: pulumi.Output[str] | None
    """Prefix list of S3, for rules of those who pull images. None without `images`."""

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the network, or take the one there is."""
        super().__init__("data-tier:index:Network", name, {}, opts)
        self._name = name
        self._args = args
        self.image_prefix_list_id = None
        if args.cidr is None:
            self.vpc_id = pulumi.Output.from_input(args.vpc_id or "")
            self.subnet_ids = pulumi.Output.all(*args.subnet_ids).apply(list)
        else:
            vpc = self._vpc(args.cidr)
            self.vpc_id = vpc.id
            self.subnet_ids = pulumi.Output.all(*self._subnets(vpc, args.cidr)).apply(list)
            flow_logs(
                name,
                args.prefix,
                vpc.id,
                account_id=args.account_id,
                key_arn=args.logs_key_arn,
                retention_days=args.log_retention_days,
                opts=self._child(),
            )
        wanted = args.endpoints if args.endpoints is not None else (ENDPOINTS if args.cidr else ())
        wanted = [*wanted, *(IMAGES if args.images else ())]
        self.endpoint_security_group_id = self._endpoints(wanted) if wanted else None
        self.register_outputs(
            {
                "vpc_id": self.vpc_id,
                "subnet_ids": self.subnet_ids,
                "endpoint_security_group_id": self.endpoint_security_group_id,
                "image_prefix_list_id": self.image_prefix_list_id,
            }
        )

    def _child(self) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self)

    def _tags(self, suffix: str) -> dict[str, pulumi.Input[str]]:
        return {"Name": f"{self._args.prefix}-{suffix}"}

    def _vpc(self, cidr: str) -> aws.ec2.Vpc:
        vpc = aws.ec2.Vpc(
            f"{self._name}-vpc",
            cidr_block=cidr,
            enable_dns_support=True,
            enable_dns_hostnames=True,  # private DNS names of endpoints need both
            tags=self._tags("vpc"),
            opts=self._child(),
        )
        # Declared without rules, so that what lands in the default group reaches nothing (Security Hub EC2.2).
        aws.ec2.DefaultSecurityGroup(
            f"{self._name}-default-group", vpc_id=vpc.id, ingress=[], egress=[], opts=self._child()
        )
        return vpc

    def _subnets(self, vpc: aws.ec2.Vpc, cidr: str) -> list[pulumi.Output[str]]:
        zones = self._args.availability_zones
        # No routes of its own: a route table always has the local route and this one has nothing else.
        table = aws.ec2.RouteTable(
            f"{self._name}-routes", vpc_id=vpc.id, tags=self._tags("private"), opts=self._child()
        )
        if self._args.images:
            self.image_prefix_list_id = self._layers(vpc, table)
        ids: list[pulumi.Output[str]] = []
        for zone, block in zip(zones, subnet_cidrs(cidr, len(zones)), strict=True):
            subnet = aws.ec2.Subnet(
                f"{self._name}-{zone}",
                vpc_id=vpc.id,
                cidr_block=block,
                availability_zone=zone,
                map_public_ip_on_launch=False,
                tags=self._tags(f"private-{zone}"),
                opts=self._child(),
            )
            association = aws.ec2.RouteTableAssociation(
                f"{self._name}-{zone}-routes", subnet_id=subnet.id, route_table_id=table.id, opts=self._child()
            )
            # By way of the association, so that nothing starts in a subnet that still has the main route table.
            ids.append(pulumi.Output.all(subnet.id, association.id).apply(lambda both: str(both[0])))
        return ids

    def _layers(self, vpc: aws.ec2.Vpc, table: aws.ec2.RouteTable) -> pulumi.Output[str]:
        """A way to S3, and there to the layers of images alone: ECR hands out addresses in a bucket of AWS's own
        (ECR User Guide, "Amazon ECR interface VPC endpoints", minimum permissions for the S3 gateway endpoint)."""
        args = self._args
        region = pulumi.Output.from_input(args.region)
        bucket = pulumi.Output.format("arn:{0}:s3:::prod-{1}-starport-layer-bucket/*", args.partition, args.region)
        return aws.ec2.VpcEndpoint(
            f"{self._name}-s3",
            vpc_id=vpc.id,
            service_name=region.apply(partial(endpoint, "s3")),
            vpc_endpoint_type="Gateway",
            route_table_ids=[table.id],
            policy=document(allow("Layers", ["s3:GetObject"], bucket, Principal="*"), *self._reached()),
            tags=self._tags("s3"),
            opts=self._child(),
        ).prefix_list_id

    def _reached(self) -> list[Statement]:
        """The stack's own buckets: whoever asks needs the right besides."""
        arns = [pulumi.Output.format("arn:{0}:s3:::{1}", self._args.partition, each) for each in self._args.buckets]
        every = [each for arn in arns for each in (arn, pulumi.Output.format("{0}/*", arn))]
        return [allow("Buckets", ["s3:*"], every, Principal="*")] if every else []

    def _account_only(self) -> pulumi.Output[str]:
        """Only this account's principals: no way to carry data to another account through the endpoint.

        Not where the VPC is shared: the private name of an endpoint answers everybody there, who may have assumed a
        role of another account, or calls STS as nobody yet: AssumeRoleWithWebIdentity is not signed (its reference).
        """
        of_account = {"StringEquals": {"aws:PrincipalAccount": self._args.account_id}}
        return document(allow("Account", ["*"], "*", Principal="*", Condition=of_account))

    def _endpoints(self, services: Sequence[str]) -> pulumi.Output[str]:
        args = self._args
        group = aws.ec2.SecurityGroup(
            f"{self._name}-endpoints",
            name=f"{args.prefix}-endpoints",
            description="Private endpoints of AWS APIs",
            vpc_id=self.vpc_id,
            tags=self._tags("endpoints"),
            opts=self._child(),
        )
        for service in sorted(services):
            aws.ec2.VpcEndpoint(
                f"{self._name}-{service.replace('.', '-')}",
                vpc_id=self.vpc_id,
                service_name=pulumi.Output.from_input(args.region).apply(partial(endpoint, service)),
                vpc_endpoint_type="Interface",
                private_dns_enabled=True,
                subnet_ids=self.subnet_ids,
                security_group_ids=[group.id],
                policy=None if args.shared else self._account_only(),
                tags=self._tags(service.replace(".", "-")),
                opts=self._child(),
            )
        return group.id


def subnet_cidrs(cidr: str, count: int) -> list[str]:
    """Return the ranges of `count` subnets: the first quarters of the network's range."""
    if problem := networks.vpc_problem(cidr):
        raise ValueError(f"network: cidr {cidr!r} {problem}")
    network = ipaddress.IPv4Network(cidr)
    return [str(block) for block in list(network.subnets(prefixlen_diff=2))[:count]]
