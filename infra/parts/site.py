"""What the parts of the program hand on to one another: where the stack is, and what of it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from bootstrap.access import Access
from components.credentials import Credentials
from components.keys import Keys
from components.network.firewall import Firewall
from components.network.vpc import Network
from components.notifications.topics import Notifications
from components.postgres.primary import Postgres
from components.postgres.remote import Remote
from components.redis.replication_group import Redis
from infra.instances import Instances
from infra.settings.model import Settings


class StackPlace(TypedDict):
    """Where the stack is, under the names that the components have for it."""

    account_id: str
    region: str
    partition: str


class TaskPlace(StackPlace):
    """Where a task of the stack runs, what it reaches and how long its things are kept (components/tasks/args.py)."""

    prefix: str
    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[list[str]]
    security_group_ids: Sequence[pulumi.Input[str]]
    database_security_group_id: pulumi.Input[str]
    database_port: int
    cache_security_group_id: pulumi.Input[str]
    cache_port: int
    other_cache_ports: Sequence[int]
    endpoint_security_group_id: pulumi.Input[str] | None
    endpoint_cidrs: Sequence[str]
    image_prefix_list_id: pulumi.Input[str] | None
    secrets_key_arn: pulumi.Input[str]
    existing_secret_arns: Sequence[str]
    logs_key_arn: pulumi.Input[str]
    log_retention_days: int
    recovery_window_days: int


def secret_days(settings: Settings) -> int:
    """Days that a deleted secret can be brought back; 0 where nothing is protected: its name is free at once."""
    return settings.keys.deletion_window if settings.protect else 0


def other_ports(instances: Instances, settings: Settings) -> list[int]:
    """Ports of caches that were there before the stack, other than that of every cache."""
    return [port for port in instances.cache_ports if port != settings.cache_port]


def place() -> StackPlace:
    """Account, region and partition of the provider's credentials."""
    return {
        "account_id": aws.get_caller_identity().account_id,
        "region": aws.get_region().region,
        "partition": aws.get_partition().partition,
    }


@dataclass(frozen=True, kw_only=True)
class Foundation:
    """What the servers stand on."""

    instances: Instances
    settings: Settings
    access: Access
    place: StackPlace
    keys: Keys
    network: Network
    firewall: Firewall
    remotes: Mapping[str, Remote]
    """Replica -> what is made for it in its own region."""
    notifications: Notifications
    credentials: Credentials

    @property
    def prefix(self) -> str:
        """First part of every name."""
        return self.instances.prefix

    @property
    def function_groups(self) -> list[pulumi.Input[str]]:
        """Security groups of a function in the VPC: the runner's, and those of endpoints that are there already."""
        return [self.firewall.runner_id, *self.settings.network.endpoint_groups]

    @property
    def of_tasks(self) -> TaskPlace:
        """What every task on Fargate takes."""
        settings, network, firewall = self.settings, self.network, self.firewall
        return {
            **self.place,
            "prefix": self.prefix,
            "vpc_id": network.vpc_id,
            "subnet_ids": network.subnet_ids,
            "security_group_ids": settings.network.endpoint_groups,
            "database_security_group_id": firewall.database_id,
            "database_port": settings.postgres.port,
            "cache_security_group_id": firewall.cache_id,
            "cache_port": settings.cache_port,
            "other_cache_ports": other_ports(self.instances, settings),
            "endpoint_security_group_id": network.endpoint_security_group_id,
            "endpoint_cidrs": settings.network.endpoint_cidrs,
            "image_prefix_list_id": network.image_prefix_list_id,
            "secrets_key_arn": self.keys.secrets_arn,
            "existing_secret_arns": self.credentials.existing_arns,
            "logs_key_arn": self.keys.logs_arn,
            "log_retention_days": settings.logs.retention,
            "recovery_window_days": secret_days(settings),
        }


@dataclass(frozen=True, kw_only=True)
class Site(Foundation):
    """The servers with what they stand on."""

    postgres: Postgres
    caches: Mapping[str, Redis]
