"""Whether the baseline makes what the live server has: applied to an empty server, whose catalog is compared."""

from __future__ import annotations

import tempfile
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psycopg

from bootstrap import schema
from bootstrap.application import DEFINITION, MIGRATIONS
from bootstrap.declared_extensions import DeclaredExtension, declared
from bootstrap.migrate import MigrateError, MigrationRunner, PostgresLedger, Source
from bootstrap.postgres import extensions
from scaffold.live.baseline import Baseline


class Empty(Protocol):
    """Lends an empty database with these extensions, as somebody who may act as the owner."""

    def __call__(self, wanted: tuple[DeclaredExtension, ...]) -> AbstractContextManager[psycopg.Connection[Any]]: ...


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What came of it."""

    server: int
    """Major version of the empty server."""
    troubles: tuple[str, ...]
    """What failed, or is not as on the live server; none where it is proved."""
    lacking: tuple[str, ...]
    """What the empty server could not have: extensions that are not installed on this computer."""


def prove(made: Baseline, owner: str, empty: Empty) -> Proof:
    """Apply it as the owner, who is no superuser. Raise what `empty` raises."""
    with tempfile.TemporaryDirectory(prefix="datatier-baseline-") as name:
        folder = Path(name)
        files = {DEFINITION: schema.dump(made.definition)}
        files |= {Path(MIGRATIONS) / each: sql for each, sql in made.files.items()}
        for path, text in files.items():
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
        wanted = declared(folder)
        with empty(wanted) as conn:
            lacking = extensions.ensure(conn, wanted, owner).differences
            try:
                MigrationRunner(Source.load(folder / MIGRATIONS), PostgresLedger(conn), role=owner).up()
            except MigrateError as error:
                troubles: tuple[str, ...] = (error.what.replace(f"{folder / MIGRATIONS}/", ""),)
            else:
                found = schema.judge(conn, made.definition).counted
                troubles = tuple(f"{each.kind} {each.object}: {each.what}" for each in found)
            major = conn.info.server_version // 10000
    return Proof(server=major, troubles=troubles, lacking=lacking)
