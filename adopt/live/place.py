"""Where a thing is, by what it is imported from there, and its tags. Pure."""

from __future__ import annotations

from adopt.estate import Estate
from knowledge.regions import region_of


def region_in(arn: str, estate: Estate) -> str:
    """Region that an ARN names; the stack's where it names none."""
    return region_of(arn) or estate.region


def import_id(identity: str, region: str, estate: Estate) -> str:
    """Of a resource in another region than the stack's the id has the region behind it (pulumi-aws 7)."""
    return identity if region == estate.region else f"{identity}@{region}"


def tags_of(arn: str, estate: Estate) -> dict[str, str]:
    """Tags of a thing whose description has none."""
    return dict(estate.around.tags.get(arn, {}))
