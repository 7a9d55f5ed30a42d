"""Reads `access.yaml`, the declaration of who may do what inside the engines."""

from __future__ import annotations

from pathlib import Path

import yaml

from bootstrap.access import Access, load_access
from infra.problems import Problem, SettingsError


def read_access(root: Path) -> Access:
    """`access.yaml` of the project. Raise `SettingsError` when it cannot be read, `AccessError` for what is in it."""
    path = root / "access.yaml"
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError("access.yaml", [Problem("access.yaml", f"is missing in {root}.")]) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError("access.yaml", [Problem("file", f"not valid YAML: {error}.")]) from None
    if not isinstance(data, dict):
        raise SettingsError("access.yaml", [Problem("file", "must be a mapping with `owner` and `identities`.")])
    return load_access(data)
