"""Tools that migrate PostgreSQL: what each needs of the migrator and leaves behind, one file each, seen by running."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict


class MigrationTool(BaseModel):
    """One tool."""

    model_config = ConfigDict(frozen=True, extra="forbid")

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
    return {file.stem: MigrationTool.model_validate(tomllib.loads(file.read_text("utf-8"))) for file in files}
