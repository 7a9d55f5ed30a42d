"""Events that are published: of RDS by source and category, of ElastiCache and AWS Backup for the catalogue.

Categories and their messages: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html
"""

from __future__ import annotations

from typing import Literal

Source = Literal["db-instance", "db-parameter-group", "db-snapshot"]

RDS: dict[str, dict[Source, tuple[str, ...]]] = {
    "warning": {
        "db-instance": ("availability", "deletion", "failover", "failure", "low storage", "read replica", "recovery"),
        # A restored snapshot is a copy of the data somewhere; a deleted one is a way back less.
        "db-snapshot": ("deletion", "failure", "restoration"),
    },
    "info": {
        "db-instance": (
            "backup",
            "configuration change",
            "creation",
            "maintenance",
            "notification",
            "restoration",
            "security patching",
        ),
        "db-parameter-group": ("configuration change",),
        "db-snapshot": ("notification",),
    },
}
"""Severity -> source -> categories. What rings critically is left to the alarms: an event says that something happened,
not that it lasts."""

PUBLISHED: tuple[tuple[str, str, str, str], ...] = (
    ("instance shut down or restarted", "warning", "RDS", "availability"),
    ("Multi-AZ failover", "warning", "RDS", "failover"),
    ("storage exhausted, or autoscaling unable to grow it", "warning", "RDS", "low storage, failure"),
    ("replication ended, resumed or failed", "warning", "RDS", "read replica"),
    ("crash recovery or rebuilding of the standby", "warning", "RDS", "recovery"),
    ("KMS key out of reach, incompatible parameters or network", "warning", "RDS", "failure, availability"),
    ("instance deleted", "warning", "RDS", "deletion"),
    ("snapshot deleted or restored", "warning", "RDS", "deletion, restoration (db-snapshot)"),
    ("automated backup begun and done", "info", "RDS", "backup"),
    ("maintenance, upgrades, server certificates, system updates", "info", "RDS", "maintenance, security patching"),
    ("class, storage, parameters or credentials changed", "info", "RDS", "configuration change"),
    ("parameter changed in a group", "info", "RDS", "configuration change (db-parameter-group)"),
    ("snapshot copied to another region", "info", "RDS", "notification (db-snapshot)"),
    ("failover, node replacement, snapshot, maintenance of a cache", "info", "ElastiCache", "all (cache-events topic)"),
    ("backup done, failed or expired", "info", "AWS Backup", "BACKUP_JOB_COMPLETED with its State"),
)
"""What is published, at which severity, by which service, in which category: for the catalogue's page."""
