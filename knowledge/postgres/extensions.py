"""The extensions that RDS for PostgreSQL has, per major version (`extensions.csv`).

Names are those of CREATE EXTENSION; modules without one (auto_explain, wal2json) are not listed. From "Extension
versions for Amazon RDS for PostgreSQL" in the release notes, tables of 15.17, 16.13, 17.9 and 18.3, with collection
from those of 17.7 (https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-extensions.html).

`preload` is the library without which the extension does nothing: each page of "Using PostgreSQL extensions with
Amazon RDS for PostgreSQL" in the user guide that says so, and the documentation of pg_stat_statements and
pg_stat_monitor.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from importlib.resources import files

from knowledge.parameters import did_you_mean
from knowledge.postgres.catalogue import POSTGRES_VERSIONS


@dataclass(frozen=True)
class RdsExtension:
    """An extension that one major version has on RDS."""

    name: str
    preload: str
    """The library that shared_preload_libraries has to load; empty where none has to be."""


def _read() -> dict[int, dict[str, RdsExtension]]:
    found: dict[int, dict[str, RdsExtension]] = {version: {} for version in POSTGRES_VERSIONS}
    text = files(__package__).joinpath("extensions.csv").read_text("utf-8")
    for row in csv.DictReader(text.splitlines()):
        for version in range(int(row["since"] or min(found)), int(row["until"] or max(found)) + 1):
            found[version][row["name"]] = RdsExtension(row["name"], row["preload"])
    return found


EXTENSIONS = _read()
"""Major version -> name -> extension."""


def extension_problem(name: str, version: int) -> str | None:
    """What is wrong with an extension for a major version on RDS; None where nothing is."""
    if name in EXTENSIONS[version]:
        return None
    if elsewhere := [str(other) for other, has in EXTENSIONS.items() if name in has]:
        return f"{name}: RDS has it for PostgreSQL {', '.join(elsewhere)}, not for {version}"
    return f"{name}: RDS does not have this extension for PostgreSQL {version}{did_you_mean(name, EXTENSIONS[version])}"


def preloaded(names: Iterable[str], version: int) -> tuple[str, ...]:
    """The libraries that these extensions need preloaded, sorted; of unknown names nothing."""
    known = EXTENSIONS[version]
    return tuple(sorted({known[name].preload for name in names if name in known} - {""}))


def extension_parameters(names: Collection[str], database: str) -> dict[str, str]:
    """The parameters, besides shared_preload_libraries, without which these extensions cannot be made or do nothing.

    pg_cron can be made in one database of a server, `postgres` unless said otherwise (RDS User Guide, "Scheduling
    maintenance with the PostgreSQL pg_cron extension"); pglogical replicates logically ("Setting up the pglogical
    extension").
    """
    needed = {"pg_cron": {"cron.database_name": database}, "pglogical": {"rds.logical_replication": "1"}}
    return {name: value for extension in names for name, value in needed.get(extension, {}).items()}
