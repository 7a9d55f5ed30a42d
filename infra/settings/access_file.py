"""Reads `access.yaml`, the declaration of who may do what inside the engines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bootstrap.access import Access, load_access
from bootstrap.application import ACCESS
from infra.settings.problems import SettingsError, SettingsProblem
from infra.settings.yamlfile import read_mapping


def read_access(root: Path) -> Access:
    """`access.yaml` of the project, typed. Raise as `read_declaration`, and `AccessError` for what is in it."""
    return load_access(read_declaration(root))


def read_declaration(root: Path) -> dict[str, Any]:
    """`access.yaml` of the project, as it is written. Raise `SettingsError` when it cannot be read."""
    path = root / ACCESS
    try:
        return read_access_file(path, "access.yaml")
    except FileNotFoundError:
        raise SettingsError("access.yaml", [SettingsProblem("access.yaml", f"is missing in {root}.")]) from None


def read_access_file(path: Path, name: str) -> dict[str, Any]:
    """A declaration of another file. Raise `OSError`, or `SettingsError`."""
    data = read_mapping(path, name)
    if data is None:
        raise SettingsError(name, [SettingsProblem("file", "must be a mapping with `owner` and `identities`.")])
    return data
