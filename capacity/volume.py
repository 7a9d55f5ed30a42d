"""How large a volume is now: RDS may have grown it beyond what the stack's file says (storage autoscaling).

What is used is the volume less FreeStorageSpace, so by the declared size it would be too little, and its date too late.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bootstrap.aws import aws_client
from capacity.refused import refusal
from capacity.report import Source
from capacity.room import DatabaseRoom
from knowledge.classes import GIB

_LACKING = "the size of its volume is the declared one, as RDS did not say another"


def grown(rooms: Iterable[DatabaseRoom]) -> tuple[tuple[DatabaseRoom, ...], tuple[Source, ...]]:
    """The rooms with the volumes that RDS has; where that could not be asked they stay as declared, which is said."""
    found: list[DatabaseRoom] = []
    sources: list[Source] = []
    for room in rooms:
        try:
            found.append(_as_deployed(room) if room.identifier else room)
        except Exception as error:
            if (said := refusal(error, _LACKING, "rds:DescribeDBInstances")) is None:
                raise
            found.append(room)
            sources.append(Source(node=room.node, kind="RDS", series=0, since=None, until=None, said=said))
    return tuple(found), tuple(sources)


def _as_deployed(room: DatabaseRoom) -> DatabaseRoom:
    client = aws_client("rds", room.region, None)
    (instance,) = client.describe_db_instances(DBInstanceIdentifier=room.identifier)["DBInstances"]
    return replace(room, allocated_bytes=int(instance["AllocatedStorage"]) * GIB)
