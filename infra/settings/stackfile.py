"""Reads `Pulumi.<stack>.yaml` as the engine would, for runs without it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.settings.problems import SettingsError, SettingsProblem, nearest
from infra.settings.yamlfile import read_mapping

PROJECT_FILE = "Pulumi.yaml"
PROJECT = "data-tier"
"""Name of the project in Pulumi.yaml, and namespace of the settings."""


class UnknownStackError(ValueError):
    """The project has no file for this stack; the message lists the ones it has."""


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


# ProjectStack of Pulumi's SDK (sdk/go/common/workspace/project.go).
FILE_KEYS = ("config", "environment", "secretsprovider", "encryptedkey", "encryptionsalt")
"""Keys that a stack's file may have."""


@dataclass(frozen=True, kw_only=True)
class StackFile:
    """What a stack's file says."""

    config: dict[str, Any]
    """`namespace:key` -> value."""
    environments: tuple[str, ...]
    """Those of Pulumi ESC that it imports."""
    bare: tuple[str, ...] = ()
    """Keys of `config` that stand there without a namespace, which Pulumi takes for the project's."""
    outside: tuple[str, ...] = ()
    """Keys beside `config` that are not Pulumi's own: it passes over them."""


def read_stack(root: Path, stack: str) -> dict[str, Any]:
    """The `config` of a stack. Raise as `read_file`."""
    return read_file(root, stack).config


def read_file(root: Path, stack: str) -> StackFile:
    """A stack's file, laid on what Pulumi.yaml says for all stacks.

    Raise `UnknownStackError`, or `SettingsError` for invalid YAML or a duplicate key.
    """
    document = _read(root, stack)
    given = document.get("config")
    return StackFile(
        config=project_config(root) | _config(document, file_of(stack)),
        environments=_environments(document.get("environment")),
        bare=tuple(key for key in given or () if ":" not in key),
        outside=tuple(key for key in document if key not in FILE_KEYS),
    )


def said(value: object) -> object:
    """The value of a key; the engine writes `null` as an empty text, into the file too (findings/)."""
    return None if value == "" else value


def project_config(root: Path) -> dict[str, Any]:
    """What Pulumi.yaml says for all stacks: `namespace:key` -> value. Raise `SettingsError`.

    The engine takes a text, a number, a list, or `{value: ...}` and `{default: ...}` for anything (Pulumi's reference,
    Project file, config options).
    """
    path = root / PROJECT_FILE
    document = read_mapping(path, path.name) or {} if path.is_file() else {}
    found = _config(document, path.name)
    return {key: said for key, value in found.items() if (said := _of_project(value)) is not None}


def _of_project(value: Any) -> Any:
    return value.get("value", value.get("default")) if isinstance(value, dict) else value


def _config(document: Mapping[str, object], file: str) -> dict[str, Any]:
    config = document.get("config")
    if not isinstance(config, dict | None):
        raise SettingsError(file, [SettingsProblem("config", "must be a mapping of `namespace:key` to value.")])
    found: dict[str, Any] = {}
    for key, value in (config or {}).items():
        # A key without a namespace is the project's.
        whole = key if ":" in key else f"{PROJECT}:{key}"
        if whole in found:
            raise SettingsError(file, [SettingsProblem(whole, f"stands here a second time, as `{key}`.")])
        found[whole] = _sorted(value)
    return found


def _sorted(value: Any) -> Any:
    """With the keys of mappings in the order in which the engine hands them over, whatever the file's (findings/)."""
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value, key=str)}
    return [_sorted(each) for each in value] if isinstance(value, list) else value


def _environments(given: object) -> tuple[str, ...]:
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
