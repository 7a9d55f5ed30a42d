"""The names that the exporter gives, with their labels, by PostgreSQL's major version and for Redis and Valkey."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
LISTS = ROOT / "tests" / "observe" / "metrics"
OWN = {
    "datatier_up": set[str](),
    "datatier_response_seconds": set[str](),
    "datatier_check_value": {"check", "object"},
    "datatier_check_status": {"check", "object"},
    "datatier_metric_refused": {"metric", "reason", "grant"},
    "datatier_group_age_seconds": {"group"},
    "datatier_migration_version": set[str](),
    "datatier_migration_dirty": set[str](),
    "datatier_schema_differences": set[str](),
    "datatier_access_differences": set[str](),
    "datatier_secret_age_seconds": {"identity"},
    "datatier_rotation_pending": {"identity"},
    "datatier_keyspace_keys": {"space"},
    "datatier_keyspace_bytes": {"space"},
    "datatier_keyspace_without_ttl": {"space"},
    "datatier_backup_age_seconds": set[str](),
    "datatier_backup_verified_age_seconds": set[str](),
    "datatier_backup_damaged": set[str](),
    "datatier_drill_failed": set[str](),
    "datatier_drill_age_seconds": set[str](),
}
"""Those that are kept stable for scripts."""
STATEMENTS = {"user", "datname", "queryid"}
"""Labels of the optional collector stat_statements."""


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8") as lines:
        yield from csv.DictReader(line for line in lines if not line.startswith("#"))


def names(major: int) -> dict[str, set[str]]:
    """Name -> labels besides `instance` that some server of it gives."""
    found: dict[str, set[str]] = {}
    for row in _rows(LISTS / "postgres_exporter_names.csv"):
        if str(major) in row["versions"].split():
            found.setdefault(row["metric"], set()).update(filter(None, row["labels"].split(",")))
    for row in _rows(LISTS / "redis_exporter_names.csv"):
        found.setdefault(row["metric"], set()).update(filter(None, row["labels"].split(",")))
    for row in _rows(ROOT / "observe" / "metrics" / "postgres" / "families.csv"):
        since, until = int(row["since"] or 0), int(row["until"] or 99)
        if row["reading"].startswith("stat_statements") and since <= major <= until:
            found.setdefault(row["family"], set()).update(STATEMENTS)
    return found | OWN
