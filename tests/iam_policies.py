"""IAM's evaluation of policies, as far as the project's own go: statements, conditions, and what a request needs.

Source: IAM User Guide, "Policy evaluation logic" and "IAM JSON policy elements: Condition operators". Whatever a policy
uses beyond that raises, so that nothing is taken for granted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from typing import Any

Statement = Mapping[str, Any]


@dataclass(frozen=True)
class Request:
    """Somebody asks to do something to something."""

    action: str
    resource: str = "*"
    context: Mapping[str, str | list[str]] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.action} on {self.resource} with {dict(self.context)}"


def allowed(statements: Iterable[Statement], request: Request) -> bool:
    """Whether some statement allows it and none denies it."""
    effects = {each["Effect"] for each in statements if applies(each, request)}
    return effects == {"Allow"}


def applies(statement: Statement, request: Request) -> bool:
    known = {"Sid", "Effect", "Action", "Resource", "NotResource", "Condition", "Principal"}
    assert statement.keys() <= known, statement.keys() - known
    if not any(like(each, request.action, ignoring_case=True) for each in many(statement["Action"])):
        return False
    if "NotResource" in statement:
        if any(like(each, request.resource) for each in many(statement["NotResource"])):
            return False
    elif "Principal" not in statement and not any(like(each, request.resource) for each in many(statement["Resource"])):
        return False
    return all(
        holds(operator, many(wanted), request.context.get(key))
        for operator, keys in statement.get("Condition", {}).items()
        for key, wanted in keys.items()
    )


def holds(operator: str, wanted: list[str], given: str | list[str] | None) -> bool:
    """Whether one condition is met by the request's value of its key, absent or not."""
    values = [] if given is None else many(given)
    quantifier, _, plain = operator.rpartition(":")
    if plain == "Null":
        assert not quantifier
        return (given is None) == (wanted == ["true"])
    optional, plain = plain.endswith("IfExists"), plain.removesuffix("IfExists")
    compare = {
        "StringEquals": lambda value: value in wanted,
        "StringNotEquals": lambda value: value not in wanted,
        "StringLike": lambda value: any(like(each, value) for each in wanted),
        "StringNotLike": lambda value: not any(like(each, value) for each in wanted),
        "ArnLike": lambda value: any(arn_like(each, value) for each in wanted),
    }[plain]
    if quantifier == "ForAllValues":
        return all(map(compare, values))
    if quantifier == "ForAnyValue":
        return any(map(compare, values))
    assert not quantifier
    if given is None:
        return optional or "Not" in plain
    assert isinstance(given, str), f"{operator} compares one value"
    return compare(given)


def arn_like(pattern: str, value: str) -> bool:
    """The same for ARNs, each of whose six parts is compared by itself."""
    return all(like(each, part) for each, part in zip(pattern.split(":", 5), value.split(":", 5), strict=True))


def like(pattern: str, value: str, *, ignoring_case: bool = False) -> bool:
    """IAM's wildcards: `*` is anything, slashes and colons too, `?` one character."""
    return bool(_expression(pattern, ignoring_case).fullmatch(value))


@cache
def _expression(pattern: str, ignoring_case: bool) -> re.Pattern[str]:
    expression = "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in pattern)
    return re.compile(expression, re.DOTALL | (re.IGNORECASE if ignoring_case else 0))


def many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def less(statements: Sequence[Statement], *parts: str) -> Iterator[tuple[str, list[Statement]]]:
    """The statements without one of their parts, each in turn, with its name: a statement, a value of `parts`."""
    for number, statement in enumerate(statements):
        yield statement["Sid"], [each for other, each in enumerate(statements) if other != number]
        for part in set(parts) - {"Condition"}:
            for value in many(statement.get(part, [])):
                rest = [each for each in many(statement[part]) if each != value]
                changed = [*statements]
                changed[number] = {**statement, part: rest}
                yield f"{statement['Sid']} {part} {value}", changed
        for operator, keys in statement.get("Condition", {}).items() if "Condition" in parts else ():
            for key, values in keys.items():
                for value in many(values):
                    changed = deepcopy([*statements])
                    changed[number]["Condition"][operator][key] = [each for each in many(values) if each != value]
                    yield f"{statement['Sid']} {operator} {key} {value}", changed


def looser(statements: Sequence[Statement]) -> Iterator[tuple[str, list[Statement]]]:
    """The statements without one of their conditions, each in turn, with its name."""
    for number, statement in enumerate(statements):
        for operator, keys in statement.get("Condition", {}).items():
            for key in keys:
                changed: list[Any] = deepcopy([*statements])
                del changed[number]["Condition"][operator][key]
                yield f"{statement['Sid']} {operator} {key}", changed
