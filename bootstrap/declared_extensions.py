"""The extensions that an application declares, in the definition of its schema. See docs/adr/0036."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from bootstrap.application import DEFINITION
from bootstrap.errors import BootstrapError


class DeclaredExtensionsError(BootstrapError, ValueError):
    """They cannot be read: the message says where and what mends it."""


@dataclass(frozen=True, kw_only=True)
class DeclaredExtension:
    """One extension that the application's schema needs."""

    name: str
    """As CREATE EXTENSION takes it."""
    schema: str | None = None
    """Where its objects go; None leaves that to the extension and the search path."""


def declared(root: Path) -> tuple[DeclaredExtension, ...]:
    """Return what the definition in a folder declares, in its order: `{"extensions": {NAME: {"schema": NAME}}}`.

    The schema is written as SQL has it, `"Odd name"` in double quotes. Without a definition nothing is declared.

    Raise DeclaredExtensionsError.
    """
    path = root / DEFINITION
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise DeclaredExtensionsError(f"{path} cannot be read: {error}") from None
    try:
        definition = json.loads(text)
    except ValueError as error:
        raise DeclaredExtensionsError(f"{path} is not JSON ({error}); restore it from version control") from None
    entries = definition.get("extensions", {}) if isinstance(definition, dict) else None
    if not isinstance(entries, dict):
        raise DeclaredExtensionsError(f'{path}: `extensions` must be by name, such as {{"citext": {{}}}}')
    for name, entry in entries.items():
        if not isinstance(entry, dict) or not isinstance(entry.get("schema", ""), str):
            raise DeclaredExtensionsError(f'{path}: extensions.{name} must be {{}} or {{"schema": "NAME"}}')
    return tuple(DeclaredExtension(name=name, schema=_plain(entry.get("schema"))) for name, entry in entries.items())


def _plain(name: str | None) -> str | None:
    """A name without the quotes that SQL needs around it."""
    return name[1:-1].replace('""', '"') if name and name.startswith('"') else name
