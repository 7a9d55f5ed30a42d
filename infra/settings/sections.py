"""The sections of a stack's settings: every key a user may write, with its type and its own rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from bootstrap.rule import Rule, matches, whole
from infra.settings.problems import brief
from knowledge import limits, names, networks, passwords
from knowledge.alarms.recipients import ENDPOINTS
from knowledge.limits import Ranges
from knowledge.postgres.catalogue import DEFAULT_MAJOR
from knowledge.regions import REGIONS, ZONE, region_problem
from knowledge.windows import parse_moment, parse_window


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


def asks(problem: Callable[[Any], str | None], words: str, schema: Mapping[str, object] | None = None) -> Rule:
    """What is right where `problem` says nothing."""

    def check(value: object) -> object:
        if found := problem(value):
            raise ValueError(f"{found}.")
        return value

    return Rule(words=words, check=check, schema=schema or {})


def limited(limit: Ranges) -> Rule:
    """A whole number that AWS takes."""
    return asks(limit.problem, limit.words, ranges(limit))


def ranges(limit: Ranges) -> dict[str, object]:
    """A limit as JSON Schema has it."""
    if all(least == most for least, most in limit.taken):
        return {"enum": [least for least, _ in limit.taken]}
    spans: list[dict[str, object]] = [
        {"const": least} if least == most else {"minimum": least, "maximum": most} for least, most in limit.taken
    ]
    return spans[0] if len(spans) == 1 else {"anyOf": spans}


def _region(value: str) -> str:
    if problem := region_problem(value):
        raise ValueError(problem)
    return value


_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]"
_DAY = "([Mm][Oo][Nn]|[Tt][Uu][Ee]|[Ww][Ee][Dd]|[Tt][Hh][Uu]|[Ff][Rr][Ii]|[Ss][Aa][Tt]|[Ss][Uu][Nn])"


def _window(shortest: int, *, weekly: bool) -> Rule:
    form = "`Sun 04:00-05:00`" if weekly else "`02:00-03:00`, without a day"

    def check(value: str) -> str:
        if parse_window(value, shortest=shortest).weekly is not weekly:
            raise ValueError(f"{value!r} must be {form}.")
        return value

    pattern = whole(rf"\s*{f'{_DAY} ' if weekly else ''}{_CLOCK}-{_CLOCK}\s*")
    return Rule(words=f"{form}; {shortest} minutes to a day", check=check, schema={"pattern": pattern})


def moment(*, weekly: bool) -> Rule:
    """A time of every day, or of one day of the week."""
    form = "`Sun 02:00`" if weekly else "`03:00`, without a day"

    def check(value: str) -> str:
        if parse_moment(value).weekly is not weekly:
            raise ValueError(f"{value!r} must be {form}.")
        return value

    pattern = whole(rf"\s*{f'{_DAY} ' if weekly else ''}{_CLOCK}\s*")
    return Rule(words=form, check=check, schema={"pattern": pattern})


def _network(value: str) -> str:
    if problem := networks.vpc_problem(value):
        raise ValueError(f"{value!r} {problem}.")
    return value


def _duration(value: str) -> str:
    minutes(value)
    return value


_FORMS = "15m, 4h or 1d"


def minutes(value: str) -> int:
    """`15m`, `4h` or `1d` in minutes."""
    match = re.fullmatch(r"([0-9]+)([mhd])", value)
    if not match:
        raise ValueError(f"{value!r} is not a duration: write {_FORMS}.")
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


_OF_ZONES = "a time zone of the tz database, such as Europe/Zurich or UTC"


def _zone(value: str) -> str:
    if value not in _time_zones():
        raise ValueError(f"{value!r} is not {_OF_ZONES}.")
    return value


_ZONES = "2, 3, or the names of two or three zones: [eu-west-1a, eu-west-1c]"


def _zones(value: object) -> int | tuple[str, ...]:
    if isinstance(value, int) and not isinstance(value, bool) and value in (2, 3):
        return value
    named = tuple(value) if isinstance(value, list | tuple) else ()
    valid = all(isinstance(each, str) and re.fullmatch(ZONE, each) for each in named)
    if not valid or networks.zones_problem(named):
        raise ValueError(f"{value!r} must be {_ZONES}.")
    return named


_ZONES_SCHEMA: dict[str, object] = {
    "anyOf": [
        {"enum": [2, 3]},
        {
            "type": "array",
            "items": {"type": "string", "pattern": whole(ZONE)},
            "minItems": 2,
            "maxItems": 3,
            "uniqueItems": True,
        },
    ]
}


def _shards(value: int) -> int:
    if value and (problem := limits.SHARDS.problem(value)):
        raise ValueError(f"{problem}; 0 means no cluster mode.")
    return value


Text = Annotated[str, Rule(words="", check=_text, when="before", schema={"type": ["string", "number"]})]
Daily30 = Annotated[str, _window(30, weekly=False)]
Daily60 = Annotated[str, _window(60, weekly=False)]
Weekly30 = Annotated[str, _window(30, weekly=True)]
Weekly60 = Annotated[str, _window(60, weekly=True)]
Port = Annotated[int, limited(limits.PORT)]
Zone = Annotated[str, Rule(words=_OF_ZONES, check=_zone)]
Duration = Annotated[str, Rule(words=_FORMS, check=_duration, schema={"pattern": whole("[0-9]+[mhd]")})]
Client = Annotated[str, asks(networks.client_problem, networks.CLIENT)]
Region = Annotated[str, Rule(words="a region of AWS", check=_region, schema={"enum": sorted(REGIONS)})]
VpcId = Annotated[str, matches(r"vpc-[0-9a-f]+", "a VPC id (vpc-...)")]
SubnetId = Annotated[str, matches(r"subnet-[0-9a-f]+", "a subnet id (subnet-...)")]
_SCALAR = Rule(words="", check=_scalar, when="before", schema={"type": ["string", "number", "boolean"]}, instead=True)
_DAY_FORM = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"


def _day(value: object) -> object:
    if isinstance(value, date) or (isinstance(value, str) and re.fullmatch(_DAY_FORM, value)):
        return value
    raise ValueError(f"{brief(value)} is not a day, such as 2027-06-30.")


Day = Annotated[
    date, Rule(words="a day, such as 2027-06-30", check=_day, when="before", schema={"pattern": whole(_DAY_FORM)})
]
TwoSubnets = Annotated[
    tuple[SubnetId, ...], asks(networks.subnets_problem, networks.SUBNETS, {"minItems": 2, "uniqueItems": True})
]
Parameters = dict[str, Annotated[str | int | float | bool, _SCALAR]]
LogDays = Annotated[int, limited(limits.LOG_RETENTION)]
_SHARDS = Rule(
    words=f"0, or {limits.SHARDS.words}", check=_shards, schema={"minimum": 0, "maximum": limits.SHARDS.edges[-1]}
)
_SPECIAL = {"pattern": whole(f"[{re.escape(''.join(sorted(passwords.SPECIAL)))}]*")}
_SERVER_NAME = matches(
    r"[a-z](-?[a-z0-9])*", "lower-case letters, digits and single hyphens, first a letter", "must be"
)
ReplicaName = Annotated[str, _SERVER_NAME]
CacheName = Annotated[str, _SERVER_NAME]


class NetworkSection(Section):
    """An existing VPC, or an isolated one of the stack's own."""

    vpc: VpcId | None = None
    """An existing VPC; absent, the stack makes an isolated one."""
    subnets: tuple[SubnetId, ...] = ()
    """Its subnets for the servers and the functions."""
    cidr: Annotated[str, Rule(words=networks.VPC, check=_network)] = "10.20.0.0/16"
    """Range of an isolated network."""
    zones: Annotated[int | tuple[str, ...], Rule(words=_ZONES, check=_zones, when="instead", schema=_ZONES_SCHEMA)] = 2
    """How many, the first of the region by name; or which, so that nothing AWS does there changes them."""
    clients: tuple[Client, ...] = ()
    """Security groups and networks that may connect."""
    endpoints: tuple[Client, ...] = ()
    """Existing VPC: where its own endpoints (or NAT) are; none are made then. Absent: the stack makes them."""


class StorageSection(Section):
    """gp3 storage in GiB; `max` above `allocated` turns storage autoscaling on."""

    allocated: Annotated[int, limited(limits.ALLOCATED_STORAGE)]
    """GiB to begin with."""
    max: Annotated[int, limited(limits.MAX_ALLOCATED_STORAGE)] = 0
    """GiB up to which storage grows by itself; 0 means never."""
    iops: int | None = Field(default=None, ge=1)
    """Provisioned IOPS; those that come with the size when absent."""
    throughput: int | None = Field(default=None, ge=1)
    """MiB/s."""


class RemoteRegion(Section):
    """Where a replica of another region lives: a network that exists there."""

    region: Region
    """Region of the replica."""
    vpc: VpcId
    """VPC there."""
    subnets: TwoSubnets
    """Its subnets for the replica."""
    clients: tuple[Client, ...] = ()
    """Security groups and networks there that may connect."""


class ReplicaSection(Section):
    """A read replica; what is absent is as on the primary."""

    class_: Text | None = Field(default=None, alias="class")
    """Instance class."""
    zone: Annotated[str, matches(ZONE, "a zone, such as eu-central-1a")] | None = None
    """Availability zone; RDS chooses one when absent."""
    max_storage: Annotated[int, limited(limits.MAX_ALLOCATED_STORAGE)] | None = None
    """GiB up to which its storage grows by itself."""
    parameters: Parameters = {}
    """Parameters that differ from the primary's."""
    remote: RemoteRegion | None = None


class BackupSection(Section):
    """RDS automated backups: days of point-in-time recovery and the daily window."""

    retention: Annotated[int, limited(limits.BACKUP_RETENTION)]
    """Days that can be restored to the second; 0 turns automated backups off."""
    window: Daily30
    """When RDS takes its daily snapshot."""


CertificateAuthority = Literal["rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1"]
"""Authorities of RDS (RDS User Guide, UsingWithRDS.SSL)."""


class PostgresSection(Section):
    """The database: RDS for PostgreSQL."""

    version: Text = str(DEFAULT_MAJOR)
    """Major version, or a minor one: `17`, `17.6`."""
    class_: Text = Field(alias="class")
    """Instance class."""
    storage: StorageSection
    multi_az: bool
    """Whether a standby in another zone takes over by itself."""
    replicas: dict[ReplicaName, ReplicaSection]
    parameters: Parameters
    """Parameters of PostgreSQL, by name, on top of those that the class and the profile bring."""
    pgaudit: bool
    """Whether pgaudit logs DDL, roles and grants."""
    backup: BackupSection
    maintenance: Weekly30
    """When AWS may maintain the instance."""
    insights: Literal["off", "standard", "advanced"]
    """Database Insights: `standard` keeps 7 days, `advanced` 465."""
    monitoring: Annotated[int, limited(limits.MONITORING)]
    """Seconds between figures of Enhanced Monitoring; 0 turns it off."""
    database: Annotated[str, asks(names.database_problem, names.DATABASE, {"pattern": whole(names.DATABASE_FORM)})]
    """Name of the database."""
    master: Annotated[str, asks(names.master_problem, names.MASTER, {"pattern": whole(names.MASTER_FORM)})]
    """Name of the master user, which the bootstrap alone uses; it cannot be changed later."""
    port: Port
    """Port of the database."""
    apply_immediately: bool
    """Whether changes that need a restart are made at once, or in the maintenance window."""
    major_upgrade: bool = False
    """Whether a deployment may change the major version; for the one deployment that does."""
    ca: CertificateAuthority = "rds-ca-rsa2048-g1"
    """Authority whose certificates the servers present; clients trust it first (`datatier upgrade plan`)."""
    replica_lag: float = Field(gt=0)
    """Seconds behind the primary from which a replica rings the alarm."""


class SnapshotSection(Section):
    """ElastiCache snapshots: the only backup a cache has."""

    retention: Annotated[int, limited(limits.SNAPSHOT_RETENTION)]
    """Days that snapshots are kept; 0 makes none."""
    window: Daily60
    """When ElastiCache takes its daily snapshot."""


class CacheSection(Section):
    """One named cache: replicas, or shards (cluster mode)."""

    engine: Literal["valkey", "redis"]
    """Engine of ElastiCache."""
    version: Text
    """Version of the engine."""
    class_: Text = Field(alias="class")
    """Node type."""
    replicas: Annotated[int, limited(limits.CACHE_REPLICAS)]
    """Replicas of each primary."""
    shards: Annotated[int, _SHARDS]
    """Cluster mode is off where it is 0."""
    eviction: str
    """What goes when memory is full (`maxmemory-policy`): `noeviction` where nothing may be lost, such as a queue."""
    auth: Literal["rbac", "token"]
    """`rbac`: each identity of access.yaml is a user; `token`: one password for all."""
    keyspace_events: str
    """Events that are published (`notify-keyspace-events`), such as `Ex`; none when empty."""
    parameters: Parameters
    """Further parameters of the engine, by name."""
    snapshot: SnapshotSection
    maintenance: Weekly60
    """When AWS may maintain the cache."""
    multi_az: bool
    """Whether the nodes are in several zones, with automatic failover."""


class SlackSection(Section):
    """A Slack channel reached through Amazon Q Developer in chat applications."""

    workspace: Annotated[str, matches(r"[0-9A-Z]{1,255}", "a Slack workspace id (T...)")]
    """Id of the workspace, authorized once in the console of Amazon Q Developer."""
    channel: Annotated[str, matches(r"[A-Za-z0-9]{1,255}", "a Slack channel id (C...)")]
    """Id of the channel."""


class SubscriptionSection(Section):
    """Who hears of it; exactly one of the keys."""

    email: Annotated[str, matches(ENDPOINTS["email"][0], "an e-mail address")] | None = None
    """An address; AWS sends it a link to confirm."""
    https: Annotated[str, matches(ENDPOINTS["https"][0], "an https:// address")] | None = None
    """A webhook."""
    sqs: Annotated[str, matches(ENDPOINTS["sqs"][0], "the ARN of a standard queue")] | None = None
    """A queue in the stack's partition."""
    slack: SlackSection | None = None


class NotifySection(Section):
    """Who hears of alarms and events, by severity."""

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
    """Why, for whoever reads it next."""
    until: Day
    """Last day on which it holds."""


class ObjectivesSection(Section):
    """Recovery point and recovery time that the stack promises."""

    rpo: Duration
    """Work that may be lost at most."""
    rto: Duration
    """Time until the database serves again at most."""


class PasswordsSection(Section):
    """What generated passwords consist of."""

    length: Annotated[int, limited(passwords.LENGTH)]
    """Characters of a password."""
    special: Annotated[str, asks(passwords.special_problem, passwords.SPECIAL_WORDS, _SPECIAL)]
    """Special characters that one may have besides letters and digits."""


class RotationSection(Section):
    """Credentials rotate by themselves; absent, only `datatier access rotate` does it. AUTH tokens (`auth: token`) it
    rotates always: the first deployment or rotation after the grace ends the old one."""

    every: Annotated[Duration, Rule(words=f"whole; {limits.ROTATION.words}", check=_days)] = "30d"
    """How often."""
    grace: Duration = "24h"
    """How long the old credential stays valid."""

    @model_validator(mode="after")
    def _grace_ends(self) -> RotationSection:
        """`grace` ends before the next rotation."""
        if problem := limits.grace_problem(minutes(self.grace) * 60, minutes(self.every) // 1440):
            raise ValueError(f"grace {problem}.")
        return self


class RunnerSection(Section):
    """Settings of the Lambda function that runs the bootstrap."""

    memory: Annotated[int, limited(limits.FUNCTION_MEMORY)]
    """MiB of the function."""
    reserved: Annotated[int, limited(limits.RESERVED_CONCURRENCY)] | None = None
    """Runs at a time that Lambda keeps for it; absent, none: see `datatier doctor --aws`."""
