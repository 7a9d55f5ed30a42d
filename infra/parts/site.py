"""What the parts of the program hand on to one another: where the stack is, and what of it stands."""

from __future__ import annotations

from collections.abc import Mapping
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


def secret_days(settings: Settings) -> int:
    """Days that a deleted secret can be brought back; 0 where nothing is protected: its name is free at once."""
    return settings.keys.deletion_window if settings.protect else 0


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
        there = [each for each in self.settings.network.endpoints if each.startswith("sg-")]
        return [self.firewall.runner_id, *there]


@dataclass(frozen=True, kw_only=True)
class Site(Foundation):
    """The servers with what they stand on."""

    postgres: Postgres
    caches: Mapping[str, Redis]
