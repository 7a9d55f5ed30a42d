"""What a program can look at: before a step, to see whether its effect happened, and to see that it is done."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from knowledge import commands

Value: TypeAlias = str | int | bool | list[str] | Sequence[Mapping[str, str | Sequence[str]]]
Parameters: TypeAlias = Mapping[str, Value]


@dataclass(frozen=True, kw_only=True)
class Look:
    """One figure of what a `Describe...` operation of AWS answers."""

    service: str
    operation: str
    parameters: Parameters = field(default_factory=dict)
    path: str
    """JMESPath, as `--query` of the AWS CLI takes it."""
    region: str | None = None
    profile: str | None = None

    def __str__(self) -> str:
        query = f"--query {quoted(self.path)} --output text"
        return f"{command(self.service, self.operation, self.parameters, self.region, self.profile)} {query}"


@dataclass(frozen=True, kw_only=True)
class Described:
    """What AWS must say. Something that AWS does not know says nothing, which is an empty text here."""

    kind: Literal["described"] = "described"
    says: str
    """As a person reads it: `shop-prod runs 17.10`."""
    look: Look
    wanted: tuple[str, ...]
    """Any of these; of several figures (one for each node) each must be."""
    version: bool = False
    """Whether `17` is said of 17.10 as well."""
    failed: tuple[str, ...] = ()
    """What never becomes what is wanted: waiting for it ends at once."""
    mend: str = ""

    def holds(self, found: tuple[str, ...]) -> bool:
        """Whether what was found is what is wanted."""
        return bool(found) and all(self._is(each) for each in found)

    def lost(self, found: tuple[str, ...]) -> bool:
        """Whether it will never be."""
        return any(each in self.failed for each in found)

    def _is(self, found: str) -> bool:
        return any(found == each or (self.version and found.startswith(f"{each}.")) for each in self.wanted)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a database must not have: a query that finds what is wrong, one thing a row, in its first column.

    A second column may say what ends it.
    """

    kind: Literal["asked"] = "asked"
    says: str
    statement: str
    mend: str = ""


@dataclass(frozen=True, kw_only=True)
class Declared:
    """Everything inside the engines is as declared: what `datatier bootstrap --dry-run` looks at."""

    kind: Literal["declared"] = "declared"
    says: str
    mend: str = ""


Check: TypeAlias = Described | Asked | Declared


def texts(found: object) -> tuple[str, ...]:
    """What a look brought, each figure as text: nothing is an empty one, true is `true`."""
    if isinstance(found, list):
        return tuple(each for one in found for each in texts(one))
    if isinstance(found, bool):
        return ("true" if found else "false",)
    return ("" if found is None else str(found),)


def command(
    service: str, operation: str, parameters: Parameters, region: str | None, profile: str | None, finds: str = ""
) -> str:
    """The command of the AWS CLI that makes this call."""
    words = [service, hyphenated(operation)]
    for name, value in parameters.items():
        option = hyphenated(name)
        if isinstance(value, bool):
            words.append(f"--{option}" if value else f"--no-{option}")
        else:
            words += [f"--{option}", *_values(value)]
    return commands.aws(" ".join(words) + finds, region=region, profile=profile)


def quoted(text: str) -> str:
    """For a shell, with as few quotes as it takes: SQL and JMESPath are full of single ones."""
    return shlex.quote(text) if re.search(r'["$`\\!]', text) else f'"{text}"'


def hyphenated(name: str) -> str:
    """`DBInstanceIdentifier` as the AWS CLI spells it: `db-instance-identifier`."""
    from botocore import xform_name

    return xform_name(name, "-")


def _values(value: Value) -> list[str]:
    if isinstance(value, str | int):
        return [shlex.quote(str(value))]
    shorthand = (
        each if isinstance(each, str) else ",".join(f"{key}={_joined(inner)}" for key, inner in each.items())
        for each in value
    )
    return [shlex.quote(each) for each in shorthand]


def _joined(value: str | Sequence[str]) -> str:
    if not isinstance(value, str):
        return ",".join(value)
    # A comma in a value of the CLI's shorthand has to be in quotes (AWS CLI User Guide, "Shorthand syntax").
    return f'"{value}"' if re.search(r"[,=\s]", value) else value
