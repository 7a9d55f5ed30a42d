"""What AWS calls the states of a DB instance, as far as somebody who waits has to tell them apart.

RDS User Guide, "Viewing Amazon RDS DB instance status".
"""

from __future__ import annotations

INSTANCE_AVAILABLE = ("available", "backing-up", "storage-initialization", "storage-optimization")
"""It answers, and takes changes: while its storage is read from S3 or optimised, and while it is backed up."""
INSTANCE_FAILED = (
    "failed",
    "inaccessible-encryption-credentials",
    "incompatible-network",
    "incompatible-option-group",
    "incompatible-parameters",
    "incompatible-restore",
    "insufficient-capacity",
    "restore-error",
    "stopped",
    "storage-full",
)
"""It does not become available by itself."""
INSTANCE_CHANGING = (
    "configuring-enhanced-monitoring",
    "configuring-iam-database-auth",
    "configuring-log-exports",
    "maintenance",
    "modifying",
    "rebooting",
    "starting",
    "storage-config-upgrade",
    "upgrading",
)
"""RDS is at what was asked for."""
