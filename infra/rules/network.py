"""Rules between the keys of the network."""

from __future__ import annotations

from bootstrap.rule import says
from infra.rules.broken import Broken
from infra.rules.opened import TOGETHER, opened
from infra.settings.sections import NetworkSection
from knowledge import networks


@says(
    {
        "network.zones": "in the stack's region; not beside `vpc`, whose subnets have theirs",
        "network.vpc": "needed beside `subnets`",
        "network.subnets": "at least two beside `vpc`, none of them twice",
        "network.endpoints": "only beside `vpc`",
        "network.endpoint_clients": "only beside `vpc`, and not beside `endpoints`",
        "network.clients": TOGETHER,
    }
)
def rules(network: NetworkSection, region: str | None) -> Broken:
    """What of `network` does not fit together."""
    if not isinstance(network.zones, int):
        if network.vpc:
            yield "zones", "are those of the subnets in an existing VPC: leave them out beside vpc."
        elif region and (elsewhere := [zone for zone in network.zones if zone[:-1] != region]):
            yield "zones", f"{', '.join(elsewhere)} is not in {region}, the stack's region."
    if network.subnets and not network.vpc:
        yield "vpc", "is required beside subnets."
    if network.vpc and (problem := networks.subnets_problem(network.subnets)):
        yield "subnets", f"{problem}."
    if network.endpoints and not network.vpc:
        yield "endpoints", "belongs to an existing VPC; an isolated network makes its own."
    if network.endpoint_clients and (network.endpoints or not network.vpc):
        yield "endpoint_clients", "is for endpoints that the stack makes in an existing VPC: leave it out here."
    for key in ("clients", "endpoints", "endpoint_clients"):
        yield from opened(key, getattr(network, key))
