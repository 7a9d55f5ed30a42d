"""What a place knows of a stack's copies and drills: a folder with backups and reports of two stacks."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from bootstrap.manifest import Endpoint, KeptTarget, Manifest, PostgresTarget

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
