"""The kinds of values that a stack's settings take, each with its own rule, and what every section is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator

from bootstrap.rule import Rule, matches, whole
from infra.settings.problems import brief
from knowledge import limits, names, networks, passwords
from knowledge.limits import Ranges
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
VpcRange = Annotated[str, Rule(words=networks.VPC, check=_network)]
Zones = Annotated[int | tuple[str, ...], Rule(words=_ZONES, check=_zones, when="instead", schema=_ZONES_SCHEMA)]
Shards = Annotated[int, _SHARDS]
RotationPeriod = Annotated[Duration, Rule(words=f"whole; {limits.ROTATION.words}", check=_days)]
SpecialCharacters = Annotated[str, asks(passwords.special_problem, passwords.SPECIAL_WORDS, _SPECIAL)]
KeyArn = Annotated[
    str,
    matches(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/\S+", "the ARN of a KMS key, arn:aws:kms:REGION:ACCOUNT:key/ID"),
]
SecretArn = Annotated[
    str,
    matches(
        r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:\S+",
        "the ARN of a secret, arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME",
    ),
]
TopicArn = Annotated[
    str, matches(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:\S+", "the ARN of a topic, arn:aws:sns:REGION:ACCOUNT:NAME")
]
SecurityGroupId = Annotated[str, matches(r"sg-[0-9a-f]+", "a security group id (sg-...)")]
DatabaseName = Annotated[str, asks(names.database_problem, names.DATABASE, {"pattern": whole(names.DATABASE_FORM)})]
MasterName = Annotated[str, asks(names.master_problem, names.MASTER, {"pattern": whole(names.MASTER_FORM)})]
ReplicaName = Annotated[str, _SERVER_NAME]
CacheName = Annotated[str, _SERVER_NAME]
