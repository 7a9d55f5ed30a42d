"""Tools that migrate PostgreSQL: what each needs of the migrator and leaves behind, one file each, seen by running."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True, kw_only=True)
class MigrationTool:
    """One tool."""

    title: str
    runtime: Literal["Go", "Java", "Node", "Python", "Rust"]
    version: str
    """The one that was run."""
    tried: Literal["test", "hand", "earlier"]
    """How it was run as a sibling login of the migrator: by tests/migration_tools/, by hand on a tier that the
    bootstrap had seeded, or by hand on a server with the same roles and grants."""
    run: str
    """How it is started as the migrator."""
    url: str
    """What of `datatier env` it reads."""
    leaves: tuple[str, ...]
    """Its own tables, all of them the owner's."""
    schemas: tuple[str, ...] = ()
    """What access.yaml needs in `schemas` besides `public`."""
    creates: bool = False
    """Whether it needs CREATE on the database."""
    policies: tuple[str, ...] = ()
    """Schemas whose tables have row-level security and no policy."""
    at_start: Literal["passes", "fails"]
    """What becomes of it when the application starts it as itself, with nothing left to do."""
    lock: str
    """What keeps two of it apart."""
    notes: tuple[str, ...] = ()


@cache
def tools() -> dict[str, MigrationTool]:
    """Return every tool by its name."""
    files = sorted(Path(__file__).parent.glob("*.toml"))
    return {file.stem: _tool(tomllib.loads(file.read_text("utf-8"))) for file in files}


def _tool(table: dict[str, Any]) -> MigrationTool:
    fields: dict[str, Any] = {key: tuple(each) if isinstance(each, list) else each for key, each in table.items()}
    return MigrationTool(**fields)
