"""The profile that is nearest to what is there, and what differs from it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.settings.profiles import WHOLE, defaults, merge, named
from infra.settings.sections import PostgresSection, StorageSection

PROFILES = ("dev", "staging", "prod")
"""Those of AWS, in the order in which one of two that are as near is taken."""
_OF_KEYS: dict[str, Any] = {
    "postgres": {
        **{key: PostgresSection.model_fields[key].default for key in ("version", "ca")},
        "storage": {"type": StorageSection.model_fields["type"].default},
    }
}
"""What keys have of themselves, whatever the profile."""


def nearest(wanted: Mapping[str, Any], name: str, profile: str | None = None) -> tuple[str, dict[str, Any]]:
    """Return the profile that leaves the fewest values to be written, and those; of `profile` where one is given.

    `wanted` are settings as they have to be, by key; what is not in it is left to the profile. `name` is the
    application's, from which its database and its master user follow.
    """
    asked = (profile,) if profile else PROFILES
    usual = {each: merge(merge(_OF_KEYS, defaults(each)), named(name)) for each in asked}
    found = {each: differing(usual[each], wanted) for each in asked}
    best = min(found, key=lambda each: (_values(found[each]), asked.index(each)))
    return best, found[best]


def differing(usual: Mapping[str, Any], wanted: Mapping[str, Any], path: tuple[str, ...] = ()) -> dict[str, Any]:
    """What of `wanted` is not as usual: sections key by key, maps of the user's own as a whole."""
    said: dict[str, Any] = {}
    for key, value in wanted.items():
        has, here = usual.get(key), (*path, key)
        if isinstance(value, Mapping) and isinstance(has, Mapping) and here not in WHOLE:
            if below := differing(has, value, here):
                said[key] = below
        elif value != has:
            said[key] = value
    return said


def _values(said: object) -> int:
    """Lines that a person would have to write: one for each value."""
    if isinstance(said, Mapping):
        return sum(map(_values, said.values()))
    return 1
