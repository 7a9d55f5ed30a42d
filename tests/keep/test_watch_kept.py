"""What a place knows of a stack's copies and drills: a folder with backups and reports of two stacks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bootstrap.manifest import Endpoint, KeptTarget, Manifest, PostgresTarget
from keep import manifest as manifests
from keep.backup.verified import record
from keep.drill.books import Books
from keep.drill.report import DrillObjective, DrillReport, Verdict
from keep.manifest import BackupManifest
from keep.place.folder import FolderPlace
from keep.watch.handler import sources
from keep.watch.kept import reader
from observe.health.recovery import Drilled, Recoverable

AT = datetime(2026, 11, 1, 4, 30, tzinfo=UTC)


def stack(place: Path | None) -> Manifest:
    primary = Endpoint(name="primary", host="h", port=5432)
    return Manifest(
        stack="live",
        prefix="shop-live",
        region="eu-west-1",
        postgres=PostgresTarget(primary=primary, database="orders", master_secret="arn:m"),
        access={},
        kept=KeptTarget(place=str(place), backup_seconds=93_600) if place else None,
    )
