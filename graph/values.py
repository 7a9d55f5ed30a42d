"""When two values of an input are the same to the provider. Pure."""

from __future__ import annotations

import json
from typing import Any


def same(was: object, now: object) -> bool:
    """Equal; lists in any order, nothing as good as empty, a number as good as its text.

    The lists of AWS's resources are sets, but for a handful that this project does not use, and come back in an order
    of AWS's choosing.
    """
    if is_empty(was) and is_empty(now):
        return True
    if isinstance(was, list) and isinstance(now, list):
        left = list(now)
        return len(was) == len(now) and all(_take(item, left) for item in was)
    if isinstance(was, dict) and isinstance(now, dict):
        return all(same(was.get(key), now.get(key)) for key in {*was, *now})
    return bool(cast(was, now) == now) and isinstance(now, bool) == isinstance(cast(was, now), bool)


def is_empty(value: object) -> bool:
    """Whether it says no more than nothing."""
    return value is None or value in ([], {})


def cast(was: object, now: object) -> Any:
    """A value of the state in the type of the input that takes its place: states have held `"100"` and `"true"`."""
    if isinstance(was, list) and isinstance(now, list):
        return [cast(old, new) for old, new in zip(was, now, strict=False)] + was[len(now) :]
    if isinstance(was, dict) and isinstance(now, dict):
        return {key: cast(item, now.get(key)) for key, item in was.items()}
    if isinstance(now, bool) and isinstance(was, str):
        return {"true": True, "false": False}.get(was.lower(), was)
    if isinstance(now, int | float) and isinstance(was, str):
        return _number(was)
    if isinstance(now, str) and isinstance(was, bool):
        return json.dumps(was)
    if isinstance(now, str) and isinstance(was, int | float):
        return now if _number(now) == was and _digits(now) == _digits(str(was)) else str(was)
    return was


def _number(text: str) -> Any:
    try:
        found = float(text)
    except ValueError:
        return text
    return int(found) if found.is_integer() else found


def _digits(text: str) -> str:
    """Without the `.0` that a number loses: `8.0` is 8, but `17.10` is not 17.1."""
    return text.removesuffix(".0")


def _take(item: object, among: list[Any]) -> bool:
    for index, other in enumerate(among):
        if same(item, other):
            del among[index]
            return True
    return False
