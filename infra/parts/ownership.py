"""Every resource of a stack says whose it is, by a tag that policies compare (knowledge/ownership.py)."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi.runtime import register_stack_transformation

from knowledge.iam.actions import tagged
from knowledge.ownership import TAG


def mark(prefix: str) -> None:
    """Tag every resource declared from now on, in any component, with the prefix of the stack's names."""
    types = tagged()

    def marked(given: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if given.type_ not in types:
            return None
        tags: Any = given.props.get("tags") or {}
        tags = {**tags, TAG: prefix}
        return pulumi.ResourceTransformationResult({**given.props, "tags": tags}, given.opts)

    register_stack_transformation(marked)
