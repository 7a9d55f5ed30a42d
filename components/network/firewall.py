"""Who may reach what: security groups of database, caches and runner, one described resource per rule."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.network.rules import egress, ingress
from components.refuse import refuse
from knowledge import limits, networks

HTTPS = 443


@dataclass(frozen=True, kw_only=True)
class FirewallArgs:
    """Ports and those who may reach them."""

    prefix: str
    """Prefix of the groups' names."""
    vpc_id: pulumi.Input[str]
    """VPC of the groups."""
    clients: Sequence[str] = ()
    """Security groups (`sg-...`) and IPv4 or IPv6 ranges that may reach database, caches and endpoints."""
    database_port: int = 5432
    """Port of PostgreSQL."""
    cache_port: int = 6379
    """Port of the caches."""
    other_cache_ports: Sequence[int] = ()
    """Ports of caches that were there before and have another."""
    endpoint_security_group_id: pulumi.Input[str] | None = None
    """Group of the private endpoints; the runner and the clients are let in, port 443."""
    endpoint_clients: Sequence[str] = ()
    """Who else is let into that group: whoever called AWS's APIs in an existing VPC before it had these endpoints."""
    endpoint_cidrs: Sequence[str] = ()
    """Ranges in which the runner finds AWS's APIs where another part of the VPC holds the endpoints."""
    endpoint_groups: Sequence[str] = ()
    """Security groups that the runner has besides its own, by which it reaches AWS's APIs: no rule is made for them."""

    def __post_init__(self) -> None:
        """Refuse the whole internet, repeated clients and a runner that could not reach its secrets."""
        refuse(
            "firewall",
            database_port=limits.PORT.problem(self.database_port),
            cache_port=limits.PORT.problem(self.cache_port),
            other_cache_ports=next(filter(None, map(limits.PORT.problem, self.other_cache_ports)), None),
        )
        check_peers("firewall: clients", self.clients)
        check_peers("firewall: endpoint_cidrs", self.endpoint_cidrs)
        check_peers("firewall: endpoint_clients", self.endpoint_clients)
        for cidr in self.endpoint_cidrs:
            if cidr.startswith("sg-"):
                raise ValueError(f"firewall: endpoint_cidrs {cidr!r}: give a group as endpoint_security_group_id")
        if self.endpoint_security_group_id is None and not self.endpoint_cidrs and not self.endpoint_groups:
            raise ValueError(
                "firewall: the bootstrap runner has no way to Secrets Manager: give endpoint_security_group_id, "
                "endpoint_cidrs or endpoint_groups"
            )


class Firewall(pulumi.ComponentResource):
    """Security groups with only the rules that are asked for."""

    database_id: pulumi.Output[str]
    """Group of primary and replicas."""
    cache_id: pulumi.Output[str]
    """Group of the caches."""
    runner_id: pulumi.Output[str]
    """Group of the bootstrap runner."""

    def __init__(self, name: str, args: FirewallArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the groups and their rules."""
        super().__init__("data-tier:index:Firewall", name, {}, opts)
        self._name = name
        self._args = args
        database = self._group("database", "PostgreSQL: primary and replicas")
        cache = self._group("cache", "Redis and Valkey caches")
        runner = self._group("runner", "Bootstrap runner")
        self.database_id, self.cache_id, self.runner_id = database.id, cache.id, runner.id

        servers = (
            ("database", "PostgreSQL", database.id, args.database_port),
            ("cache", "Redis", cache.id, args.cache_port),
            *((f"cache-{port}", f"Redis at {port}", cache.id, port) for port in args.other_cache_ports),
        )
        for key, what, group_id, port in servers:
            for client in args.clients:
                self._ingress(f"{key}-from-{slug(client)}", group_id, port, client, f"{what} from {client}")
            self._ingress(f"{key}-from-runner", group_id, port, runner.id, f"{what} from the bootstrap runner")
            self._egress(f"runner-to-{key}", runner.id, port, group_id, f"Bootstrap runner to {what}")

        if args.endpoint_security_group_id is not None:
            endpoints = args.endpoint_security_group_id
            for client in dict.fromkeys((*args.clients, *args.endpoint_clients)):
                text = f"AWS APIs from {client}"
                self._ingress(f"endpoints-from-{slug(client)}", endpoints, HTTPS, client, text)
            self._ingress("endpoints-from-runner", endpoints, HTTPS, runner.id, "AWS APIs from the bootstrap runner")
            self._egress("runner-to-endpoints", runner.id, HTTPS, endpoints, "Bootstrap runner to AWS APIs")
        for cidr in args.endpoint_cidrs:
            text = f"Bootstrap runner to AWS APIs in {cidr}"
            self._egress(f"runner-to-{slug(cidr)}", runner.id, HTTPS, cidr, text)
        self.register_outputs({"database_id": self.database_id, "cache_id": self.cache_id, "runner_id": self.runner_id})

    def _group(self, key: str, description: str) -> aws.ec2.SecurityGroup:
        # The provider removes AWS's "allow everything out" rule from a group that it makes.
        return aws.ec2.SecurityGroup(
            f"{self._name}-{key}",
            name=f"{self._args.prefix}-{key}",
            description=description,
            vpc_id=self._args.vpc_id,
            tags={"Name": f"{self._args.prefix}-{key}"},
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _ingress(self, key: str, group_id: pulumi.Input[str], port: int, source: pulumi.Input[str], text: str) -> None:
        ingress(f"{self._name}-{key}", group_id, port, source, text, pulumi.ResourceOptions(parent=self))

    def _egress(self, key: str, group_id: pulumi.Input[str], port: int, target: pulumi.Input[str], text: str) -> None:
        egress(f"{self._name}-{key}", group_id, port, target, text, pulumi.ResourceOptions(parent=self))


def check_peers(where: str, clients: Sequence[str]) -> None:
    """Raise ValueError unless each is a security group or a range, and all of them less than much of the internet."""
    for client in clients:
        if problem := networks.client_problem(client):
            raise ValueError(f"{where} {problem}")
    if problem := networks.together_problem(clients):
        raise ValueError(f"{where} {problem}")


def slug(value: str) -> str:
    """Return the value as part of a resource name: stable, so that removing one client leaves the others' rules."""
    return re.sub(r"[^0-9a-z]+", "-", value.lower()).strip("-")
