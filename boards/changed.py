"""An expression made from another: that of some servers, or one whose minutes are shorter."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TypeVar

from boards.expression import Expression, Matcher, Metric

Some = TypeVar("Some", bound=Expression)


def only(expression: Some, matcher: Matcher) -> Some:
    """The same of those series alone that have such a label."""
    if isinstance(expression, Metric):
        return replace(expression, matchers=(matcher, *expression.matchers))
    return _with(expression, {name: only(each, matcher) for name, each in _inside(expression).items()})


def paced(expression: Some, minute: int) -> Some:
    """The same where a minute has so many seconds, for a test that has no hour; four are looked back over at least."""
    changes: dict[str, object] = {name: paced(each, minute) for name, each in _inside(expression).items()}
    seconds = getattr(expression, "seconds", None)
    if isinstance(seconds, int):
        changes["seconds"] = max(4, seconds * minute // 60)
    return _with(expression, changes)


def _inside(expression: Expression) -> dict[str, Expression]:
    values = ((each.name, getattr(expression, each.name)) for each in fields(expression))
    return {name: value for name, value in values if isinstance(value, Expression)}


def _with(expression: Some, changes: dict[str, object]) -> Some:
    return replace(expression, **changes)  # type: ignore[arg-type]
