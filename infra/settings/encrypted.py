"""What Pulumi has encrypted in a stack's file, read without the key: a placeholder that the setting accepts.

`pulumi config set --secret` leaves `{secure: ciphertext}` in place of a value, at any depth. Under the engine the value
arrives in the clear; the offline preview, the checks and a tier on this computer go on with one of the same form.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

from pydantic import TypeAdapter, ValidationError

from infra.settings.model import Settings
from infra.settings.problems import SettingsError, SettingsProblem
from infra.settings.profiles import PROFILES, cache_defaults, defaults
from infra.settings.stackfile import PROJECT
from infra.settings.values import Section

NEEDED = {
    f"{PROJECT}:profile": "all other values start from it",
    f"{PROJECT}:name": "everything on AWS is called by it",
    f"{PROJECT}:protect": "it decides what may be taken away",
    "aws:region": "commands for AWS are written for it",
}
"""Keys that stand for no secret, and that nothing true can be said without."""

# One for each form that a setting has; the first that its key takes.
_LIKELY: tuple[Any, ...] = (
    "encrypted@example.org",
    "https://encrypted.example.org",
    "arn:aws:sqs:eu-west-1:123456789012:encrypted",
    "arn:aws:iam::123456789012:role/encrypted",
    "arn:aws:iam::123456789012:policy/encrypted",
    "encrypted",
    "vpc-00000000",
    "subnet-00000000",
    "sg-00000000",
    "eu-central-1",
    "T00000000",
    "encrypted/",
    "2099-12-31",
    "1d",
    "03:00",
    7,
    30,
    2000,
    1,
    True,
    {"email": "encrypted@example.org"},
    {"workspace": "T00000000", "channel": "C00000000"},
    {},
    [],
)


def is_encrypted(value: object) -> bool:
    """Whether it is what Pulumi writes for a secret."""
    return isinstance(value, dict) and set(value) == {"secure"} and isinstance(value["secure"], str)


def decrypted(config: Mapping[str, object], stack: str, source: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The configuration with placeholders, and the paths of the keys that have one.

    Raise `SettingsError` where a value is encrypted that nothing can stand for.
    """
    wrong = [
        SettingsProblem(
            key, f"is encrypted, and {why}: it is not a secret. `pulumi config set {key} VALUE` writes it in the clear."
        )
        for key, why in NEEDED.items()
        if is_encrypted(config.get(key))
    ]
    if wrong:
        raise SettingsError(source, wrong)
    profile = config.get(f"{PROJECT}:profile", stack)
    usual = defaults(profile) if isinstance(profile, str) and profile in PROFILES else {}
    caches = config.get(f"{PROJECT}:redis")
    if isinstance(caches, dict):
        usual["redis"] = {name: cache_defaults() for name in caches}
    made: dict[str, Any] = {}
    paths: list[str] = []
    for key, value in config.items():
        namespace, _, name = key.partition(":")
        replaced = _replaced(value, key, (name,), usual if namespace == PROJECT else None, paths)
        if replaced is not _NONE:
            made[key] = replaced
    return made, tuple(paths)


_NONE = object()
"""Stands for what is left out: the profile's own value, or nothing, takes its place."""


def _replaced(
    value: object, path: str, loc: tuple[str | int, ...], usual: Mapping[str, object] | None, paths: list[str]
) -> Any:
    if is_encrypted(value):
        paths.append(path)
        return _NONE if usual is None else _numbered(_placeholder(loc, usual), len(paths) - 1)
    if isinstance(value, dict):
        items = {key: _replaced(inner, f"{path}.{key}", (*loc, key), usual, paths) for key, inner in value.items()}
        return {key: inner for key, inner in items.items() if inner is not _NONE}
    if isinstance(value, list):
        inside = [_replaced(each, f"{path}[{n}]", (*loc, n), usual, paths) for n, each in enumerate(value)]
        return [each for each in inside if each is not _NONE]
    return value


def _placeholder(loc: tuple[str | int, ...], usual: Mapping[str, object]) -> Any:
    """Nothing, where the profile or the key itself then says it; else the first likely value that the key takes."""
    known: Any = usual
    for part in loc:
        known = known.get(part, _NONE) if isinstance(known, dict) else _NONE
    found = [_Place(Settings)]
    for part in loc:
        found = [inside for each in found for inside in _below(each.annotation, part)]
    if not found:
        return _LIKELY[0]  # a key that there is not: whoever reads it says so
    if found[0].spoken_for:
        return _NONE
    if known is not _NONE:
        return {} if found[0].entry else _NONE
    taking: TypeAdapter[Any] = TypeAdapter(found[0].annotation)
    if found[0].spare and _takes(taking, "any text at all"):
        return _NONE  # what is meant by it cannot be guessed
    return next((likely for likely in _LIKELY if _takes(taking, likely)), _NONE)


def _numbered(likely: object, number: int) -> Any:
    """Another one each time: what stands in a list twice would be refused."""
    if isinstance(likely, dict):
        return {key: _numbered(each, number) for key, each in likely.items()}
    if not isinstance(likely, str) or number == 0:
        return likely
    return likely.replace("encrypted", f"encrypted{number}").replace("00000000", f"00000000{number}")


def _takes(taking: TypeAdapter[Any], value: object) -> bool:
    try:
        taking.validate_python(value)
    except ValidationError:
        return False
    return True


@dataclass(frozen=True)
class _Place:
    """What may stand at a path."""

    annotation: Any
    spoken_for: bool = False
    """Whether the key has a value of its own when it is left out."""
    spare: bool = True
    """Whether it may be left out."""
    entry: bool = False
    """Whether it is there because the user named it, as a cache is."""


def _below(annotation: object, part: str | int) -> Iterator[_Place]:
    """What a path's next part is, in an annotation such as `dict[str, Cache]`, `tuple[Text, ...]`, `Storage | None`."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Section):
        for name, field in annotation.model_fields.items():
            if part == (field.alias or name):
                whole = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
                own = None if field.is_required() else field.get_default(call_default_factory=True, validated_data={})
                yield _Place(whole, spoken_for=own is not None, spare=not field.is_required())
    elif origin is dict:
        yield _Place(arguments[1], entry=True)
    elif origin is tuple:
        yield _Place(arguments[0])
    else:  # a union, or a type with its rules
        for each in arguments:
            yield from _below(each, part)
