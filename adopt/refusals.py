"""What cannot be taken over, each with why and the way. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from adopt.estate import Estate
from adopt.refusal import Refusal
from adopt.refusals_caches import cache_refusals
from adopt.refusals_instances import instance_refusals


def refusals(estate: Estate) -> Iterator[Refusal]:
    """Everything that cannot be taken."""
    yield from instance_refusals(estate)
    yield from cache_refusals(estate)
