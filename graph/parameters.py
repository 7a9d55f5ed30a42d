"""The parameters of a parameter group, as a Pulumi program declares them."""

from __future__ import annotations

from typing import NotRequired, TypedDict


class GroupParameter(TypedDict):
    """One of them (Pulumi AWS, `rds.ParameterGroup` and `elasticache.ParameterGroup`, input `parameters`)."""

    name: str
    value: str
    applyMethod: NotRequired[str]
    """`immediate` or `pending-reboot`; RDS alone has it."""
