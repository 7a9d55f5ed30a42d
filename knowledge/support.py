"""How long each version of an engine gets security fixes without a charge of its own (`support.csv`).

`postgresql`: the final release, https://www.postgresql.org/support/versioning/. `rds-postgresql`: the end of standard
support, after which RDS charges for Extended Support, "Release calendars for Amazon RDS for PostgreSQL" in the
release notes. `valkey`: the later of maintenance and extended security support, https://valkey.io/topics/releases/
("List of supported versions"); for 9.1 the three years from its first release, 2026-05-19, that the page promises
every minor version. `redis`: the end of life, https://redis.io/docs/latest/operate/oss_and_stack/install/version-
mgmt/; 8.4 and later have none yet. `elasticache-redis`: the end of standard support, "ElastiCache versions for Redis
OSS end of life schedule" in the ElastiCache User Guide; ElastiCache has announced none for Redis OSS 7 and for
Valkey. All as of August 2026, collected by endoflife.date.
"""

from __future__ import annotations

import csv
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Literal

Product = Literal["postgresql", "rds-postgresql", "valkey", "redis", "elasticache-redis", "elasticache-valkey"]
NAMES: dict[Product, str] = {
    "postgresql": "PostgreSQL",
    "rds-postgresql": "RDS for PostgreSQL",
    "valkey": "Valkey",
    "redis": "Redis",
    "elasticache-redis": "ElastiCache for Redis OSS",
    "elasticache-valkey": "ElastiCache for Valkey",
}


def support_until(product: Product, version: str) -> date | None:
    """Return the last day of support of a version such as `18.4` or `9.1.2`; None where no day is known."""
    parts = version.split(".")
    return next((found for n in (2, 1) if (found := _until().get((product, ".".join(parts[:n]))))), None)


@cache
def _until() -> dict[tuple[str, str], date]:
    text = files(__package__).joinpath("support.csv").read_text("utf-8")
    return {
        (row["product"], row["version"]): date.fromisoformat(row["until"]) for row in csv.DictReader(text.splitlines())
    }
