"""An RDS snapshot before a migration: the way back where a down file cannot bring data back."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bootstrap.migrate.errors import ServerError

if TYPE_CHECKING:
    from types_boto3_rds import RDSClient

# identifier.hash.region.rds.amazonaws.com, in China with .cn behind. A cluster's endpoint has cluster- before the hash.
_ENDPOINT = re.compile(r"([a-z][a-z0-9-]*)\.[a-z0-9]+\.([a-z]{2}(?:-[a-z]+)+-\d)\.rds\.amazonaws\.com(?:\.cn)?")


def instance_of(host: str) -> tuple[str, str]:
    """Instance identifier and region of an RDS endpoint. Raise ServerError where it is none."""
    match = _ENDPOINT.fullmatch(host.lower())
    if match is None:
        raise ServerError(
            f"{host} is not the endpoint of an RDS instance, so there is nothing to take a snapshot of",
            "leave --snapshot out, or connect to the instance's own endpoint",
        )
    return match[1], match[2]


def snapshot_of(host: str) -> Callable[[], str]:
    """Return what takes a snapshot of the instance behind an endpoint, for `Runner(snapshot=...)`."""
    identifier, region = instance_of(host)

    def snapshot() -> str:
        import boto3

        return take(boto3.client("rds", region_name=region), identifier)

    return snapshot


def take(client: RDSClient, identifier: str, *, now: datetime | None = None, delay: int = 15) -> str:
    """Make a snapshot, wait until it is available (240 times `delay` seconds at most), and return its name.

    It is the caller's to delete: RDS keeps manual snapshots for good.
    """
    name = f"{identifier}-before-migrate-{now or datetime.now(UTC):%Y%m%d%H%M%S}"
    client.create_db_snapshot(
        DBInstanceIdentifier=identifier,
        DBSnapshotIdentifier=name,
        Tags=[{"Key": "datatier:purpose", "Value": "before a migration"}],
    )
    waiter = client.get_waiter("db_snapshot_available")
    waiter.wait(
        DBInstanceIdentifier=identifier,
        DBSnapshotIdentifier=name,
        WaiterConfig={"Delay": delay, "MaxAttempts": 240},
    )
    return name
