"""Parts of an ARN. Pure."""

from __future__ import annotations


def region_of(arn: str) -> str | None:
    """The region that an ARN names; None where it names none, or is none."""
    parts = arn.split(":")
    return parts[3] if len(parts) > 5 and parts[3] else None
