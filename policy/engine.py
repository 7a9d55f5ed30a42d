"""Resources as Pulumi's engine hands them to a policy pack, in the form that the rules read. Pure.

In a preview the engine knows no ids. It knows which resource an input comes from, which is all that a reference needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from graph.resource import Resource

if TYPE_CHECKING:
    from pulumi_policy import PolicyResource

# Texts that name other resources inside; everything else that depends on a resource refers to it.
_DOCUMENTS = frozenset({"accessString", "assumeRolePolicy", "description", "eventPattern", "input", "policy"})


class UnknownError(LookupError):
    """The value is known only after the deployment."""


class Inputs(Mapping[str, Any]):
    """Inputs of which some are not known yet: asking for one of those raises `UnknownError`."""

    def __init__(self, known: Mapping[str, object], unknown: frozenset[str]) -> None:
        self._known = known
        self._unknown = unknown

    def __getitem__(self, key: str) -> Any:
        if key in self._unknown:
            raise UnknownError(key)
        return self._known[key]

    def __iter__(self) -> Iterator[str]:
        return iter({*self._known, *self._unknown})

    def __len__(self) -> int:
        return len({*self._known, *self._unknown})


def seen(resource: PolicyResource) -> Resource:
    """A resource of the engine; other resources refer to it by its URN."""
    from pulumi_policy.proxy import UnknownValueError

    known: dict[str, Any] = {}
    unknown: set[str] = set()
    for key in resource.props:
        origins = [each.urn for each in resource.property_dependencies.get(key, ())]
        try:
            value = _plain(resource.props[key])
        except UnknownValueError:
            value = None if not origins or key in _DOCUMENTS else _reference(resource.props, key, origins)
            if value is None:
                unknown.add(key)
                continue
        else:
            if origins and key not in _DOCUMENTS and isinstance(value, str):
                value = origins[0]
            elif origins and isinstance(value, list) and all(isinstance(item, str) for item in value):
                value = origins
        known[key] = value
    return Resource(
        type=resource.resource_type,
        name=resource.name,
        inputs=Inputs(known, frozenset(unknown)),
        protect=bool(resource.opts.protect),
        ignore_changes=tuple(resource.opts.ignore_changes or ()),
        id=resource.urn,
        urn=resource.urn,
    )


def _reference(props: Any, key: str, origins: list[str]) -> Any:
    """A placeholder for a value that is not known, or contains one that is not."""
    from pulumi_policy.proxy import UnknownValueError

    try:
        value = props[key]
    except UnknownValueError:
        return origins[0]
    return origins if not isinstance(value, Mapping) else dict.fromkeys(value, origins)


def _plain(value: object) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(value[key]) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value
