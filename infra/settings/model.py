"""The settings of a stack: everything that the program needs to know about it."""

from __future__ import annotations

from typing import Annotated, Literal

from bootstrap.rule import matches
from infra.settings.backup_sections import BackupPlan, BucketSection, ProxySection
from infra.settings.maintenance_section import MaintenanceSection
from infra.settings.metrics_section import MetricsSection
from infra.settings.sections import (
    CacheSection,
    NetworkSection,
    NotifySection,
    ObjectivesSection,
    PasswordsSection,
    PostgresSection,
    RotationSection,
    RunnerSection,
    SuppressSection,
)
from infra.settings.values import CacheName, LogDays, Port, Section, Zone, limited
from knowledge import limits

NAME = r"[a-z](-?[a-z0-9]){0,19}"
"""What an application may be called."""
NAME_WORDS = "1-20 lower-case letters, digits and single hyphens"


class KeysSection(Section):
    """KMS keys of the stack."""

    deletion_window: Annotated[int, limited(limits.DELETION_WINDOW)]
    """Days until a key that is deleted is gone."""


class LogsSection(Section):
    """Log groups in CloudWatch."""

    retention: LogDays
    """Days that logs are kept."""


PolicyArn = Annotated[
    str,
    matches(
        r"arn:aws[a-z-]*:iam::\d{12}:policy/\S+",
        "the ARN of a policy of your account, arn:aws:iam::ACCOUNT:policy/NAME: AWS's own, such as "
        "AdministratorAccess, hold no role to one stack",
        "must be",
    ),
]


class Settings(Section):
    """Everything the program needs to know about a stack."""

    profile: Literal["dev", "staging", "prod", "local"]
    """Where all other values come from; the profile of the stack's own name when absent."""
    name: Annotated[str, matches(NAME, NAME_WORDS, "must be")]
    """Of the application: the names of everything begin with it, and its database is called so."""
    time_zone: Zone
    """Zone in which windows and times are written; AWS gets them in UTC, by standard time."""
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
