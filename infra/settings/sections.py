"""The sections of a stack's settings: every key a user may write, with its type and its own rule."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationInfo,
    field_validator,
    model_validator,
)

from infra.settings.problems import brief
from knowledge import limits, names, networks, passwords
from knowledge.alarms.recipients import ENDPOINTS
from knowledge.limits import Ranges
from knowledge.postgres.catalogue import DEFAULT_MAJOR
from knowledge.regions import ZONE, region_problem
from knowledge.windows import parse_window


def _takes_bool(annotation: object) -> bool:
    """Whether true and false are among what a key takes; a section below it judges its own."""
    below = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return below or annotation in (bool, Any) or any(map(_takes_bool, getattr(annotation, "__args__", ())))


def _within(value: object) -> Iterator[tuple[str, Any]]:
    """The value, or what a mapping or a list of a key holds, with where in it."""
    if isinstance(value, dict):
        yield from ((f"`{key}` ", each) for key, each in value.items())
    elif isinstance(value, list):
        yield from ((f"number {number} ", each) for number, each in enumerate(value, 1))
    else:
        yield "", value


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _no_number(cls, value: object, info: ValidationInfo) -> Any:
        # YAML reads `yes` and `on` as true, which Python takes for 1: `retention: yes` would keep one day.
        if not _takes_bool(cls.model_fields[info.field_name or ""].annotation):
            for where, each in _within(value):
                if isinstance(each, bool):
                    said = "true" if each else "false"
                    raise ValueError(f"{where}must not be {said}: YAML reads yes, no, on and off as true and false.")  # noqa: TRY004
        return value


def _text(value: object) -> Any:
    # YAML reads `version: 17` as a number.
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def limited(limit: Ranges) -> AfterValidator:
    """A whole number that AWS takes."""

    def check(value: int) -> int:
        if problem := limit.problem(value):
            raise ValueError(f"{problem}.")
        return value

    return AfterValidator(check)


def _matches(pattern: str, rule: str) -> AfterValidator:
    compiled = re.compile(pattern, re.ASCII)  # AWS has no other digits

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(f"{value!r} {rule}")
        return value

    return AfterValidator(check)


def _region(value: str) -> str:
    if problem := region_problem(value):
        raise ValueError(problem)
    return value


def _window(shortest: int, *, weekly: bool) -> AfterValidator:
    def check(value: str) -> str:
        if parse_window(value, shortest=shortest).weekly is not weekly:
            raise ValueError(
                f"{value!r} must be " + ("`Sun 04:00-05:00`." if weekly else "`02:00-03:00`, without a day.")
            )
        return value

    return AfterValidator(check)


def _client(value: str) -> str:
    if problem := networks.client_problem(value):
        raise ValueError(f"{problem}.")
    return value


def _network(value: str) -> str:
    if problem := networks.vpc_problem(value):
        raise ValueError(f"{value!r} {problem}.")
    return value


def _duration(value: str) -> str:
    minutes(value)
    return value


def minutes(value: str) -> int:
    """`15m`, `4h` or `1d` in minutes."""
    match = re.fullmatch(r"([0-9]+)([mhd])", value)
    if not match:
        raise ValueError(f"{value!r} is not a duration: write 15m, 4h or 1d.")
    return int(match.group(1)) * {"m": 1, "h": 60, "d": 1440}[match.group(2)]


def _days(value: str) -> str:
    days, rest = divmod(minutes(value), 1440)
    if rest:
        raise ValueError(f"{value!r} must be whole days, such as 30d.")
    if problem := limits.ROTATION.problem(days):
        raise ValueError(f"{problem}.")
    return value


def _scalar(value: object) -> Any:
    """One sentence in place of one for each type that it is not."""
    if not isinstance(value, str | int | float):
        raise ValueError(f"must be a text or a number, not {brief(value)}.")  # noqa: TRY004 pydantic's
    return value


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())  # reads a folder of six hundred files


def _zone(value: str) -> str:
    if value not in _time_zones():
        raise ValueError(f"{value!r} is not a time zone of the tz database, such as Europe/Zurich or UTC.")
    return value


def _master(value: str) -> str:
    if problem := names.master_problem(value):
        raise ValueError(f"{problem}.")
    return value


def _database(value: str) -> str:
    if problem := names.database_problem(value):
        raise ValueError(f"{problem}.")
    return value


def _special(value: str) -> str:
    if problem := passwords.special_problem(value):
        raise ValueError(f"{problem}.")
    return value


def _zones(value: object) -> int | tuple[str, ...]:
    if isinstance(value, int) and not isinstance(value, bool) and value in (2, 3):
        return value
    named = tuple(value) if isinstance(value, list | tuple) else ()
    valid = all(isinstance(each, str) and re.fullmatch(ZONE, each) for each in named)
    if not valid or networks.zones_problem(named):
        raise ValueError(f"{value!r} must be 2, 3, or the names of two or three zones: [eu-west-1a, eu-west-1c].")
    return named


def _two_subnets(value: tuple[str, ...]) -> tuple[str, ...]:
    if problem := networks.subnets_problem(value):
        raise ValueError(f"{problem}.")
    return value


def _shards(value: int) -> int:
    if value and (problem := limits.SHARDS.problem(value)):
        raise ValueError(f"{problem}; 0 means no cluster mode.")
    return value


Text = Annotated[str, BeforeValidator(_text)]
Daily30 = Annotated[str, _window(30, weekly=False)]
Daily60 = Annotated[str, _window(60, weekly=False)]
Weekly30 = Annotated[str, _window(30, weekly=True)]
Weekly60 = Annotated[str, _window(60, weekly=True)]
Port = Annotated[int, limited(limits.PORT)]
Zone = Annotated[str, AfterValidator(_zone)]
Duration = Annotated[str, AfterValidator(_duration)]
Client = Annotated[str, AfterValidator(_client)]
Region = Annotated[str, AfterValidator(_region)]
VpcId = Annotated[str, _matches(r"vpc-[0-9a-f]+", "is not a VPC id (vpc-...).")]
SubnetId = Annotated[str, _matches(r"subnet-[0-9a-f]+", "is not a subnet id (subnet-...).")]
Parameters = dict[str, Annotated[str | int | float | bool, BeforeValidator(_scalar)]]
LogDays = Annotated[int, limited(limits.LOG_RETENTION)]
ReplicaName = Annotated[
    str, _matches(r"[a-z](-?[a-z0-9])*", "must be lower-case letters, digits and single hyphens, first a letter.")
]


class NetworkSection(Section):
    """An existing VPC, or an isolated one of the stack's own."""

    vpc: VpcId | None = None
    subnets: tuple[SubnetId, ...] = ()
    cidr: Annotated[str, AfterValidator(_network)] = "10.20.0.0/16"
    zones: Annotated[int | tuple[str, ...], PlainValidator(_zones)] = 2
    """How many, the first of the region by name; or which, so that nothing AWS does there changes them."""
    clients: tuple[Client, ...] = ()
    """Security groups and networks that may connect."""
    endpoints: tuple[Client, ...] = ()
    """Existing VPC: where its own endpoints (or NAT) are; none are made then. Absent: the stack makes them."""


class StorageSection(Section):
    """gp3 storage in GiB; `max` above `allocated` turns storage autoscaling on."""

    allocated: Annotated[int, limited(limits.ALLOCATED_STORAGE)]
    max: Annotated[int, limited(limits.MAX_ALLOCATED_STORAGE)] = 0
    iops: int | None = Field(default=None, ge=1)
    throughput: int | None = Field(default=None, ge=1)
    """MiB/s."""


class RemoteRegion(Section):
    """Where a replica of another region lives: a network that exists there."""

    region: Region
    vpc: VpcId
    subnets: Annotated[tuple[SubnetId, ...], AfterValidator(_two_subnets)]
    clients: tuple[Client, ...] = ()


class ReplicaSection(Section):
    """A read replica; what is absent is as on the primary."""

    class_: Text | None = Field(default=None, alias="class")
    zone: Annotated[str, _matches(ZONE, "is not a zone, such as eu-central-1a.")] | None = None
    max_storage: Annotated[int, limited(limits.MAX_ALLOCATED_STORAGE)] | None = None
    parameters: Parameters = {}
    remote: RemoteRegion | None = None


class BackupSection(Section):
    """RDS automated backups: days of point-in-time recovery and the daily window."""

    retention: Annotated[int, limited(limits.BACKUP_RETENTION)]
    window: Daily30


CertificateAuthority = Literal["rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1"]
"""Authorities of RDS (RDS User Guide, UsingWithRDS.SSL)."""


class PostgresSection(Section):
    version: Text = str(DEFAULT_MAJOR)
    class_: Text = Field(alias="class")
    storage: StorageSection
    multi_az: bool
    replicas: dict[ReplicaName, ReplicaSection]
    parameters: Parameters
    pgaudit: bool
    backup: BackupSection
    maintenance: Weekly30
    insights: Literal["off", "standard", "advanced"]
    """Database Insights: `standard` keeps 7 days, `advanced` 465."""
    monitoring: Annotated[int, limited(limits.MONITORING)]
    database: Annotated[str, AfterValidator(_database)]
    master: Annotated[str, AfterValidator(_master)]
    port: Port
    apply_immediately: bool
    major_upgrade: bool = False
    """Whether a deployment may change the major version; for the one deployment that does."""
    ca: CertificateAuthority = "rds-ca-rsa2048-g1"
    """Authority whose certificates the servers present; clients trust it first (`datatier upgrade plan`)."""
    replica_lag: float = Field(gt=0)


class SnapshotSection(Section):
    """ElastiCache snapshots: the only backup a cache has."""

    retention: Annotated[int, limited(limits.SNAPSHOT_RETENTION)]
    window: Daily60


class CacheSection(Section):
    """One named cache: replicas, or shards (cluster mode)."""

    engine: Literal["valkey", "redis"]
    version: Text
    class_: Text = Field(alias="class")
    replicas: Annotated[int, limited(limits.CACHE_REPLICAS)]
    shards: Annotated[int, AfterValidator(_shards)]
    """Cluster mode is off where it is 0."""
    eviction: str
    auth: Literal["rbac", "token"]
    keyspace_events: str
    parameters: Parameters
    snapshot: SnapshotSection
    maintenance: Weekly60
    multi_az: bool


class SlackSection(Section):
    """A Slack channel reached through Amazon Q Developer in chat applications."""

    workspace: Annotated[str, _matches(r"[0-9A-Z]{1,255}", "is not a Slack workspace id (T...).")]
    channel: Annotated[str, _matches(r"[A-Za-z0-9]{1,255}", "is not a Slack channel id (C...).")]


class SubscriptionSection(Section):
    """Who hears of it; exactly one of the keys."""

    email: Annotated[str, _matches(ENDPOINTS["email"][0], "is not an e-mail address.")] | None = None
    https: Annotated[str, _matches(ENDPOINTS["https"][0], "is not an https:// address.")] | None = None
    sqs: Annotated[str, _matches(ENDPOINTS["sqs"][0], "is not the ARN of a standard queue.")] | None = None
    slack: SlackSection | None = None


class NotifySection(Section):
    critical: tuple[SubscriptionSection, ...]
    warning: tuple[SubscriptionSection, ...]
    info: tuple[SubscriptionSection, ...]


class SuppressSection(Section):
    """A policy rule that is let pass for one resource."""

    rule: str
    """Its id, as `datatier preview` prints it."""
    resource: str
    """Logical name of the resource."""
    reason: str = Field(min_length=10)
    until: date
    """Last day on which it holds."""


class ObjectivesSection(Section):
    """Recovery point and recovery time that the stack promises."""

    rpo: Duration
    rto: Duration


class PasswordsSection(Section):
    length: Annotated[int, limited(passwords.LENGTH)]
    special: Annotated[str, AfterValidator(_special)]


class RotationSection(Section):
    """Credentials rotate by themselves; absent, only `datatier access rotate` does it. AUTH tokens (`auth: token`) it
    rotates always: the first deployment or rotation after the grace ends the old one."""

    every: Annotated[Duration, AfterValidator(_days)] = "30d"
    grace: Duration = "24h"
    """How long the old credential stays valid."""

    @model_validator(mode="after")
    def _grace_ends(self) -> RotationSection:
        if problem := limits.grace_problem(minutes(self.grace) * 60, minutes(self.every) // 1440):
            raise ValueError(f"grace {problem}.")
        return self


class RunnerSection(Section):
    """Settings of the Lambda function that runs the bootstrap."""

    memory: Annotated[int, limited(limits.FUNCTION_MEMORY)]
    reserved: Annotated[int, limited(limits.RESERVED_CONCURRENCY)] | None = None
    """Runs at a time that Lambda keeps for it; absent, none: see `datatier doctor --aws`."""


CacheName = Annotated[
    str, _matches(r"[a-z](-?[a-z0-9])*", "must be lower-case letters, digits and single hyphens, first a letter.")
]
