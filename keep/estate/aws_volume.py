"""What the volume of an RDS instance can take: what is free on it, and what storage autoscaling may still add.

Autoscaling takes minutes and steps (RDS User Guide, "Managing capacity automatically with Amazon RDS storage
autoscaling"): less than this is certainly too little, and this much may be met by a pause.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bootstrap.aws import aws_client
from bootstrap.migrate.errors import ServerError
from bootstrap.migrate.snapshot import instance_of
from keep.errors import EstateError
from keep.estate.refused import said
from knowledge.classes import GIB

_RECENT = timedelta(minutes=15)
"""FreeStorageSpace comes every minute, some minutes late."""


def room(host: str) -> int | None:
    """Return bytes; None where the host is no endpoint of an RDS instance, or AWS does not say."""
    try:
        identifier, region = instance_of(host)
    except ServerError:
        return None
    now = datetime.now(UTC)
    try:
        with said("RDS", f"say how large {identifier} is"):
            found = aws_client("rds", region, None).describe_db_instances(DBInstanceIdentifier=identifier)
            points = aws_client("cloudwatch", region, None).get_metric_statistics(
                Namespace="AWS/RDS",
                MetricName="FreeStorageSpace",
                Dimensions=[{"Name": "DBInstanceIdentifier", "Value": identifier}],
                StartTime=now - _RECENT,
                EndTime=now,
                Period=60,
                Statistics=["Minimum"],
            )["Datapoints"]
    except EstateError:
        return None
    if not points:
        return None
    (instance,) = found["DBInstances"]
    newest = max(points, key=lambda each: each["Timestamp"])
    more = int(instance.get("MaxAllocatedStorage", 0)) - int(instance["AllocatedStorage"])
    return int(newest["Minimum"]) + max(0, more) * GIB
