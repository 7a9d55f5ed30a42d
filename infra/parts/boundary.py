"""Every role of the stack stays within the permissions boundary that the account's delivery set (ADR 0015)."""

from __future__ import annotations

import pulumi
from pulumi.runtime import register_stack_transformation

ROLE = "aws:iam/role:Role"


def bind_roles(boundary: str | None) -> None:
    """Give every role declared from now on, in any component, this boundary; do nothing if it is None."""
    if boundary is None:
        return

    def bound(given: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if given.type_ != ROLE:
            return None
        return pulumi.ResourceTransformationResult({**given.props, "permissionsBoundary": boundary}, given.opts)

    register_stack_transformation(bound)
