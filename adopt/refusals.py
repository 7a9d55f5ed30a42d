"""What cannot be taken over, each with why and the way. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from adopt.estate import Estate
from adopt.refusal import Refusal
from adopt.refusals_caches import cache_refusals


def refusals(estate: Estate) -> Iterator[Refusal]:
    """Everything that cannot be taken."""
    engine = str(estate.primary.described.get("Engine", ""))
    if engine.startswith("aurora"):
        yield Refusal(
            what=str(estate.primary.described["DBInstanceIdentifier"]),
            why="it is a member of an Aurora cluster, which is another resource than an RDS instance",
            way="Aurora stays where it is; a copy for RDS comes by logical replication or by a dump",
            whole=True,
        )
    yield from cache_refusals(estate)
