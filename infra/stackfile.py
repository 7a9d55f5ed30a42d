"""Reads `Pulumi.<stack>.yaml` as the engine would, for runs without it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from infra.problems import Problem, SettingsError, nearest
from infra.yamlfile import read_mapping

PROJECT = "data-tier"
"""Name of the project in Pulumi.yaml, and namespace of the settings."""


class UnknownStackError(ValueError):
    """No such stack file."""


def stack_of(file: str) -> str | None:
    """The stack whose file it is: `Pulumi.eu.prod.yaml` is that of `eu.prod`, `Pulumi.yaml` of none."""
    name = file.removeprefix("Pulumi.").removesuffix(".yaml")
    return name if file == file_of(name) and name else None


def file_of(stack: str) -> str:
    """Name of a stack's file."""
    return f"Pulumi.{stack}.yaml"


def stacks(root: Path) -> list[str]:
    """The stacks that have a file in this folder."""
    return sorted(name for path in root.glob(file_of("*")) if (name := stack_of(path.name)))


def read_stack(root: Path, stack: str) -> dict[str, Any]:
    """The `config` of a stack: `namespace:key` -> value.

    Raise `UnknownStackError`, or `SettingsError` for a file that is no YAML or names a key twice.
    """
    # Beside `config` a stack file has what is Pulumi's own: secretsprovider, encryptedkey, encryptionsalt, environment.
    config = _read(root, stack).get("config")
    if not isinstance(config, dict | None):
        raise SettingsError(file_of(stack), [Problem("config", "must be a mapping of `namespace:key` to value.")])
    found: dict[str, Any] = {}
    for key, value in (config or {}).items():
        # A key without a namespace is the project's.
        whole = key if ":" in key else f"{PROJECT}:{key}"
        if whole in found:
            raise SettingsError(file_of(stack), [Problem(whole, f"stands here a second time, as `{key}`.")])
        found[whole] = value
    return found


def environments(root: Path, stack: str) -> tuple[str, ...]:
    """The environments of Pulumi ESC that a stack imports. Raise as `read_stack`."""
    given = _read(root, stack).get("environment")
    imported = given.get("imports") if isinstance(given, dict) else given
    if not isinstance(imported, list):
        return ()
    return tuple(next(iter(each), "") if isinstance(each, dict) else str(each) for each in imported)


def _read(root: Path, stack: str) -> dict[str, Any]:
    known = stacks(root)
    if stack not in known:
        where = (
            f"stacks here: {', '.join(known)}"
            if known
            else f"no Pulumi.*.yaml in {root}: run it in the project's folder"
        )
        raise UnknownStackError(f"There is no stack `{stack}` ({where}).{nearest(stack, known)}")
    path = root / file_of(stack)
    return read_mapping(path, path.name) or {}
