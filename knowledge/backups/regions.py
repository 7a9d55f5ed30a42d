"""Between which regions RDS replicates automated backups.

Source: docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReplicateBackups.html, "Source and destination AWS Region
support" (2026). Copies of AWS Backup have no such table: they go anywhere within a partition.
"""

from __future__ import annotations

# For the Americas and Europe, whose lists overlap.
_US = ("us-east-1", "us-east-2", "us-west-2")

DESTINATIONS: dict[str, tuple[str, ...]] = {
    "af-south-1": ("eu-central-1", "eu-west-1", "eu-west-2"),
    "ap-east-1": ("ap-southeast-1", "ap-northeast-1"),
    "ap-south-2": ("ap-south-1",),
    "ap-southeast-4": ("ap-southeast-2",),
    "ap-southeast-5": ("ap-southeast-1",),
    "ap-south-1": ("ap-south-2", "ap-southeast-1", *_US),
    "ap-northeast-3": ("ap-northeast-1",),
    "ap-northeast-2": ("ap-southeast-1", "ap-northeast-1", *_US),
    "ap-southeast-1": (
        "ap-east-1", "ap-southeast-5", "ap-south-1", "ap-northeast-2", "ap-southeast-2", "ap-northeast-1", *_US,
    ),
    "ap-southeast-2": ("ap-southeast-4", "ap-southeast-1", "us-east-1", "us-west-1", "us-west-2"),
    "ap-northeast-1": ("ap-east-1", "ap-northeast-3", "ap-northeast-2", "ap-southeast-1", *_US),
    "ca-central-1": ("ca-west-1", "eu-west-1", "us-west-1", *_US),
    "ca-west-1": ("ca-central-1",),
    "cn-north-1": ("cn-northwest-1",),
    "cn-northwest-1": ("cn-north-1",),
    "eu-central-1": (
        "af-south-1", "eu-west-1", "eu-west-2", "eu-west-3", "eu-north-1", "eu-central-2", *_US,
    ),
    "eu-west-1": (
        "af-south-1", "ca-central-1", "eu-central-1", "eu-west-2", "eu-west-3", "eu-north-1", "eu-central-2",
        "us-west-1", *_US,
    ),
    "eu-west-2": ("af-south-1", "eu-central-1", "eu-west-1", "eu-west-3", "eu-north-1", "us-east-1"),
    "eu-west-3": ("eu-central-1", "eu-west-1", "eu-west-2", "eu-north-1", "us-east-1"),
    "eu-north-1": ("eu-central-1", "eu-west-1", "eu-west-2", "eu-west-3", "us-east-1"),
    "eu-central-2": ("eu-central-1", "eu-west-1"),
    "sa-east-1": ("us-east-1", "us-east-2"),
    "us-gov-east-1": ("us-gov-west-1",),
    "us-gov-west-1": ("us-gov-east-1",),
    "us-east-1": (
        "ap-south-1", "ap-northeast-2", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "ca-central-1",
        "eu-central-1", "eu-west-1", "eu-west-2", "eu-west-3", "eu-north-1", "sa-east-1", "us-east-2", "us-west-1",
        "us-west-2",
    ),
    "us-east-2": (
        "ap-south-1", "ap-northeast-2", "ap-southeast-1", "ap-northeast-1", "ca-central-1", "eu-central-1",
        "eu-west-1", "sa-east-1", "us-east-1", "us-west-1", "us-west-2",
    ),
    "us-west-1": ("ap-southeast-2", "ca-central-1", "eu-west-1", *_US),
    "us-west-2": (
        "ap-south-1", "ap-northeast-2", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "ca-central-1",
        "eu-central-1", "eu-west-1", "us-east-1", "us-east-2", "us-west-1",
    ),
}  # fmt: skip
