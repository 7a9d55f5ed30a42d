"""Diff: which inputs changed, and whether the resource can keep its life. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from graph.kind import Kind
from graph.marks import Properties, declared, filled, is_unknown
from graph.values import is_empty, same

Verb = Literal["add", "delete", "update"]
REGION = "region"
"""Input of every type that lies in a region: `Optional`, `Computed` and `ForceNew` (internal/provider/sdkv2)."""


@dataclass(frozen=True, kw_only=True)
class Diff:
    """What a program's inputs change of a resource."""

    changed: dict[str, Verb]
    """Top-level inputs."""
    replaces: frozenset[str]
    """Those of them for which the provider makes another resource."""
    delete_first: bool
    """Whether the old one must go before the new one comes, because both have one name."""


def diff(
    kind: Kind, was: Properties, now: Properties, ignored: Iterable[str] = (), held: Properties | None = None
) -> Diff:
    """Compare a resource's old inputs with its new ones.

    An input that is not known yet may change, and is reported as changed, as terraform-plugin-sdk does. `held` are the
    outputs of before. It is them that the provider compares with: an input that says what the resource has is no
    change, though an import did not bring it.
    """
    old, new, has = declared(was), declared(now), declared(held or {})
    changed: dict[str, Verb] = {}
    for key in sorted({*old, *new} - set(ignored)):
        if _kept(kind, key, old, new) or _says(new, has, key):
            continue
        if key not in old:
            changed[key] = "add"
        elif key not in new:
            changed[key] = "delete"
        elif is_unknown(new[key]) or not same(old[key], new[key]):
            changed[key] = "update"
    before = {**{key: value for key, value in has.items() if key in new}, **old}
    asked = (key for key, replaces in kind.replaces_if.items() if key in changed and replaces(before, new))
    replaces = frozenset(changed) & {*(kind.replaces or ()), REGION} | frozenset(asked)
    given = kind.named in new and kind.named not in filled(now)
    return Diff(
        changed=changed,
        replaces=replaces,
        delete_first=bool(replaces) and given and old.get(kind.named) == new[kind.named],
    )


def _kept(kind: Kind, key: str, old: Properties, new: Properties) -> bool:
    """Whether the provider leaves the input as it is, though the program has another or none."""
    was, now = old.get(key), new.get(key)
    if is_empty(was) and is_empty(now):
        return True
    if (key in kind.kept or key == REGION) and is_empty(now):
        return True
    most = kind.grows.get(key)
    return most is not None and _less(now, was) and _less(now, new.get(most))


def _says(new: Properties, has: Properties, key: str) -> bool:
    """Whether the program says what the resource has."""
    return key in new and key in has and not is_unknown(new[key]) and same(has[key], new[key])


def _less(one: object, other: object) -> bool:
    """Whether both are numbers, or their text, and the one is less."""
    try:
        return float(str(one)) < float(str(other))
    except ValueError:
        return False
