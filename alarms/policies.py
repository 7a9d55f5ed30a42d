"""Policies of AWS, judged: whether a document lets a principal do something under given circumstances.

The rules of evaluation: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html and
.../reference_policies_elements_condition_operators.html. An operator that is not known here never helps: an Allow with
it does not hold, a Deny with it does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

Statement = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class AccessRequest:
    """What somebody wants to do."""

    kind: str
    """`Service` or `AWS`; `Role` where the document is that principal's own policy."""
    principal: str
    """`cloudwatch.amazonaws.com`, an ARN, or empty for one that only `*` names."""
    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)
    """Condition key -> value; keys that are not there are missing in the request."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a policy says to a request."""

    allowed: bool
    why: str = ""
    """Why not."""


class PolicyError(ValueError):
    """The document is not a policy."""


def judge(document: str, request: AccessRequest) -> Decision:
    """Judge a request by a resource policy. Raise `PolicyError`."""
    near = f"no statement allows {request.action} to {request.principal or 'any principal'}"
    allowed = False
    for statement in statements(document):
        if not _meant(statement, request):
            continue
        failed = list(_unmet(statement, request))
        sid = statement.get("Sid") or "without Sid"
        if statement.get("Effect") == "Deny":
            if not any(text for text in failed if not text.startswith(_UNKNOWN)):
                return Decision(allowed=False, why=f"statement {sid} denies {request.action}")
        elif failed:
            near = f"statement {sid} allows {request.action} only where {' and '.join(failed)}"
        else:
            allowed = True
    return Decision(allowed=True) if allowed else Decision(allowed=False, why=near)


@cache
def statements(document: str) -> tuple[Statement, ...]:
    """The statements of a policy. Raise `PolicyError`."""
    try:
        held = json.loads(document)["Statement"]
    except (ValueError, KeyError, TypeError) as error:
        raise PolicyError(f"is not a policy document ({error})") from None
    return tuple(held) if isinstance(held, list) else (held,)


def many(value: object) -> list[Any]:
    """One or several, as a list."""
    return list(value) if isinstance(value, list | tuple) else [] if value is None else [value]


def _meant(statement: Statement, request: AccessRequest) -> bool:
    return (
        _principal(statement, request)
        and _named(statement, "Action", request.action.lower(), str.lower)
        and _named(statement, "Resource", request.resource, str)
    )


def _principal(statement: Statement, request: AccessRequest) -> bool:
    if request.kind == "Role":
        return "Principal" not in statement
    if "NotPrincipal" in statement:
        return not _among(statement["NotPrincipal"], request)
    return _among(statement.get("Principal"), request)


def _among(principal: object, request: AccessRequest) -> bool:
    if principal == "*" or "*" in many(principal.get("AWS") if isinstance(principal, dict) else None):
        return True  # in a resource policy, services too
    held = many(principal.get(request.kind)) if isinstance(principal, dict) else []
    account = request.principal.split(":")[4] if request.principal.startswith("arn:") else None
    return bool(request.principal) and (request.principal in held or (account is not None and account in held))


def _named(statement: Statement, element: str, value: str, normal: Callable[[str], str]) -> bool:
    if f"Not{element}" in statement:
        return not any(like(normal(pattern), value) for pattern in many(statement[f"Not{element}"]))
    return any(like(normal(pattern), value) for pattern in many(statement.get(element)))


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile("".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in pattern), re.DOTALL)


def like(pattern: str, value: str) -> bool:
    """Whether a value is of a pattern with `*` and `?`."""
    if "*" not in pattern and "?" not in pattern:
        return pattern == value
    return _pattern(pattern).fullmatch(value) is not None


def arn_like(pattern: str, value: str) -> bool:
    """The same for ARNs: each of the six parts on its own, so that a `*` does not reach over a colon."""
    wanted, held = pattern.split(":", 5), value.split(":", 5)
    return len(wanted) == len(held) == 6 and all(like(a, b) for a, b in zip(wanted, held, strict=True))


_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda wanted, held: wanted == held,
    "StringEqualsIgnoreCase": lambda wanted, held: wanted.lower() == held.lower(),
    "StringLike": like,
    "ArnEquals": arn_like,  # AWS: behaves as ArnLike
    "ArnLike": arn_like,
    "Bool": lambda wanted, held: wanted.lower() == held.lower(),
}
_UNKNOWN = "it meets the operator"


def _unmet(statement: Statement, request: AccessRequest) -> Iterator[str]:
    """The conditions of a statement that the request does not meet, in words."""
    context = _of_principal(request) | {key.lower(): value for key, value in request.context.items()}
    for operator, wanted in (statement.get("Condition") or {}).items():
        for key, values in wanted.items():
            held = context.get(key.lower())
            met = _met(operator, [str(each) for each in many(values)], held)
            if met is None:
                yield f"{_UNKNOWN} {operator}, which is not known here"
            elif not met:
                yield f"{key} is {' or '.join(str(each) for each in many(values))} ({operator}), and it is {held}"


def _of_principal(request: AccessRequest) -> dict[str, str]:
    """What AWS itself says of who asks, by lower-case key: condition keys have no case.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html: a service that acts as its
    own principal is known by aws:PrincipalIsAWSService, and has none of the keys of an account's principals.
    """
    if not request.principal:
        return {}
    if request.kind == "Service":
        name = request.principal
        known = {"PrincipalIsAWSService": "true", "PrincipalServiceName": name, "PrincipalServiceNamesList": name}
    else:
        account = request.principal.split(":")[4] if request.principal.count(":") > 4 else request.principal
        known = {"PrincipalIsAWSService": "false", "PrincipalAccount": account, "PrincipalArn": request.principal}
    return {f"aws:{key}".lower(): value for key, value in known.items()} | {"aws:viaawsservice": "false"}


def _met(operator: str, wanted: list[str], held: str | None) -> bool | None:
    bare = operator.rpartition(":")[2]  # ForAnyValue: and ForAllValues: are the same for a single value
    if operator.startswith("ForAllValues:") and held is None:
        return True
    if bare == "Null":
        return any((each.lower() == "true") == (held is None) for each in wanted)
    optional, bare = bare.endswith("IfExists"), bare.removesuffix("IfExists")
    negated, bare = "Not" in bare, bare.replace("Not", "")
    compare = _OPERATORS.get(bare)
    if compare is None:
        return None
    if held is None:
        return optional or negated
    return any(compare(each, held) for each in wanted) != negated
