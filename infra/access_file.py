"""Reads `access.yaml`, the declaration of who may do what inside the engines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from bootstrap.access import Access, load_access
from infra.problems import Problem, SettingsError


def read_access(root: Path) -> Access:
    """`access.yaml` of the project, typed. Raise as `read_declaration`, and `AccessError` for what is in it."""
    return load_access(read_declaration(root))


def read_declaration(root: Path) -> dict[str, Any]:
    """`access.yaml` of the project, as it is written. Raise `SettingsError` when it cannot be read."""
    path = root / "access.yaml"
    try:
        # libyaml's parser: ten times as fast as the one in Python
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except FileNotFoundError:
        raise SettingsError("access.yaml", [Problem("access.yaml", f"is missing in {root}.")]) from None
    # ValueError: bytes that are not UTF-8, and a date that is none (2026-13-45).
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise SettingsError("access.yaml", [Problem("file", f"not valid YAML: {error}.")]) from None
    if not isinstance(data, dict):
        raise SettingsError("access.yaml", [Problem("file", "must be a mapping with `owner` and `identities`.")])
    return data
