"""Which IAM actions the stack's resources need (`actions.toml`), and on what (`scopes.toml`), as statements.

IAM's limits: 6,144 characters for a managed policy and 10,240 for a role's inline policies together, white space aside
(IAM User Guide, "IAM and AWS STS quotas").
"""

from __future__ import annotations

import itertools
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from knowledge.ownership import TAG
from knowledge.regions import domain

MANAGED_POLICY_CHARACTERS = 6144
INLINE_POLICIES_CHARACTERS = 10240

PASS, LINK = "iam:PassRole", "iam:CreateServiceLinkedRole"

Kind = Literal["read", "write"]


@dataclass(frozen=True, kw_only=True)
class StatementScope:
    """The account, region and names that statements are limited to."""

    account: str
    prefixes: Sequence[str]
    """Prefixes of names: those of the stacks."""
    networks: Sequence[str] = ()
    """Ids of VPCs that somebody else made for the stacks."""
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
    found: dict[str, Mapping[Kind, frozenset[str]]] = {}
    for name, row in _read("actions.toml").items():
        roles = [action for key, action in (("passes", PASS), ("linked", LINK)) if row.get(key)]
        found[name] = {"read": frozenset(row.get("read", ())), "write": frozenset([*row.get("write", ()), *roles])}
    return found


def passed() -> Mapping[str, frozenset[str]]:
    """Resource type -> services that it hands a role to."""
    return {name: frozenset(row.get("passes", ())) for name, row in _read("actions.toml").items()}


def linked() -> Mapping[str, frozenset[str]]:
    """Resource type -> services whose own role its making may make."""
    return {name: frozenset(row.get("linked", ())) for name, row in _read("actions.toml").items()}


def linked_by(type_: str, inputs: Mapping[str, object]) -> frozenset[str]:
    """Services whose own role making this resource makes, in an account that has none."""
    row = _read("actions.toml").get(type_, {})
    return frozenset(row.get("linked", ()) if row.get("linked_where", "") in str(inputs) else ())


def roles() -> Mapping[str, Sequence[str]]:
    """Role of a stack, by what follows the prefix in its name, -> services that it is passed to."""
    found: Mapping[str, Sequence[str]] = _read("scopes.toml")["roles"]
    return found


@cache
def tagged() -> frozenset[str]:
    """Resource types that carry tags of the stack: those that their creator may tag."""
    return frozenset(
        name for name, row in by_type().items() if any("Tag" in each.partition(":")[2] for each in row["write"])
    )


def actions(*kinds: Kind) -> frozenset[str]:
    """Every action of these kinds."""
    return frozenset(action for row in by_type().values() for kind in kinds for action in row[kind])


@cache
def scopes() -> tuple[Scope, ...]:
    """The statements' plans, the one for what cannot be narrowed last."""
    document = _read("scopes.toml")
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
    return (*found, *_passing(), everything)


def _passing() -> list[Scope]:
    """Each role to its own services alone. By name: tags of a role do not hold for this (IAM User Guide, "Granting a
    user permissions to pass a role to an AWS service")."""
    by_service: dict[str, list[str]] = {}
    for role, services in roles().items():
        for service in services:
            by_service.setdefault(service, []).append(role)
    alike: dict[tuple[str, ...], list[str]] = {}
    for service, names in by_service.items():
        alike.setdefault(tuple(names), []).append(service)
    return [
        Scope(
            sid="PassedTo" + services[0].split(".")[0].title().replace("-", ""),
            policy="passing",
            actions=frozenset([PASS]),
            resources=tuple(f"iam::{{account}}:role/{{prefix}}-{name}" for name in names),
            condition={"StringEquals": {"iam:PassedToService": services}},
        )
        for names, services in alike.items()
    ]


def wide() -> Mapping[str, str]:
    """Actions that are allowed on everything -> why, where AWS could narrow them."""
    found: Mapping[str, str] = _read("scopes.toml")["wide"]["actions"]
    return found


def policies(place: StatementScope, *kinds: Kind) -> dict[str, list[dict[str, Any]]]:
    """Managed policy -> its statements, for all that these kinds of actions need."""
    wanted = actions(*kinds)
    found: dict[str, list[dict[str, Any]]] = {}
    for scope in scopes():
        here = scope.actions & wanted
        resources = [filled for each in scope.resources for filled in _arns(each, place)]
        condition = _filled(scope.condition, place)
        # No statement for what the scope has none of, such as networks of others.
        if here and resources and all(values for keys in condition.values() for values in keys.values()):
            statement: dict[str, Any] = {
                "Sid": scope.sid,
                "Effect": "Allow",
                "Action": sorted(here),
                "Resource": resources,
            }
            if condition:
                statement["Condition"] = condition
            found.setdefault(scope.policy, []).append(statement)
    return found


def too_long(statements: Sequence[Mapping[str, object]]) -> str | None:
    """Why IAM would not take them as one managed policy; None where it does."""
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, separators=(",", ":"))
    if len(document) <= MANAGED_POLICY_CHARACTERS:
        return None
    return f"would have {len(document):,} characters, and IAM takes {MANAGED_POLICY_CHARACTERS:,}"


def _arns(template: str, place: StatementScope) -> list[str]:
    if template == "*":
        return ["*"]
    return [f"arn:{place.partition}:{each}" for each in _each(template, place)]


def _each(template: str, place: StatementScope) -> list[str]:
    """One for each prefix, role, network and service, where it has one."""
    known = {
        "account": place.account,
        "boundary": place.boundary,
        "partition": place.partition,
        "domain": domain(place.partition),
    }
    several = {
        "prefix": place.prefixes,
        "role": list(roles()),
        "vpc": place.networks,
        "linked": sorted(frozenset().union(*linked().values())),
    }
    used = {name: values for name, values in several.items() if f"{{{name}}}" in template}
    return [
        template.format(**known, **dict(zip(used, values, strict=True))) for values in itertools.product(*used.values())
    ]


def _filled(condition: Mapping[str, Any], place: StatementScope) -> dict[str, Any]:
    return {
        operator: {
            key.format(tag=TAG): [
                filled for value in ([given] if isinstance(given, str) else given) for filled in _each(value, place)
            ]
            for key, given in keys.items()
        }
        for operator, keys in condition.items()
    }


def _matching(names: Iterable[str], patterns: Iterable[str]) -> frozenset[str]:
    return frozenset(name for name in names for pattern in patterns if fnmatchcase(name, pattern))


@cache
def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath(name).read_text("utf-8"))
