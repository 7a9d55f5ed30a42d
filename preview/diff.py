"""What changes between a stack that was and one that would be: data, nothing judged. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from preview.saved import Resource, symbolic

Kind = Literal["create", "update", "delete", "same"]


@dataclass(frozen=True, kw_only=True)
class Change:
    """One resource before and after."""

    kind: Kind
    type: str
    name: str
    was: dict[str, Any] | None
    """Inputs before; None where it is made."""
    now: dict[str, Any] | None
    """Inputs after; None where it is deleted."""
    protect: bool = False
    """Whether Pulumi refuses to delete or replace it."""
    retained: bool = False
    """Whether it stays in AWS when it leaves the program."""
    keys: tuple[str, ...] = ()
    """Top-level inputs that differ."""


def changes(before: Iterable[Resource], after: Iterable[Resource]) -> tuple[Change, ...]:
    """Every resource of both, in the order of `after`, the deleted at the end."""
    was = {each.key: each for each in before}
    now = {each.key: each for each in after}
    # An earlier preview has the ids of this one; a deployed stack has its own.
    deployed = any(each.known_as for each in was.values())
    plain = tuple({key: each.inputs for key, each in side.items()} for side in (was, now))
    compared = symbolic(was.values(), now.values()) if deployed else plain
    made = [
        _kept(was[key], each, _differing(compared[0][key], compared[1][key], each.ignored))
        if key in was
        else _made(each)
        for key, each in now.items()
    ]
    gone = [
        Change(
            kind="delete",
            type=each.type,
            name=each.name,
            was=each.inputs,
            now=None,
            protect=each.protect,
            retained=each.retained,
        )
        for key, each in was.items()
        if key not in now
    ]
    return (*made, *gone)


def _made(each: Resource) -> Change:
    return Change(kind="create", type=each.type, name=each.name, was=None, now=each.inputs, protect=each.protect)


def _differing(was: dict[str, Any], now: dict[str, Any], ignored: tuple[str, ...]) -> tuple[str, ...]:
    keys = sorted({*was, *now} - set(ignored))
    return tuple(key for key in keys if not _same(was.get(key), now.get(key)))


def _kept(was: Resource, now: Resource, keys: tuple[str, ...]) -> Change:
    return Change(
        kind="update" if keys else "same",
        type=now.type,
        name=now.name,
        was=was.inputs,
        now=now.inputs,
        # A program that lifts the protection has to be deployed before the resource can go.
        protect=was.protect or now.protect,
        retained=now.retained,
        keys=keys,
    )


def _same(was: Any, now: Any) -> bool:
    """Sets of AWS come back in another order, and an empty input is none."""
    if was in (None, [], {}) and now in (None, [], {}):
        return True
    if isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        left = list(now)
        return all(_take(item, left) for item in was)
    if isinstance(was, dict) and isinstance(now, dict):
        return all(_same(was.get(key), now.get(key)) for key in {*was, *now})
    return "[asset]" in (was, now) or was == now


def _take(item: Any, among: list[Any]) -> bool:
    for index, other in enumerate(among):
        if _same(item, other):
            del among[index]
            return True
    return False
