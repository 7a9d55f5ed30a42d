"""The settings of a stack: everything that the program needs to know about it."""

from __future__ import annotations

from typing import Annotated, Literal

from infra.settings.backup_sections import BackupPlan, BucketSection, ProxySection
from infra.settings.maintenance_section import MaintenanceSection
from infra.settings.metrics_section import MetricsSection
from infra.settings.sections import (
    CacheName,
    CacheSection,
    LogDays,
    NetworkSection,
    NotifySection,
    ObjectivesSection,
    PasswordsSection,
    Port,
    PostgresSection,
    RotationSection,
    RunnerSection,
    Section,
    SuppressSection,
    Zone,
    _matches,
    limited,
)
from knowledge import limits

NAME = r"[a-z](-?[a-z0-9]){0,19}"
"""What an application may be called."""


class KeysSection(Section):
    deletion_window: Annotated[int, limited(limits.DELETION_WINDOW)]


class LogsSection(Section):
    retention: LogDays


PolicyArn = Annotated[
    str,
    _matches(
        r"arn:aws[a-z-]*:iam::\d{12}:policy/\S+",
        "must be the ARN of a policy of your account, arn:aws:iam::ACCOUNT:policy/NAME: AWS's own, such as "
        "AdministratorAccess, hold no role to one stack.",
    ),
]


class Settings(Section):
    """Everything the program needs to know about a stack."""

    profile: Literal["dev", "staging", "prod", "local"]
    name: Annotated[str, _matches(NAME, "must be 1-20 lower-case letters, digits and single hyphens.")]
    """Of the application: the names of everything begin with it, and its database is called so."""
    time_zone: Zone
    protect: bool
    """Deletion protection, in AWS where it exists and in Pulumi."""
    final_snapshots: bool
    """Snapshot what is deleted, under a name of its own."""
    cache_port: Port
    """Port of every cache."""
    network: NetworkSection
    postgres: PostgresSection
    redis: dict[CacheName, CacheSection]
    notify: NotifySection
    objectives: ObjectivesSection
    passwords: PasswordsSection
    keys: KeysSection
    logs: LogsSection
    runner: RunnerSection
    suppress: tuple[SuppressSection, ...] = ()
    """Policy rules that are let pass, each with a reason and a last day."""
    boundary: PolicyArn | None = None
    """ARN of the permissions boundary of every role; without one a deploy role makes none (ADR 0015)."""
    rotation: RotationSection | None = None
    """Rotation by Secrets Manager; off when absent."""
    backup: BackupPlan | None = None
    """Recovery points by AWS Backup; none when absent."""
    proxy: ProxySection | None = None
    """RDS Proxy; none when absent."""
    metrics: MetricsSection | None = None
    """Metrics of what only the servers know; none when absent."""
    maintenance: MaintenanceSection | None = None
    """Maintenance once a week; none when absent or null."""
    bucket: BucketSection | None = None
    """Bucket for backups and exports; none when absent."""
