"""What a stack names outside of itself: in its own partition, as nothing goes across, and its own boundary."""

from __future__ import annotations

import re

from bootstrap.rule import says
from infra.rules.broken import Broken
from infra.settings.model import Settings
from knowledge import names
from knowledge.regions import partition_of


@says(
    {
        "postgres.replicas.NAME.remote.region": "in the partition of the stack's region",
        "backup.second_region.region": "in the partition of the stack's region",
        "boundary": "in the partition of the stack's region",
        "bucket.roles": "in the partition of the stack's region",
        "notify.critical.[].sqs": "in the partition of the stack's region",
    }
)
def rules(settings: Settings, prefix: str, region: str | None) -> Broken:
    """What AWS would refuse in the middle of a deployment; `region` of the stack, where it is known."""
    yield from _boundary(settings, prefix)
    if region is None:
        return
    here = partition_of(region).name
    for key, other in _regions(settings):
        if (there := partition_of(other).name) != here:
            yield key, f"{other} is in partition {there}, and {region} in {here}: nothing goes from one to another."
    for key, arn in _arns(settings):
        if (there := arn.split(":")[1]) != here:
            yield key, f"{arn} is in partition {there}, and {region} in {here}: its ARN would begin arn:{here}:."


@says(
    {
        "boundary": "not the boundary of another stack",
    }
)
def _boundary(settings: Settings, prefix: str) -> Broken:
    """Of another stack it would deny the roles of this one all that is theirs."""
    given = re.fullmatch(rf"arn:[^:]+:iam::\d+:policy{names.DELIVERY}(.+)", settings.boundary or "")
    own = names.boundary(prefix)
    if given and given[1] != own and given[1].endswith(names.boundary("")):
        yield "boundary", f"{given[1]} is the boundary of another stack; this one's is {names.DELIVERY[1:]}{own}."


def _regions(settings: Settings) -> Broken:
    for name, replica in settings.postgres.replicas.items():
        if replica.remote:
            yield f"postgres.replicas.{name}.remote.region", replica.remote.region
    if settings.backup and settings.backup.second_region:
        yield "backup.second_region.region", settings.backup.second_region.region


def _arns(settings: Settings) -> Broken:
    if settings.boundary:
        yield "boundary", settings.boundary
    for number, role in enumerate(settings.bucket.roles if settings.bucket else ()):
        yield f"bucket.roles.{number}", role
    for severity in ("critical", "warning", "info"):
        for number, each in enumerate(getattr(settings.notify, severity)):
            if each.sqs:
                yield f"notify.{severity}.{number}.sqs", each.sqs
