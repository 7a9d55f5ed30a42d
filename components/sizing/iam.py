"""Which IAM actions the stack's resources need (`iam_actions.toml`), and on what (`iam_scopes.toml`), as statements.

IAM's limits: 6,144 characters for a managed policy and 10,240 for a role's inline policies together, white space aside
(IAM User Guide, "IAM and AWS STS quotas").
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any, Literal

MANAGED_POLICY_CHARACTERS = 6144
INLINE_POLICIES_CHARACTERS = 10240

Kind = Literal["read", "write"]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where statements hold."""

    account: str
    prefixes: Sequence[str]
    """Prefixes of names: those of the stacks."""
    boundary: str = ""
    """ARN of the permissions boundary that new roles carry; for what writes."""
    partition: str = "aws"


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Actions and what they are allowed on."""

    sid: str
    policy: str
    """The managed policy that the statement is part of: an account has many, and each has its limit."""
    actions: frozenset[str]
    resources: tuple[str, ...]
    condition: Mapping[str, Any]


@cache
def by_type() -> Mapping[str, Mapping[Kind, frozenset[str]]]:
    """Resource type, or token of a look-up, -> its actions."""
    return {
        name: {"read": frozenset(row.get("read", ())), "write": frozenset(row.get("write", ()))}
        for name, row in _read("iam_actions.toml").items()
    }


def actions(*kinds: Kind) -> frozenset[str]:
    """Every action of these kinds."""
    return frozenset(action for row in by_type().values() for kind in kinds for action in row[kind])


@cache
def scopes() -> tuple[Scope, ...]:
    """The statements' plans, the one for what cannot be narrowed last."""
    document = _read("iam_scopes.toml")
    wide = frozenset(document["wide"]["actions"])
    narrowed = actions("read", "write") - wide
    found = [
        Scope(
            sid=row["sid"],
            policy=row["policy"],
            actions=_matching(narrowed, row["actions"]) - _matching(narrowed, row.get("except", ())),
            resources=tuple(row["resources"]),
            condition=row.get("condition", {}),
        )
        for row in document["scope"]
    ]
    everything = Scope(
        sid="NotNarrowed", policy=document["wide"]["policy"], actions=wide, resources=("*",), condition={}
    )
    return (*found, everything)


def wide() -> Mapping[str, str]:
    """Actions that are allowed on everything -> why, where AWS could narrow them."""
    found: Mapping[str, str] = _read("iam_scopes.toml")["wide"]["actions"]
    return found


def policies(place: Place, *kinds: Kind) -> dict[str, list[dict[str, Any]]]:
    """Managed policy -> its statements, for all that these kinds of actions need."""
    wanted = actions(*kinds)
    found: dict[str, list[dict[str, Any]]] = {}
    for scope in scopes():
        if here := scope.actions & wanted:
            statement: dict[str, Any] = {
                "Sid": scope.sid,
                "Effect": "Allow",
                "Action": sorted(here),
                "Resource": [filled for each in scope.resources for filled in _arns(each, place)],
            }
            if scope.condition:
                statement["Condition"] = _filled(scope.condition, place)
            found.setdefault(scope.policy, []).append(statement)
    return found


def _arns(template: str, place: Place) -> list[str]:
    if template == "*":
        return ["*"]
    return [f"arn:{place.partition}:{each}" for each in _each(template, place)]


def _each(template: str, place: Place) -> list[str]:
    """One for each prefix, where it has one."""
    known = {"account": place.account, "boundary": place.boundary}
    prefixes = place.prefixes if "{prefix}" in template else [""]
    return [template.format(prefix=prefix, **known) for prefix in prefixes]


def _filled(condition: Mapping[str, Any], place: Place) -> dict[str, Any]:
    return {
        operator: {
            key: [filled for value in ([given] if isinstance(given, str) else given) for filled in _each(value, place)]
            for key, given in keys.items()
        }
        for operator, keys in condition.items()
    }


def _matching(names: Iterable[str], patterns: Iterable[str]) -> frozenset[str]:
    return frozenset(name for name in names for pattern in patterns if fnmatchcase(name, pattern))


@cache
def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath(name).read_text("utf-8"))
