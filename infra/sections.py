"""The sections of a stack's settings: every key a user may write, with its type and its own rule."""

from __future__ import annotations

import ipaddress
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

from infra.problems import brief
from infra.windows import parse_window
from knowledge import storage
from knowledge.networks import is_group, too_wide, vpc_problem
from knowledge.recipients import ENDPOINTS
from knowledge.regions import ZONE, region_problem
from knowledge.reserved_words import RESERVED


def _takes_bool(annotation: Any) -> bool:
    """Whether true and false are among what a key takes; a section below it judges its own."""
    below = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return below or annotation in (bool, Any) or any(map(_takes_bool, getattr(annotation, "__args__", ())))


def _within(value: Any) -> Iterator[tuple[str, Any]]:
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
    def _no_number(cls, value: Any, info: ValidationInfo) -> Any:
        # YAML reads `yes` and `on` as true, which Python takes for 1: `retention: yes` would keep one day.
        if not _takes_bool(cls.model_fields[info.field_name or ""].annotation):
            for where, each in _within(value):
                if isinstance(each, bool):
                    said = "true" if each else "false"
                    raise ValueError(f"{where}must not be {said}: YAML reads yes, no, on and off as true and false.")  # noqa: TRY004
        return value


def _text(value: Any) -> Any:
    # YAML reads `version: 17` as a number.
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


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


NARROW = "name the application's security group, or its own networks."


def _client(value: str) -> str:
    if value.startswith("sg-"):
        if not is_group(value):
            raise ValueError(f"{value!r} is not a security group id such as sg-0a1b2c3d4e5f60718.")
        return value
    try:
        block = ipaddress.ip_network(value)
    except ValueError as error:
        raise ValueError(f"{value!r} is neither a security group (sg-...) nor a network: {error}.") from None
    if problem := too_wide([str(block)]):
        raise ValueError(f"{value!r} is {problem}: {NARROW}")
    return str(block)


def _network(value: str) -> str:
    if problem := vpc_problem(value):
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
    # RotationRules: AutomaticallyAfterDays 1-1000.
    if minutes(value) % 1440 or not 1440 <= minutes(value) <= 1000 * 1440:
        raise ValueError(f"{value!r} must be whole days, 1d to 1000d.")
    return value


def _scalar(value: Any) -> Any:
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


# CreateDBInstance, MasterUsername: 1-16 letters, digits or underscores, first a letter, no word that PostgreSQL
# reserves.
_TAKEN = {"admin", "administrator", "rdsadmin", "rdsrepladmin", "public", "none", "current_role"}


def _master(value: str) -> str:
    refused = value in _TAKEN | RESERVED or value.startswith(("pg_", "rds"))
    if refused or not re.fullmatch(r"[a-z][a-z0-9_]{0,15}", value):
        raise ValueError(
            f"{value!r} is no master user name for RDS: 1-16 lower-case letters, digits or underscores, first a "
            "letter, no reserved word, not pg_* or rds*."
        )
    return value


def _database(value: str) -> str:
    # CreateDBInstance, DBName: no word that the engine reserves. `postgres`, `rdsadmin` and the templates are there
    # already, and are the server's.
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", value):
        raise ValueError(f"{value!r} must be 1-63 lower-case letters, digits, underscores, first a letter.")
    if value in RESERVED or value in {"postgres", "rdsadmin", "template0", "template1"}:
        raise ValueError(f"{value!r} is reserved by PostgreSQL or RDS: choose another name for the database.")
    return value


def _special(value: str) -> str:
    # RDS refuses / " @ and space; ElastiCache , " / @; an AUTH token takes only ! & # $ ^ < > - beside letters
    # and digits. Quotes, backslash, %, : and ? would need escaping in URLs and shells.
    bad = sorted(set(value) - set("-_.~!&#$^<>+=*"))
    if bad:
        raise ValueError(f"{' '.join(bad)} cannot be in a password that RDS, ElastiCache and URLs all take; use -_.~")
    return value


def _zones(value: Any) -> int | tuple[str, ...]:
    if isinstance(value, int) and not isinstance(value, bool) and value in (2, 3):
        return value
    named = tuple(value) if isinstance(value, list | tuple) else ()
    valid = all(isinstance(each, str) and re.fullmatch(ZONE, each) for each in named)
    if not valid or not 2 <= len(set(named)) == len(named) <= 3:
        raise ValueError(f"{value!r} must be 2, 3, or the names of two or three zones: [eu-west-1a, eu-west-1c].")
    return named


def _two_subnets(value: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(value)) < 2 or len(set(value)) < len(value):
        raise ValueError("must be two different subnets at least, in different zones (DB subnet group).")
    return value


Text = Annotated[str, BeforeValidator(_text)]
Daily30 = Annotated[str, _window(30, weekly=False)]
Daily60 = Annotated[str, _window(60, weekly=False)]
Weekly30 = Annotated[str, _window(30, weekly=True)]
Weekly60 = Annotated[str, _window(60, weekly=True)]
Retention = Annotated[int, Field(ge=0, le=35)]
Zone = Annotated[str, AfterValidator(_zone)]
Duration = Annotated[str, AfterValidator(_duration)]
Client = Annotated[str, AfterValidator(_client)]
Region = Annotated[str, AfterValidator(_region)]
VpcId = Annotated[str, _matches(r"vpc-[0-9a-f]+", "is not a VPC id (vpc-...).")]
SubnetId = Annotated[str, _matches(r"subnet-[0-9a-f]+", "is not a subnet id (subnet-...).")]
Parameters = dict[str, Annotated[str | int | float | bool, BeforeValidator(_scalar)]]
# Log groups: the retention values that CloudWatch Logs takes (PutRetentionPolicy).
LogDays = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]
ReplicaName = Annotated[
    str, _matches(r"[a-z](-?[a-z0-9])*", "must be lower-case letters, digits and single hyphens, first a letter.")
]


class Network(Section):
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


class Storage(Section):
    """gp3 storage in GiB; `max` above `allocated` turns storage autoscaling on."""

    allocated: int = Field(ge=storage.SMALLEST, le=storage.LARGEST)
    max: int = Field(default=0, ge=0, le=storage.LARGEST)
    iops: int | None = Field(default=None, ge=1)
    throughput: int | None = Field(default=None, ge=1)
    """MiB/s."""


class RemoteRegion(Section):
    """Where a replica of another region lives: a network that exists there."""

    region: Region
    vpc: VpcId
    subnets: Annotated[tuple[SubnetId, ...], AfterValidator(_two_subnets)]
    clients: tuple[Client, ...] = ()


class Replica(Section):
    """A read replica; what is absent is as on the primary."""

    class_: Text | None = Field(default=None, alias="class")
    zone: Annotated[str, _matches(ZONE, "is not a zone, such as eu-central-1a.")] | None = None
    max_storage: int | None = Field(default=None, ge=0, le=storage.LARGEST)
    parameters: Parameters = {}
    remote: RemoteRegion | None = None


class Backup(Section):
    """RDS automated backups: days of point-in-time recovery and the daily window."""

    retention: Retention
    window: Daily30


class Postgres(Section):
    version: Text = "17"
    class_: Text = Field(alias="class")
    storage: Storage
    multi_az: bool
    replicas: dict[ReplicaName, Replica]
    parameters: Parameters
    pgaudit: bool
    backup: Backup
    maintenance: Weekly30
    insights: Literal["off", "standard", "advanced"]
    """Database Insights: `standard` keeps 7 days, `advanced` 465."""
    monitoring: Literal[0, 1, 5, 10, 15, 30, 60]
    database: Annotated[str, AfterValidator(_database)]
    master: Annotated[str, AfterValidator(_master)]
    port: int = Field(ge=1150, le=65535)
    apply_immediately: bool
    major_upgrade: bool = False
    """Whether a deployment may change the major version; for the one deployment that does."""
    replica_lag: float = Field(gt=0)


class Snapshot(Section):
    """ElastiCache snapshots: the only backup a cache has."""

    retention: Retention
    window: Daily60


class Cache(Section):
    """One named cache: replicas, or shards (cluster mode)."""

    engine: Literal["valkey", "redis"]
    version: Text
    class_: Text = Field(alias="class")
    replicas: int = Field(ge=0, le=5)
    shards: int = Field(ge=0, le=500)
    eviction: str
    auth: Literal["rbac", "token"]
    keyspace_events: str
    parameters: Parameters
    snapshot: Snapshot
    maintenance: Weekly60
    multi_az: bool


class Slack(Section):
    """A Slack channel reached through Amazon Q Developer in chat applications."""

    workspace: Annotated[str, _matches(r"[0-9A-Z]{1,255}", "is not a Slack workspace id (T...).")]
    channel: Annotated[str, _matches(r"[A-Za-z0-9]{1,255}", "is not a Slack channel id (C...).")]


class Subscription(Section):
    """Who hears of it; exactly one of the keys."""

    email: Annotated[str, _matches(ENDPOINTS["email"][0], "is not an e-mail address.")] | None = None
    https: Annotated[str, _matches(ENDPOINTS["https"][0], "is not an https:// address.")] | None = None
    sqs: Annotated[str, _matches(ENDPOINTS["sqs"][0], "is not the ARN of a standard queue.")] | None = None
    slack: Slack | None = None


class Notify(Section):
    critical: tuple[Subscription, ...]
    warning: tuple[Subscription, ...]
    info: tuple[Subscription, ...]


class Suppress(Section):
    """A policy rule that is let pass for one resource."""

    rule: str
    """Its id, as `datatier preview` prints it."""
    resource: str
    """Logical name of the resource."""
    reason: str = Field(min_length=10)
    until: date
    """Last day on which it holds."""


class Objectives(Section):
    """Recovery point and recovery time that the stack promises."""

    rpo: Duration
    rto: Duration


class Passwords(Section):
    length: int = Field(ge=16, le=128)
    special: Annotated[str, AfterValidator(_special)]


class Rotation(Section):
    """Credentials rotate by themselves; absent, only `datatier access rotate` does it. AUTH tokens (`auth: token`) it
    rotates always: the first deployment or rotation after the grace ends the old one."""

    every: Annotated[Duration, AfterValidator(_days)] = "30d"
    grace: Duration = "24h"
    """How long the old credential stays valid."""

    @model_validator(mode="after")
    def _grace_ends(self) -> Rotation:
        if minutes(self.grace) >= minutes(self.every):
            raise ValueError(f"grace {self.grace} must be shorter than every {self.every}.")
        return self


class Runner(Section):
    """The bootstrap Lambda."""

    memory: int = Field(ge=256, le=10240)
    reserved: int | None = Field(default=None, ge=1, le=900)
    """Runs at a time that Lambda keeps for it; absent, none: see `datatier doctor --aws`."""


CacheName = Annotated[
    str, _matches(r"[a-z](-?[a-z0-9])*", "must be lower-case letters, digits and single hyphens, first a letter.")
]
