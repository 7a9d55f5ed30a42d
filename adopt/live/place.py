"""Where a thing is, and by what it is imported from there. Pure."""

from __future__ import annotations

from adopt.estate import Estate


def region_of(arn: str, home: str) -> str:
    """Region that an ARN names; `home` where it names none."""
    parts = arn.split(":")
    return parts[3] if len(parts) > 3 and parts[3] else home


def import_id(identity: str, region: str, estate: Estate) -> str:
    """Of a resource in another region than the stack's the id has the region behind it (pulumi-aws 7)."""
    return identity if region == estate.region else f"{identity}@{region}"
